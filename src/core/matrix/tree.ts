import { dirname, join } from 'node:path/posix';
import type { TreeFile } from '../../model/matrix.ts';

/** What is at a path when links are followed: its own path, and the file; null for a directory. */
export interface Found {
  readonly path: string;
  readonly file: TreeFile | null;
}

/** The files of one state of a repository. Paths count from its root, which is the empty path. */
export interface Tree {
  /** Null where nothing is. */
  find(path: string): Found | null;
  /** Names in a directory, links to one followed; empty where there is none. */
  list(path: string): readonly string[];
  /** Files below a directory, links as they are, with paths that count from it. */
  walk(path: string): readonly TreeFile[];
}

type Directory = Map<string, Directory | TreeFile>;

const mostLinks = 32;
export const isLink = ({ mode }: TreeFile): boolean => mode === '120000';

/** Arranges a listing as a tree; `texts` has what links say, by the id of their content. */
export function createTree(files: readonly TreeFile[], texts: ReadonlyMap<string, string>): Tree {
  const root = arrange(files);
  const follow = (
    path: string,
    links: number,
  ): { path: string; node: Directory | TreeFile } | null => {
    let node: Directory | TreeFile = root;
    const parts = path.split('/').filter((part) => part !== '' && part !== '.');
    for (const [index, part] of parts.entries()) {
      const next: Directory | TreeFile | undefined =
        node instanceof Map ? node.get(part) : undefined;
      if (next === undefined) return null;
      node = next;
      if (node instanceof Map || !isLink(node)) continue;
      const target = resolveLink(node.path, texts.get(node.id));
      if (target === null || links >= mostLinks) return null;
      return follow([target, ...parts.slice(index + 1)].join('/'), links + 1);
    }
    return { path: parts.join('/'), node };
  };
  return {
    find(path) {
      const found = follow(path, 0);
      if (found === null) return null;
      return { path: found.path, file: found.node instanceof Map ? null : found.node };
    },
    list(path) {
      const node = follow(path, 0)?.node;
      return node instanceof Map ? [...node.keys()] : [];
    },
    walk(path) {
      const node = follow(path, 0)?.node;
      return node instanceof Map ? listBelow(node, '') : [];
    },
  };
}

/** Where a link leads to; null for one that leads out of the repository, or whose text is not known. */
export function resolveLink(path: string, text: string | undefined): string | null {
  if (text === undefined || text.startsWith('/')) return null;
  const target = join(dirname(path), text).replace(/(.)\/$/, '$1');
  return target.startsWith('..') ? null : target;
}

function arrange(files: readonly TreeFile[]): Directory {
  const root: Directory = new Map();
  // a listing is in order: most files lie in the directory of the one before
  let [folder, place] = ['', root];
  for (const file of files) {
    const cut = file.path.lastIndexOf('/');
    const parent = cut < 0 ? '' : file.path.slice(0, cut);
    if (parent !== folder) [folder, place] = [parent, makeDirectory(root, parent)];
    place.set(file.path.slice(cut + 1), file);
  }
  return root;
}

function makeDirectory(root: Directory, path: string): Directory {
  let place = root;
  for (const part of path.split('/').filter((each) => each !== '')) {
    const there = place.get(part);
    const next: Directory = there instanceof Map ? there : new Map();
    place.set(part, next);
    place = next;
  }
  return place;
}

const listBelow = (directory: Directory, below: string): readonly TreeFile[] =>
  [...directory].flatMap(([name, node]) =>
    node instanceof Map
      ? listBelow(node, `${below}${name}/`)
      : [{ ...node, path: `${below}${name}` }],
  );
