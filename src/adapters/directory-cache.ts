import { readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CacheShelf, ImageStore } from '../ports/cache.ts';
import type { LayerStore, TrailStore } from '../ports/layers.ts';
import { lend, share, takeOver } from './directory-cache/copies.ts';
import {
  checkName,
  type Kind,
  kinds,
  makeDirectory,
  makeTrouble,
  placeOf,
  putEntry,
  removeEntry,
  withStaging,
} from './directory-cache/place.ts';
import { listEntries, sweepStaging } from './directory-cache/shelf.ts';

/**
 * Layers, images and trails in a directory. An entry is a directory that gets its name when it is complete, so that
 * builds at the same time and killed ones never show a part of one. The time of its manifest is its last use.
 */
export function createDirectoryCache(
  root: string,
): LayerStore & TrailStore & ImageStore & CacheShelf {
  const place = (kind: Kind, id: string): string => placeOf(root, kind, id);
  const find = async (kind: Kind, id: string): Promise<unknown> => {
    const entry = place(kind, id);
    const manifest = await readManifest(entry, `${kind} ${id.slice(0, 12)}`);
    if (manifest !== null) await touch(entry);
    return manifest;
  };
  return {
    find: async (key) => find('layer', key),
    fetch: async ({ key, blob }, path) => {
      const entry = place('layer', key);
      await orGone(lend(join(entry, 'blob'), path), path);
      await proveSame(entry, key, blob.sha256, path);
    },
    store: async (manifest, path) =>
      putEntry(root, place('layer', manifest.key), manifest, (staging) =>
        takeOver(path, join(staging, 'blob')),
      ),
    readTrail: async (slot) => {
      const text = await readIfThere(trailPath(root, slot));
      return text === null ? null : JSON.parse(text);
    },
    writeTrail: async (slot, trail) => {
      const path = trailPath(root, slot);
      await makeDirectory(join(root, 'trails'));
      await withStaging(root, async (staging) => {
        await writeFile(join(staging, 'trail.json'), JSON.stringify(trail), { mode: 0o600 });
        await rename(join(staging, 'trail.json'), path);
      });
    },
    findImage: async (id) => find('image', id),
    fetchImageFile: async (id, fileName, path) => {
      const from = join(place('image', id), checkName(fileName));
      await orGone(share(from, path), path);
    },
    storeImage: async (image, files) =>
      putEntry(root, place('image', image.id), image, async (staging) => {
        for (const { name, path } of files) await share(path, join(staging, checkName(name)));
      }),
    list: async () => (await Promise.all(kinds.map((kind) => listEntries(root, kind)))).flat(),
    remove: async ({ kind, id }) => removeEntry(root, place(kind, id)),
    sweep: () => sweepStaging(root),
  };
}

const goneMeanwhile = 'it was removed from the cache meanwhile';

const trailPath = (root: string, slot: string): string =>
  join(root, 'trails', `${checkName(slot)}.json`);

async function readManifest(entry: string, name: string): Promise<unknown> {
  const text = await readIfThere(join(entry, 'manifest.json'));
  if (text === null) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw makeTrouble(`the manifest of the ${name} is damaged`);
  }
}

const readIfThere = (path: string): Promise<string | null> =>
  readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });

/** Marks an entry as used; another build may just have removed it, and it may be another user's. */
async function touch(entry: string): Promise<void> {
  const now = new Date();
  await utimes(join(entry, 'manifest.json'), now, now).catch(() => undefined);
}

/** Another build may have removed an entry since it was found, and made it anew by now. */
async function orGone(fetching: Promise<void>, to: string): Promise<void> {
  await fetching.catch(async (error: NodeJS.ErrnoException) => {
    const isGone = error.code === 'ENOENT' && (await stat(dirname(to)).catch(() => null)) !== null;
    throw isGone ? makeTrouble(goneMeanwhile) : error;
  });
}

/** Another build may have removed the layer that was found, or put its own in its place, before it was fetched. */
async function proveSame(entry: string, key: string, sha256: string, path: string): Promise<void> {
  const manifest = await readManifest(entry, `layer ${key.slice(0, 12)}`).catch(() => null);
  const now = (manifest as { blob?: { sha256?: unknown } } | null)?.blob?.sha256;
  if (now === sha256) return;
  await rm(path, { force: true });
  throw makeTrouble(
    now === undefined ? goneMeanwhile : 'another build put its own into the cache meanwhile',
  );
}
