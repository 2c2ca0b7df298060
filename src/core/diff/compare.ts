import type {
  Change,
  Compared,
  Difference,
  DirectoryTotal,
  DiskFacts,
  FileChange,
  FileSummary,
  IgnorePattern,
  Side,
} from '../../model/diff.ts';
import { createIgnorer } from './ignore.ts';
import { comparePackages } from './packages.ts';
import { compareTrees } from './trees.ts';

/** Compares two sides: packages always, files and disk where both sides have them. */
export function compareSides(old: Side, now: Side, patterns: readonly IgnorePattern[]): Difference {
  const ignorer = createIgnorer(patterns);
  const trees = old.tree !== null && now.tree !== null ? { old: old.tree, now: now.tree } : null;
  const packages = comparePackages(old.packages, now.packages);
  const files =
    trees === null
      ? { added: [], removed: [], changed: [] }
      : compareTrees(trees.old.files, trees.now.files, ignorer.ignores);
  const disk = trees === null ? [] : compareDisks(trees.old.disk, trees.now.disk, ignorer.ignores);
  const lists = [packages, files].flatMap(({ added, removed, changed }) => [
    ...[added.length, removed.length, changed.length],
  ]);
  return {
    format: 1,
    equal: [...lists, disk.length].every((count) => count === 0),
    old: old.path,
    new: now.path,
    compared: trees === null ? ['packages'] : ['packages', 'files', 'disk'],
    totals: { packages: now.packages.length, files: now.tree?.files.length ?? 0 },
    packages,
    files,
    directories: addUp(files),
    disk,
    ignored: ignorer.result(),
  };
}

function compareDisks(
  old: DiskFacts,
  now: DiskFacts,
  ignores: (name: string) => boolean,
): readonly Change[] {
  return [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .map((what) => ({ what, old: old[what] ?? null, new: now[what] ?? null }))
    .filter((each) => each.old !== each.new && !ignores(each.what));
}

/** Totals by directory, two levels deep, biggest change first. */
function addUp(files: Compared<FileSummary, FileChange>): readonly DirectoryTotal[] {
  const totals = new Map<
    string,
    { -readonly [Key in keyof DirectoryTotal]: DirectoryTotal[Key] }
  >();
  const count = (path: string, what: 'added' | 'removed' | 'changed', deltaBytes: number): void => {
    const top = findTop(path);
    const total = totals.get(top) ?? {
      ...{ path: top, added: 0, removed: 0, changed: 0, deltaBytes: 0 },
    };
    total[what] += 1;
    total.deltaBytes += deltaBytes;
    totals.set(top, total);
  };
  for (const { path, sizeBytes } of files.added) count(path, 'added', sizeBytes);
  for (const { path, sizeBytes } of files.removed) count(path, 'removed', -sizeBytes);
  for (const { path, oldBytes, newBytes } of files.changed)
    count(path, 'changed', newBytes - oldBytes);
  const countOf = ({ added, removed, changed }: DirectoryTotal): number =>
    added + removed + changed;
  return [...totals.values()].sort(
    (a, b) =>
      Math.abs(b.deltaBytes) - Math.abs(a.deltaBytes) ||
      countOf(b) - countOf(a) ||
      (a.path < b.path ? -1 : 1),
  );
}

/** `/usr/lib` of `/usr/lib/a/b`, `/etc` of `/etc/hosts`, `/` of `/etc`. */
function findTop(path: string): string {
  const parts = path.split('/').slice(1, -1);
  return `/${parts.slice(0, 2).join('/')}`;
}
