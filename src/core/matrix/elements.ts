import { reachesBuild } from '../../model/element-files.ts';
import type { Element } from '../../model/elements.ts';
import type { TreeFile } from '../../model/matrix.ts';
import { isLink, resolveLink, type Tree } from './tree.ts';

/** An element, and what of it can reach an image. */
export interface KnownElement {
  readonly element: Element;
  /** For people: its path in the repository, or where else it comes from. */
  readonly from: string;
  /** The same text for the same content, in both states that are compared. */
  readonly identity: string;
  /** Paths count from the element; null for one that does not lie in the repository, which is the same in both states. */
  readonly files: readonly TreeFile[] | null;
}

/** Elements in a directory of a state of the repository; `root` is the absolute path of the repository. */
export function readElements(
  tree: Tree,
  directory: string,
  root: string,
  texts: ReadonlyMap<string, string>,
): readonly KnownElement[] {
  return tree.list(directory).flatMap((name) => {
    const path = directory === '' ? name : `${directory}/${name}`;
    const found = tree.find(path);
    if (found === null || found.file !== null) return [];
    const element = readElement(tree, path, `${root}/${path}`, texts);
    const files = listFiles(tree, found.path, texts);
    const identity = files.map((file) => `${file.mode} ${file.id} ${file.path}`).join('\0');
    return [{ element, from: path, identity, files }];
  });
}

function readElement(
  tree: Tree,
  path: string,
  fullPath: string,
  texts: ReadonlyMap<string, string>,
): Element {
  const scripts: Record<string, readonly string[]> = {};
  const linkedScripts: Record<string, readonly string[]> = {};
  const names = tree.list(path);
  for (const name of names.filter((each) => each.endsWith('.d') && each !== 'environment.d')) {
    const phase = name.slice(0, -2);
    const entries = tree.list(`${path}/${name}`);
    if (entries.length === 0) continue;
    scripts[phase] = listHooks(tree, `${path}/${name}`);
    const linked = entries
      .filter((each) => each.endsWith('-install'))
      .flatMap((type) =>
        listHooks(tree, `${path}/${name}/${type}`).map((hook) => `${type}/${hook}`),
      );
    if (linked.length > 0) linkedScripts[phase] = linked;
  }
  const words = (name: string): readonly string[] =>
    readWords(texts.get(tree.find(`${path}/${name}`)?.file?.id ?? '') ?? '');
  return {
    name: path.slice(path.lastIndexOf('/') + 1),
    path: fullPath,
    scripts,
    ...(Object.keys(linkedScripts).length > 0 ? { linkedScripts } : {}),
    dependsOn: words('element-deps'),
    provides: words('element-provides'),
    sourceRepositories: names.filter((name) => name.startsWith('source-repository-')),
  };
}

/** What dib-run-parts would run: executable files with a plain name. */
const listHooks = (tree: Tree, path: string): readonly string[] =>
  tree
    .list(path)
    .filter(
      (name) =>
        /^[0-9A-Za-z_.-]+$/.test(name) && tree.find(`${path}/${name}`)?.file?.mode === '100755',
    );

const readWords = (text: string): readonly string[] =>
  text
    .split('\n')
    .flatMap((line) => line.replace(/#.*/, '').split(/\s+/))
    .filter((word) => word !== '');

/** Files of an element that can reach an image. A link out of it counts with what it leads to. */
function listFiles(
  tree: Tree,
  path: string,
  texts: ReadonlyMap<string, string>,
): readonly TreeFile[] {
  return tree
    .walk(path)
    .filter((file) => reachesBuild(file.path))
    .flatMap((file) => (isLink(file) ? [file, ...listLinked(tree, path, file, texts)] : [file]));
}

function listLinked(
  tree: Tree,
  path: string,
  link: TreeFile,
  texts: ReadonlyMap<string, string>,
): readonly TreeFile[] {
  const target = resolveLink(`${path}/${link.path}`, texts.get(link.id));
  const found = target === null || target.startsWith(`${path}/`) ? null : tree.find(target);
  if (found === null) return [];
  const name = `${link.path} -> ${found.path}`;
  if (found.file !== null) return [{ ...found.file, path: name }];
  const files = tree.walk(found.path).filter((file) => reachesBuild(file.path));
  return files.map((file) => ({ ...file, path: `${name}/${file.path}` }));
}
