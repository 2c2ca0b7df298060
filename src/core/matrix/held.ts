import { createHash } from 'node:crypto';
import type { TreeFile } from '../../model/matrix.ts';
import { troveElements } from '../../model/trove.ts';
import type { Tree } from './tree.ts';

/** Where a repository lies, and from where relative paths of its user count. */
export interface Place {
  /** Absolute path of the repository. */
  readonly root: string;
  /** The working directory, and where that lies in the repository. */
  readonly cwd: string;
  readonly prefix: string;
}

/** The path in the repository of an absolute path; null for one that lies elsewhere. */
export function locate({ root, cwd, prefix }: Place, path: string): string | null {
  if (path === cwd) return prefix;
  const join = (rest: string): string => (prefix === '' ? rest : `${prefix}/${rest}`);
  if (path.startsWith(`${cwd}/`)) return join(path.slice(cwd.length + 1));
  if (path === root) return '';
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : null;
}

/** Parts of a tree of Trove that decide an image beside its elements. */
const troveFiles = [
  '.gitreview',
  'tox.ini',
  'devstack/settings',
  'devstack/plugin.sh',
  'trove/common/cfg.py',
  'trove/guestagent/datastore',
  `${troveElements}/guest-agent/source-repository-guest-agent`,
];

/** Files of the repository that decide an image without being in an element; paths as found, null for none. */
export function listHeld(
  tree: Tree,
  paths: { readonly trove: string | null; readonly files: readonly (string | null)[] },
): readonly TreeFile[] {
  const { trove, files } = paths;
  const ofTrove =
    trove === null ? [] : troveFiles.map((each) => (trove === '' ? each : `${trove}/${each}`));
  return [...files, ...ofTrove].flatMap((path): readonly TreeFile[] => {
    const found = path === null ? null : tree.find(path);
    if (found === null || path === null) return [];
    if (found.file !== null) return [{ ...found.file, path }];
    return tree.walk(path).map((file) => ({ ...file, path: `${path}/${file.path}` }));
  });
}

/** The commit of a tree of Trove in this state: of the repository itself, or of a submodule; undefined for others. */
export function findRevision(
  tree: Tree,
  trove: string | null,
  commit: string | null,
): string | undefined {
  if (trove === null) return undefined;
  if (trove === '') return commit ?? undefined;
  const file = tree.find(trove)?.file;
  return file?.mode === '160000' ? file.id : undefined;
}

export const digest = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex');
