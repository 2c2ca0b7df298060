import type { WantedVersion } from '../../model/publish-wish.ts';

/** A version as it was asked for, with the file of its rules. */
export type ManagedVersion = WantedVersion & { readonly parametersPath: string };

/** The lines that a controller runs where there is no administrator's login: the same registration, by trove-manage. */
export const composeTroveManage = (
  versions: readonly ManagedVersion[],
  imageId: string,
): readonly string[] =>
  versions.flatMap((version) => {
    const { datastore, name, manager, find, tags, active, isDefault, parametersPath } = version;
    const number = version.version === name ? [] : ['--version', version.version];
    const image = find === 'id' ? imageId : '';
    const byTags = find === 'id' ? [] : ['--image-tags', tags.join(',')];
    return [
      ['datastore_update', datastore, ''],
      [
        'datastore_version_update',
        ...[...number, ...byTags],
        ...[datastore, name, manager, image, '', active ? '1' : '0'],
      ],
      ...(isDefault ? [['datastore_update', datastore, name]] : []),
      ...(parametersPath === ''
        ? []
        : [['db_load_datastore_config_parameters', ...number, datastore, name, parametersPath]]),
    ].map((words) => ['trove-manage', ...words].map(quoteWord).join(' '));
  });

/** For people who copy the line into a shell; we never give it to one. */
const quoteWord = (word: string): string =>
  /^[A-Za-z0-9_.,:/=+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
