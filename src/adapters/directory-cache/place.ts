import { randomInt } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { failure, type TroveImageError } from '../../errors.ts';
import type { CacheEntry } from '../../model/shelf.ts';

export const kinds = ['layer', 'image'] as const;
export type Kind = CacheEntry['kind'];

const mostAttempts = 50;
const longestPauseMs = 20;

export const folderOf = (root: string, kind: Kind): string => join(root, `${kind}s`);

/** The directory of an entry; throws for an id that is none. */
export const placeOf = (root: string, kind: Kind, id: string): string =>
  join(folderOf(root, kind), checkName(id));

/** Keys and names become parts of paths. */
export function checkName(name: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._+-]{0,200}$/.test(name))
    throw makeTrouble(`${JSON.stringify(name)} is no name of a cache entry`);
  return name;
}

/** Trouble of the cache that is no error of the system. */
export const makeTrouble = (message: string): TroveImageError =>
  failure(
    'host',
    'cache-trouble',
    message,
    'Remove the entry with trove-image cache rm, or use cache: off.',
  );

/** Runs `body` with a private directory in the cache, and leaves nothing of it. */
export async function withStaging<T>(
  root: string,
  body: (staging: string) => Promise<T>,
): Promise<T> {
  await makeDirectory(join(root, 'staging'));
  const staging = await mkdtemp(join(root, 'staging', 'new-'));
  try {
    return await body(staging);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Whoever writes into the cache decides what later builds run as root: nobody else may. */
export const makeDirectory = async (path: string): Promise<void> =>
  void (await mkdir(path, { recursive: true, mode: 0o700 }));

/** Puts an entry in its place when it is complete; one that is there, of another build or too old, makes room. */
export async function putEntry(
  root: string,
  entry: string,
  manifest: object,
  fill: (staging: string) => Promise<void>,
): Promise<void> {
  await withStaging(root, async (staging) => {
    await fill(staging);
    await writeFile(join(staging, 'manifest.json'), JSON.stringify(manifest), { mode: 0o600 });
    await makeDirectory(dirname(entry));
    for (let attempt = 1; ; attempt += 1) {
      const taken = await rename(staging, entry).then(
        () => null,
        (error: NodeJS.ErrnoException) => error,
      );
      if (taken === null) return;
      const isThere = taken.code === 'ENOTEMPTY' || taken.code === 'EEXIST';
      if (!isThere || attempt === mostAttempts) throw taken;
      // other builds that do the same get out of step
      if (attempt > 1) await sleep(randomInt(longestPauseMs));
      await removeEntry(root, entry);
    }
  });
}

/** Nobody finds it from the first moment on; one that is gone already is no error. */
export async function removeEntry(root: string, entry: string): Promise<void> {
  try {
    await withStaging(root, (trash) => rename(entry, join(trash, 'entry')));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return;
    if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error;
    // a full disk has no room for one more directory; without a manifest it is not found either
    await rm(join(entry, 'manifest.json'), { force: true });
    await rm(entry, { recursive: true, force: true });
  }
}
