import type { Change, Compared, FileChange, FileSummary, TreeEntry } from '../../model/diff.ts';

/**
 * Compares two file trees, biggest change first; `ignores` is asked once for each path that differs.
 * Throws for a regular file without a digest: what was not read is not equal.
 */
export function compareTrees(
  old: readonly TreeEntry[],
  now: readonly TreeEntry[],
  ignores: (path: string) => boolean,
): Compared<FileSummary, FileChange> {
  const before = index(old);
  const after = index(now);
  const oldLinks = nameLinks(old, after);
  const newLinks = nameLinks(now, before);
  const changed = now.flatMap((entry) => {
    const was = before.get(entry.path);
    if (was === undefined) return [];
    const links = change('hard link', oldLinks.get(entry.path), newLinks.get(entry.path));
    const changes = [...compareEntries(was, entry), ...links];
    if (changes.length === 0 || ignores(entry.path)) return [];
    const [oldBytes, newBytes] = [bytesOf(was, before), bytesOf(entry, after)];
    return [{ path: entry.path, type: entry.type, oldBytes, newBytes, changes }];
  });
  const missing = (
    entries: readonly TreeEntry[],
    others: Index,
    own: Index,
  ): readonly FileSummary[] =>
    entries
      .filter(({ path }) => !others.has(path) && !ignores(path))
      .map((entry) => ({
        path: entry.path,
        type: entry.type,
        sizeBytes: bytesOf(entry, own),
      }))
      .sort((a, b) => b.sizeBytes - a.sizeBytes || order(a.path, b.path));
  return {
    added: missing(now, before, after),
    removed: missing(old, after, before),
    changed: changed.sort(
      (a, b) =>
        Math.abs(b.newBytes - b.oldBytes) - Math.abs(a.newBytes - a.oldBytes) ||
        Math.max(b.oldBytes, b.newBytes) - Math.max(a.oldBytes, a.newBytes) ||
        order(a.path, b.path),
    ),
  };
}

interface Index {
  has(path: string): boolean;
  get(path: string): TreeEntry | undefined;
  isFirstName(entry: TreeEntry): boolean;
}

function index(entries: readonly TreeEntry[]): Index {
  const byPath = new Map<string, TreeEntry>();
  const firstNames = new Map<number, string>();
  for (const entry of entries) {
    if (byPath.has(entry.path)) throw new Error(`two files are ${JSON.stringify(entry.path)}`);
    if (entry.type === 'f' && entry.digest === null)
      throw new Error(`${JSON.stringify(entry.path)} was not read`);
    byPath.set(entry.path, entry);
    if (entry.links !== null && !firstNames.has(entry.links))
      firstNames.set(entry.links, entry.path);
  }
  return {
    has: (path) => byPath.has(path),
    get: (path) => byPath.get(path),
    isFirstName: ({ path, links }) => links === null || firstNames.get(links) === path,
  };
}

const bytesOf = (entry: TreeEntry, own: Index): number =>
  entry.type === 'f' && own.isFirstName(entry) ? entry.sizeBytes : 0;

/**
 * For each further name of an inode its first one, of the names that both sides have: two sides group
 * these alike exactly if the answers are the same. A name that came or went is told as added or removed.
 */
function nameLinks(entries: readonly TreeEntry[], others: Index): ReadonlyMap<string, string> {
  const shared = entries.filter(({ path, links }) => links !== null && others.has(path));
  const firsts = new Map<number | null, string>();
  for (const { path, links } of shared) {
    const first = firsts.get(links);
    if (first === undefined || order(path, first) < 0) firsts.set(links, path);
  }
  return new Map(
    shared.flatMap(({ path, links }) => {
      const first = firsts.get(links) ?? path;
      return first === path ? [] : [[path, first] as const];
    }),
  );
}

function compareEntries(old: TreeEntry, now: TreeEntry): readonly Change[] {
  const names = new Set([...Object.keys(old.xattrs), ...Object.keys(now.xattrs)]);
  const sized = (entry: TreeEntry): string | null =>
    entry.type === 'f' ? `${entry.digest} ${entry.sizeBytes}` : null;
  return [
    ...change('type', old.type, now.type),
    ...(old.type === now.type ? change('content', sized(old), sized(now)) : []),
    ...change('link target', old.target, now.target),
    ...change('device', old.device, now.device),
    ...change('mode', old.mode, now.mode),
    ...change('owner', `${old.uid}:${old.gid}`, `${now.uid}:${now.gid}`),
    ...change('flags', nameFlags(old.flags), nameFlags(now.flags)),
    ...[...names]
      .sort(order)
      .flatMap((name) => change(`attribute ${name}`, get(old.xattrs, name), get(now.xattrs, name))),
  ];
}

const get = (values: Readonly<Record<string, string>>, name: string): string | null =>
  Object.hasOwn(values, name) ? (values[name] ?? null) : null;

/** Those that people set; the others as a number. */
const flagNames = [
  [0x10, 'immutable'],
  [0x20, 'append-only'],
  [0x40, 'no-dump'],
  [0x80, 'no-atime'],
] as const;

function nameFlags(flags: number): string | null {
  const named = flagNames.filter(([bit]) => (flags & bit) !== 0);
  const rest = named.reduce((left, [bit]) => left - bit, flags);
  const names = named.map(([, name]) => name as string);
  if (rest !== 0) names.push(`0x${rest.toString(16)}`);
  return names.length === 0 ? null : names.join(' ');
}

function change(
  what: string,
  old: string | null | undefined,
  now: string | null | undefined,
): readonly Change[] {
  return (old ?? null) === (now ?? null) ? [] : [{ what, old: old ?? null, new: now ?? null }];
}

const order = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
