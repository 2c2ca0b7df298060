import { chooseEvictions } from '../core/layers/evict.ts';
import type { CacheEntry, CacheShelf } from '../ports/cache.ts';
import type { Log } from '../ports/log.ts';

/** Takes from a cache directory what was not used for longest, until it is as small as wanted; returns what went. */
export async function trimCache(
  ports: { readonly log: Log; readonly shelf: CacheShelf },
  mostBytes: number,
): Promise<readonly CacheEntry[]> {
  await ports.shelf.sweep();
  const evicted = chooseEvictions(await ports.shelf.list(), mostBytes);
  for (const entry of evicted) await ports.shelf.remove(entry);
  const freedBytes = evicted.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (evicted.length > 0)
    ports.log.info(
      `${evicted.length} old entries left the cache (${Math.round(freedBytes / 1e6)} MB)`,
    );
  return evicted;
}
