import { isUtf8 } from 'node:buffer';
import { createHash, type Hash } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { lstat, readdir, readFile, readlink, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { reachesBuild } from '../model/element-files.ts';
import type { Element, ElementDigest } from '../model/elements.ts';
import type { HookFile } from '../model/layers.ts';
import type { Elements } from '../ports/machine.ts';

/** Elements as they lie on the disk. */
export function createElements(): Elements {
  return {
    async read(elementsPath) {
      const found = new Map<string, Element>();
      for (const directory of elementsPath) {
        for (const name of await listDirectories(directory)) {
          if (!found.has(name)) found.set(name, await readElement(name, join(directory, name)));
        }
      }
      return [...found.values()];
    },
    async hookFiles(elements) {
      const files = await Promise.all(elements.map(({ path }) => readHookFiles(path, '')));
      const byPath = new Map(files.flat().map((file) => [file.path, file]));
      return [...byPath.values()];
    },
    digest: (elements) =>
      Promise.all(
        elements.map(async ({ name, path }): Promise<ElementDigest> => {
          const hash = createHash('sha256');
          await addTree(hash, path, '');
          return { name, path, sha256: hash.digest('hex') };
        }),
      ),
  };
}

async function readElement(name: string, path: string): Promise<Element> {
  const scripts: Record<string, readonly string[]> = {};
  const linkedScripts: Record<string, readonly string[]> = {};
  for (const directory of await listDirectories(path)) {
    if (!directory.endsWith('.d') || directory === 'environment.d') continue;
    const phase = directory.slice(0, -2);
    scripts[phase] = await listHooks(join(path, directory));
    const linked = await listLinkedHooks(join(path, directory));
    if (linked.length > 0) linkedScripts[phase] = linked;
  }
  return {
    name,
    path,
    scripts,
    ...(Object.keys(linkedScripts).length > 0 ? { linkedScripts } : {}),
    dependsOn: await readWords(join(path, 'element-deps')),
    provides: await readWords(join(path, 'element-provides')),
    sourceRepositories: (await listEntries(path))
      .map(({ name }) => name)
      .filter((name) => name.startsWith('source-repository-')),
  };
}

/** What dib-run-parts would run: executable files with a plain name. */
async function listHooks(directory: string): Promise<readonly string[]> {
  const names = (await listEntries(directory))
    .map(({ name }) => name)
    .filter((name) => /^[0-9A-Za-z_.-]+$/.test(name));
  const hooks = await Promise.all(
    names.map(async (name) => {
      const found = await stat(join(directory, name)).catch(() => null);
      return found?.isFile() && (found.mode & 0o111) !== 0 ? [name] : [];
    }),
  );
  return hooks.flat();
}

/** Hooks by install type, `NAME-source-install/31-x`. */
async function listLinkedHooks(directory: string): Promise<readonly string[]> {
  const types = (await listDirectories(directory)).filter((name) => name.endsWith('-install'));
  const hooks = await Promise.all(
    types.map(async (type) =>
      (await listHooks(join(directory, type))).map((name) => `${type}/${name}`),
    ),
  );
  return hooks.flat();
}

/** Files of an element, and of its directories but for tests. */
async function readHookFiles(root: string, below: string): Promise<readonly HookFile[]> {
  const found = await Promise.all(
    (await listEntries(join(root, below))).map(async ({ name }): Promise<readonly HookFile[]> => {
      const path = join(below, name);
      const facts = await stat(join(root, path)).catch(() => null);
      if (name === '__pycache__' || (below === '' && name === 'tests') || facts === null) return [];
      if (facts.isDirectory()) return readHookFiles(root, path);
      const data = await readFile(join(root, path));
      const mode = (facts.mode & 0o777).toString(8).padStart(4, '0');
      const sha256 = createHash('sha256').update(data).digest('hex');
      return [{ path, mode, sha256, text: isUtf8(data) ? data.toString('utf8') : null }];
    }),
  );
  return found.flat();
}

/** Adds what can reach an image; `home` is the element itself, outside of which a link counts with what it leads to. */
async function addTree(
  hash: Hash,
  root: string,
  below: string,
  home: string | null = root,
): Promise<void> {
  const entries = await listEntries(join(root, below));
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(below, entry.name);
    if (!reachesBuild(path)) continue;
    const { mode } = await lstat(join(root, path));
    hash.update(`${path}\0${(mode & 0o777).toString(8)}\0`);
    if (entry.isSymbolicLink()) await addLink(hash, join(root, path), home);
    else if (entry.isDirectory()) await addTree(hash, root, path, home);
    else await addFile(hash, join(root, path));
  }
}

/** diskimage-builder reads directories and lists of an element through links; absolute ones are those of the guest. */
async function addLink(hash: Hash, path: string, home: string | null): Promise<void> {
  const text = await readlink(path);
  hash.update(`l${text}\0`);
  if (home === null || text.startsWith('/')) return;
  const target = await realpath(path).catch(() => null);
  if (target === null || target.startsWith(`${await realpath(home)}/`)) return;
  const facts = await stat(target);
  if (facts.isDirectory()) await addTree(hash, target, '', null);
  else if (facts.isFile()) await addFile(hash, target);
}

async function addFile(hash: Hash, path: string): Promise<void> {
  const content = await readFile(path);
  hash.update(createHash('sha256').update(content).digest());
}

const listEntries = (path: string): Promise<Dirent[]> =>
  readdir(path, { withFileTypes: true }).catch(() => []);

/** Directories, and links to them: diskimage-builder follows both. */
async function listDirectories(path: string): Promise<readonly string[]> {
  const entries = await listEntries(path);
  const found = await Promise.all(
    entries.map(async (entry) => {
      if (!entry.isSymbolicLink()) return entry.isDirectory();
      return (await stat(join(path, entry.name)).catch(() => null))?.isDirectory() === true;
    }),
  );
  return entries.filter((_, index) => found[index]).map(({ name }) => name);
}

const readWords = async (path: string): Promise<readonly string[]> =>
  (await readFile(path, 'utf8').catch(() => ''))
    .split('\n')
    .flatMap((line) => line.replace(/#.*/, '').split(/\s+/))
    .filter((word) => word !== '');
