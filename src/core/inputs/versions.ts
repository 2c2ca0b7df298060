import { mostTagLength, mostTags, type VersionLine } from '../../model/publication.ts';
import type { publishInputs } from '../../model/publish-inputs.ts';
import { suggest } from './nearest.ts';
import { absolute } from './paths.ts';
import { type InputReader, quote } from './reader.ts';
import { splitList } from './values.ts';

type Name = (typeof publishInputs)[number]['name'];

const keys = ['version', 'manager', 'find', 'tags', 'active', 'default', 'parameters'] as const;

/** The lines of datastore-versions: two names, then words KEY=VALUE in any order. */
export function readVersions(reader: InputReader<Name>, cwd: string): readonly VersionLine[] {
  const versions = splitList(reader.text('datastore-versions'), 'lines').flatMap((line) => {
    const [datastore = '', name = '', ...words] = line.split(/\s+/);
    const settings = new Map(words.map((word) => split(word)));
    const mistake = findMistake(datastore, name, words, settings);
    if (mistake !== null) reader.refuse('datastore-versions', line, ` ${mistake}`);
    return mistake === null ? [readVersion(datastore, name, settings, cwd)] : [];
  });
  for (const [index, { datastore, name, version }] of versions.entries()) {
    const isSame = (each: VersionLine): boolean =>
      each.datastore === datastore && each.name === name && each.version === version;
    if (versions.findIndex(isSame) < index)
      reader.refuse('datastore-versions', `${datastore} ${name}`, ' It is there twice.');
  }
  checkTags(reader, versions);
  for (const datastore of new Set(versions.map((each) => each.datastore))) {
    if (versions.filter((each) => each.datastore === datastore && each.isDefault).length > 1)
      reader.refuse('datastore-versions', datastore, ' It has two defaults.');
  }
  return versions;
}

/** Trove can only ask for tags that the image gets, and takes few and short ones. */
function checkTags(reader: InputReader<Name>, versions: readonly VersionLine[]): void {
  const tags = splitList(reader.text('tags'), 'words');
  for (const { datastore, name, find, tags: own } of versions) {
    if (find === 'id') continue;
    const asked = [...new Set(own ?? tags)];
    const foreign = asked.filter((tag) => !tags.includes(tag));
    const title = `${datastore} ${name}`;
    if (foreign.length > 0)
      reader.refuse(
        'datastore-versions',
        title,
        ` Its tags ${foreign.join(', ')} are not among the tags of the image: name them in tags.`,
      );
    if (asked.length > mostTags || asked.some((tag) => tag.length > mostTagLength))
      reader.refuse(
        'tags',
        asked.join(','),
        ` Trove takes at most ${mostTags} tags of at most ${mostTagLength} characters, for ${title}.`,
      );
  }
}

/** The lines of deactivate-versions: two names each. */
export function readDeactivated(
  reader: InputReader<Name>,
): readonly { readonly datastore: string; readonly name: string }[] {
  return splitList(reader.text('deactivate-versions'), 'lines').flatMap((line) => {
    const [datastore = '', name = '', ...more] = line.split(/\s+/);
    if (isName(datastore) && isName(name) && more.length === 0) return [{ datastore, name }];
    reader.refuse('deactivate-versions', line);
    return [];
  });
}

const isName = (text: string): boolean => /^[A-Za-z0-9_][^\s,=]{0,254}$/.test(text);

function split(word: string): readonly [string, string] {
  const at = word.indexOf('=');
  return at < 0 ? [word, ''] : [word.slice(0, at), word.slice(at + 1)];
}

function findMistake(
  datastore: string,
  name: string,
  words: readonly string[],
  settings: ReadonlyMap<string, string>,
): string | null {
  if (!isName(datastore) || !isName(name)) return 'It begins with a datastore and a name.';
  for (const [key, value] of settings) {
    if (!(keys as readonly string[]).includes(key))
      return `${quote(key)} is not known.${suggest(key, keys)}`;
    if (/^,*$/.test(value)) return `${key} has no value.`;
    if (['version', 'manager'].includes(key) && !isName(value)) return `${key} is no name.`;
    if (['active', 'default'].includes(key) && !['true', 'false'].includes(value))
      return `${key} is true or false.`;
  }
  if (settings.size < words.length) return 'A word is there twice.';
  if (!['tags', 'id'].includes(settings.get('find') ?? 'tags')) return 'find is tags or id.';
  if (settings.get('default') === 'true' && settings.get('active') === 'false')
    return 'What is not active cannot be the default.';
  if (settings.get('find') === 'id' && settings.has('tags'))
    return 'With find=id there are no tags.';
  return null;
}

function readVersion(
  datastore: string,
  name: string,
  settings: ReadonlyMap<string, string>,
  cwd: string,
): VersionLine {
  const parameters = settings.get('parameters');
  return {
    datastore,
    name,
    // Trove itself takes the name when there is no version
    version: settings.get('version') ?? name,
    manager: settings.get('manager') ?? datastore,
    find: settings.get('find') === 'id' ? 'id' : 'tags',
    tags:
      settings
        .get('tags')
        ?.split(',')
        .filter((tag) => tag !== '') ?? null,
    active: settings.get('active') !== 'false',
    isDefault: settings.get('default') === 'true',
    parametersPath: parameters === undefined ? '' : absolute(parameters, cwd),
  };
}
