import { readServiceMode } from '../../model/cache-service.ts';
import type { CacheMode } from '../../model/layers.ts';

/** The part of the wanted mode that the cache service permits; `serviceMode` is the text of ACTIONS_CACHE_MODE. */
export function restrictMode(wanted: CacheMode, serviceMode: string): CacheMode {
  const allowed = readServiceMode(serviceMode);
  const reads = allowed.reads && (wanted === 'read' || wanted === 'read-write');
  const writes = allowed.writes && (wanted === 'write' || wanted === 'read-write');
  if (reads) return writes ? 'read-write' : 'read';
  return writes ? 'write' : 'off';
}
