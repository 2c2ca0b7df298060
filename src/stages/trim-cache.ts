import { chooseGarbage } from '../core/shelf/choose.ts';
import { readShelf } from '../core/shelf/items.ts';
import type { Removal, Removed } from '../model/shelf.ts';
import type { CacheShelf } from '../ports/cache.ts';
import type { Log } from '../ports/log.ts';

/** Takes entries out of a cache directory; what cannot be removed is told, and does not keep the rest. */
export async function removeEntries(
  shelf: CacheShelf,
  removals: readonly Removal[],
  signal?: AbortSignal,
): Promise<Removed> {
  const removed: Removal[] = [];
  const failed: (Removal & { reason: string })[] = [];
  for (const removal of removals) {
    if (signal?.aborted) break;
    await shelf.remove(removal.item).then(
      () => removed.push(removal),
      (error: Error) => failed.push({ ...removal, reason: error.message }),
    );
  }
  const freedBytes = removed.reduce((sum, { item }) => sum + item.sizeBytes, 0);
  return { removed, failed, freedBytes };
}

/**
 * Takes from a cache directory what no build can use, and what was not used for longest until it is as small as
 * wanted. Trouble is a warning: the image is made.
 */
export async function trimCache(
  ports: { readonly log: Log; readonly shelf: CacheShelf },
  mostBytes: number,
): Promise<void> {
  const trouble = await trim(ports, mostBytes).catch((error: Error) => error.message);
  if (trouble === null) return;
  ports.log.warning({
    code: 'cache-trouble',
    message: `The cache was not tidied: ${trouble}`,
    hint: 'Nothing is wrong with the image. Check rights and disk of cache-path.',
  });
}

async function trim(
  { log, shelf }: { readonly log: Log; readonly shelf: CacheShelf },
  mostBytes: number,
): Promise<string | null> {
  await shelf.sweep();
  const garbage = chooseGarbage(readShelf(await shelf.list()), mostBytes);
  const { removed, failed, freedBytes } = await removeEntries(shelf, garbage);
  if (removed.length > 0)
    log.info(`${removed.length} old entries left the cache (${Math.round(freedBytes / 1e6)} MB)`);
  return failed[0]?.reason ?? null;
}
