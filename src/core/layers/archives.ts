import type { ObservedArchive } from '../../model/layers.ts';
import type { ArchiveState } from '../../model/plan.ts';

/** An archive of a tree's own apt configuration. */
export interface TreeArchive {
  readonly url: string;
  readonly suite: string;
}

/** Digests of the signed indexes that apt has in a tree, by the name of their files. */
export type AptIndexes = Readonly<Record<string, string>>;

/** The state in which each archive of the plan was really used: as apt has it in the tree, else as it was asked for. */
export function readUsedStates(
  archives: readonly ArchiveState[],
  indexes: AptIndexes,
): readonly ArchiveState[] {
  return archives.map((archive) => {
    const used = indexes[nameIndex(archive)];
    return used === undefined ? archive : { ...archive, inReleaseSha256: used };
  });
}

/** Archives that scripts added to the tree's configuration; null when apt has an index whose archive is not found. */
export function findObservedArchives(
  planned: readonly ArchiveState[],
  treeArchives: readonly TreeArchive[],
  indexes: AptIndexes,
): readonly ObservedArchive[] | null {
  const known = new Set(planned.map(nameIndex));
  const byName = new Map(treeArchives.map((archive) => [nameIndex(archive), archive]));
  const others = Object.entries(indexes).filter(([name]) => !known.has(name));
  const observed = others.flatMap(([name, sha256]) => {
    const archive = byName.get(name);
    return archive === undefined ? [] : [{ url: archive.url, suite: archive.suite, sha256 }];
  });
  return observed.length === others.length ? observed : null;
}

/** apt's file name for the index of a suite: the URL without scheme, user and brackets, `/` as `_`. */
function nameIndex({ url, suite }: TreeArchive): string {
  const [, host = '', path = ''] = /^(?:[a-z+]+:\/+)?(?:[^/@]*@)?([^/]*)(.*)$/.exec(url) ?? [];
  const index = `${host.replace(/[[\]]/g, '')}${path.replace(/\/+$/, '')}/dists/${suite}/InRelease`;
  return index
    .replace(/[\\|{}[\]<>"^~_=!@#$%&*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)
    .replaceAll('/', '_');
}
