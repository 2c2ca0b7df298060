import type { Reason, ReasonKind, TreeFile } from '../../model/matrix.ts';
import type { KnownElement } from './elements.ts';

/** What changed in the elements of an image from one state to the other. */
export function explainElements(
  before: readonly KnownElement[],
  now: readonly KnownElement[],
): readonly Reason[] {
  const [were, are] = [byName(before), byName(now)];
  const names = [...new Set([...were.keys(), ...are.keys()])].sort();
  return names.flatMap((name) => {
    const [old, current] = [were.get(name), are.get(name)];
    return [...explainDependencies(name, old, current, were, are), ...explainContent(old, current)];
  });
}

const byName = (elements: readonly KnownElement[]): ReadonlyMap<string, KnownElement> =>
  new Map(elements.map((each) => [each.element.name, each]));

/** Names in element-deps and element-provides that brought an element in, or left it out. */
function explainDependencies(
  name: string,
  old: KnownElement | undefined,
  current: KnownElement | undefined,
  were: ReadonlyMap<string, KnownElement>,
  are: ReadonlyMap<string, KnownElement>,
): readonly Reason[] {
  // an element that comes or goes brings its own with it
  if (old === undefined || current === undefined) return [];
  const [from, to] = [old.element, current.element];
  const moved = (each: string): boolean => were.has(each) !== are.has(each);
  const more = (a: readonly string[], b: readonly string[]): readonly string[] =>
    a.filter((each) => !b.includes(each) && moved(each));
  const say = (
    file: string,
    added: readonly string[],
    gone: readonly string[],
  ): readonly Reason[] => [
    ...added.map((each) => reason(`${name}/${file}`, `names ${each} now`)),
    ...gone.map((each) => reason(`${name}/${file}`, `no longer names ${each}`)),
  ];
  const reason = (subject: string, change: string): Reason => ({
    kind: 'dependency',
    subject,
    change,
  });
  return [
    ...say('element-deps', more(to.dependsOn, from.dependsOn), more(from.dependsOn, to.dependsOn)),
    ...say('element-provides', more(to.provides, from.provides), more(from.provides, to.provides)),
  ];
}

function explainContent(
  old: KnownElement | undefined,
  current: KnownElement | undefined,
): readonly Reason[] {
  if (old === undefined || current === undefined || old.identity === current.identity) return [];
  const { name } = current.element;
  if (old.files !== null && current.files !== null)
    return explainFiles(old.files, current.files, (path) => ({
      kind: nameKind(path),
      subject: `${name}/${path}`,
    }));
  // Trove's elements lie in another place for every commit
  const isReplaced = (old.files === null) !== (current.files === null);
  const change = isReplaced
    ? `comes from ${current.from} now, and not from ${old.from}`
    : 'changed';
  return [{ kind: 'element', subject: name, change }];
}

/** Files that differ, by what is said of each path; one that has another name only is renamed. */
export function explainFiles(
  before: readonly TreeFile[],
  now: readonly TreeFile[],
  name: (path: string) => Pick<Reason, 'kind' | 'subject'>,
): readonly Reason[] {
  const were = new Map(before.map((file) => [file.path, file]));
  const are = new Set(now.map(({ path }) => path));
  const gone = before.filter(({ path }) => !are.has(path));
  const reasons = now.flatMap((file): readonly Reason[] => {
    const old = were.get(file.path);
    if (old === undefined) {
      const twin = gone.findIndex(({ id }) => id === file.id);
      const [from] = twin < 0 ? [] : gone.splice(twin, 1);
      const change = from === undefined ? 'is new' : `was ${from.path}`;
      return [{ ...name(file.path), change }];
    }
    if (old.id !== file.id) return [{ ...name(file.path), change: 'changed' }];
    if (old.mode === file.mode) return [];
    return [{ ...name(file.path), change: describeMode(old.mode, file.mode) }];
  });
  return [...reasons, ...gone.map(({ path }) => ({ ...name(path), change: 'is gone' }))];
}

function describeMode(before: string, now: string): string {
  if (now === '100755') return 'is executable now';
  return before === '100755' ? 'is no longer executable' : 'changed';
}

function nameKind(full: string): ReasonKind {
  // what a link leads to counts as the link
  const path = full.replace(/ -> .*/, '');
  if (/^[a-z-]+\.d\//.test(path)) return 'script';
  if (/^(package-installs\.(yaml|json)|pkg-map)$/.test(path)) return 'package-list';
  return path.startsWith('source-repository-') ? 'source' : 'file';
}
