import type { Problem } from '../../errors.ts';
import type { DatastoreDefaults, TroveDefaults, WantedImage } from '../../model/datastores.ts';
import { parseReference, spellFamiliarly } from './reference.ts';

/** Finds the nearest name to what was typed, or null. */
export type Nearest = (typed: string, candidates: readonly string[]) => string | null;

export interface DatastoreWish {
  readonly name: string;
  readonly version: string | null;
  readonly withBackup: boolean;
}

/** The images that the guest agent runs for one datastore, or what stands in the way. */
export function resolveDatastore(
  { name, version: wished, withBackup }: DatastoreWish,
  { source, datastores }: TroveDefaults,
  nearest: Nearest,
): readonly (WantedImage | Problem)[] {
  const known = Object.hasOwn(datastores, name) ? datastores[name] : undefined;
  if (known === undefined) return [describeUnknown(name, source, Object.keys(datastores), nearest)];
  if (known.image === null) return [describeImageless(name, source)];
  const version = wished ?? known.versions[0];
  if (version === undefined) return [describeVersionless(name, source, known.image)];
  const toImage = (image: string, role: WantedImage['role'], option: string) =>
    nameImage(image, { datastore: name, version, role }, `${option} in [${name}] of ${source}`);
  const database = toImage(`${known.image}:${version}`, 'database', 'docker_image');
  if (!withBackup) return [database];
  const backup = nameBackup(known, version);
  if (backup === null) return [database, describeBackupless(name, source)];
  return [database, toImage(backup, 'backup', 'backup_docker_image')];
}

/** The guest agent's own rules, which differ between its versions; null where they give no name. */
function nameBackup(
  { backupImage, backupName }: DatastoreDefaults,
  version: string,
): string | null {
  if (backupImage === null) return null;
  const [, name, tag] = /^(.*):([^/:]+)$/s.exec(backupImage) ?? [];
  if (tag === undefined) {
    if (backupName.versionTag) return `${backupImage}:${version}`;
    // this agent cannot take the name apart
    return backupName.minorSuffix ? null : `${backupImage}:latest`;
  }
  if (!backupName.minorSuffix) return backupImage;
  const [, major, minor = '0'] = /^(\d+)(?:\.(\d+))?/.exec(version) ?? [];
  return major === undefined ? null : `${name}${Number(major)}.${Number(minor)}:${tag}`;
}

function nameImage(
  text: string,
  of: Pick<WantedImage, 'datastore' | 'version' | 'role'>,
  where: string,
): WantedImage | Problem {
  const reference = parseReference(text);
  if (reference !== null && reference.tag !== null && reference.digest === null) {
    const name = spellFamiliarly(reference);
    return { ...of, source: name, target: name };
  }
  return {
    code: 'bad-image-reference',
    message: `datastores: ${where} leads to ${JSON.stringify(text)}, which is not the name of a container image.`,
    hint: 'Correct it in trove-config, or the version in datastores: the version becomes the tag of the image.',
  };
}

function describeUnknown(
  name: string,
  source: string,
  known: readonly string[],
  nearest: Nearest,
): Problem {
  const near = nearest(name, known);
  return {
    code: 'unknown-datastore',
    message: `datastores: ${source} runs no datastore ${JSON.stringify(name)} as a container.${near === null ? '' : ` Did you mean ${JSON.stringify(near)}?`}`,
    hint: known.length === 0 ? 'It runs none: leave datastores out.' : `Use ${known.join(', ')}.`,
  };
}

const describeImageless = (name: string, source: string): Problem => ({
  code: 'no-datastore-image',
  message: `datastores: ${source} names no container image of ${name}.`,
  hint: `Set docker_image in [${name}] of a trove-guestagent.conf, and give that file in trove-config.`,
});

const describeVersionless = (name: string, source: string, image: string): Problem => ({
  code: 'no-datastore-version',
  message: `datastores: ${name} has no version, and ${source} has no default for it.`,
  hint: `Write ${name}:VERSION. The version is the one of your datastore version in Trove, and the tag of ${image}.`,
});

const describeBackupless = (name: string, source: string): Problem => ({
  code: 'no-backup-image',
  message: `backup-images: ${source} names no backup image that its guest agent could use for this version of ${name}.`,
  hint: `Set backup_docker_image in [${name}] of a trove-guestagent.conf and give that file in trove-config, or leave backup-images out.`,
});
