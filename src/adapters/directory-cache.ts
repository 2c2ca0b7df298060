import { constants } from 'node:fs';
import {
  copyFile,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import type { CacheEntry, CacheShelf, ImageStore } from '../ports/cache.ts';
import type { LayerStore, TrailStore } from '../ports/layers.ts';

const hour = 3_600_000;
const kinds = ['layer', 'image'] as const;
type Kind = (typeof kinds)[number];

/**
 * Layers, images and trails in a directory. An entry is a directory that gets its name when it is complete, so that
 * builds at the same time and killed ones never show a part of one. The time of its manifest is its last use.
 */
export function createDirectoryCache(
  root: string,
): LayerStore & TrailStore & ImageStore & CacheShelf {
  const place = (kind: Kind, id: string): string => join(root, `${kind}s`, checkName(id));
  const readManifest = async (kind: Kind, id: string): Promise<unknown> => {
    const text = await readIfThere(join(place(kind, id), 'manifest.json'));
    if (text === null) return null;
    const manifest: unknown = JSON.parse(text);
    await touch(place(kind, id));
    return manifest;
  };
  return {
    find: (key) => readManifest('layer', key),
    fetch: ({ key }, path) => lend(join(place('layer', key), 'blob'), path),
    store: (manifest, path) =>
      putEntry(root, place('layer', manifest.key), manifest, async (staging) => {
        await move(path, join(staging, 'blob'));
      }),
    readTrail: async (slot) => {
      const text = await readIfThere(join(root, 'trails', `${checkName(slot)}.json`));
      return text === null ? null : JSON.parse(text);
    },
    writeTrail: async (slot, trail) => {
      await mkdir(join(root, 'trails'), { recursive: true });
      const path = join(root, 'trails', `${checkName(slot)}.json`);
      const staging = await makeStaging(root);
      await writeFile(join(staging, 'trail.json'), JSON.stringify(trail));
      await rename(join(staging, 'trail.json'), path);
      await rm(staging, { recursive: true });
    },
    findImage: (id) => readManifest('image', id),
    fetchImageFile: (id, fileName, path) =>
      share(join(place('image', id), checkName(fileName)), path),
    storeImage: (image, files) =>
      putEntry(root, place('image', image.id), image, async (staging) => {
        for (const { name, path } of files) await share(path, join(staging, checkName(name)));
      }),
    list: async () => (await Promise.all(kinds.map((kind) => listEntries(root, kind)))).flat(),
    remove: ({ kind, id }) => removeEntry(root, place(kind, id)),
    sweep: () => sweepStaging(root),
  };
}

/** Keys and names become parts of paths. */
function checkName(name: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._+-]{0,200}$/.test(name))
    throw new Error(`${JSON.stringify(name)} is no name of a cache entry`);
  return name;
}

const readIfThere = (path: string): Promise<string | null> =>
  readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });

/** Marks an entry as used; another build may just have removed it. */
async function touch(entry: string): Promise<void> {
  const now = new Date();
  await utimes(join(entry, 'manifest.json'), now, now).catch(() => undefined);
}

async function makeStaging(root: string): Promise<string> {
  await mkdir(join(root, 'staging'), { recursive: true, mode: 0o700 });
  return mkdtemp(join(root, 'staging', 'new-'));
}

async function putEntry(
  root: string,
  entry: string,
  manifest: object,
  fill: (staging: string) => Promise<void>,
): Promise<void> {
  const staging = await makeStaging(root);
  try {
    await fill(staging);
    await writeFile(join(staging, 'manifest.json'), JSON.stringify(manifest));
    await mkdir(join(entry, '..'), { recursive: true });
    await rename(staging, entry).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
      // the same layer of another build, or one that became too old
      await removeEntry(root, entry);
      await rename(staging, entry);
    });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Nobody finds it from the first moment on. */
async function removeEntry(root: string, entry: string): Promise<void> {
  const trash = await makeStaging(root);
  await rename(entry, join(trash, 'entry')).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await rm(trash, { recursive: true, force: true });
}

/** The same file under another name: nobody writes into a stored blob, and it stays when the entry goes. */
async function lend(from: string, to: string): Promise<void> {
  await link(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EXDEV' && error.code !== 'EPERM') throw error;
    return share(from, to);
  });
}

/** The same bytes under another name: shared where the file system can do it, else copied. */
async function share(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
}

async function move(from: string, to: string): Promise<void> {
  await rename(from, to).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EXDEV') throw error;
    await copyFile(from, to, constants.COPYFILE_EXCL);
    await rm(from);
  });
}

async function listEntries(root: string, kind: Kind): Promise<readonly CacheEntry[]> {
  const folder = join(root, `${kind}s`);
  const ids = await readdir(folder).catch(() => []);
  const entries = await Promise.all(ids.map((id) => readEntry(kind, id, join(folder, id))));
  return entries.filter((entry) => entry !== null);
}

async function readEntry(kind: Kind, id: string, path: string): Promise<CacheEntry | null> {
  try {
    const names = await readdir(path);
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(path, name))).size));
    const { mtimeMs } = await stat(join(path, 'manifest.json'));
    const text = await readFile(join(path, 'manifest.json'), 'utf8');
    return {
      kind,
      id,
      sizeBytes: sizes.reduce((sum, size) => sum + size, 0),
      usedAtMs: mtimeMs,
      manifest: parse(text),
    };
  } catch {
    // another build removed it meanwhile
    return null;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** What lies in the staging directory for long was left by a build that died. */
async function sweepStaging(root: string): Promise<void> {
  const folder = join(root, 'staging');
  for (const name of await readdir(folder).catch(() => [])) {
    const found = await stat(join(folder, name)).catch(() => null);
    if (found !== null && Date.now() - found.mtimeMs > hour)
      await rm(join(folder, name), { recursive: true, force: true });
  }
}
