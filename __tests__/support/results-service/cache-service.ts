import { TwirpError } from './answer.ts';
import { type Method, requireSize, type ServiceParts } from './artifact-service.ts';
import type { Claims } from './runtime-token.ts';

/** One cache entry; entries of different refs (`scope`) do not see each other. */
export interface CacheEntry {
  id: number;
  key: string;
  version: string;
  scope: string;
  blobKey: string;
  finalized: boolean;
  size: number;
}

/** The three methods of `github.actions.results.api.v1.CacheService`, over a list of entries. */
export function createCacheMethods(
  entries: CacheEntry[],
  parts: ServiceParts,
): Record<string, Method> {
  const find = (key: unknown, version: unknown, claims: Claims): CacheEntry | undefined =>
    entries.find(
      (entry) =>
        entry.key === key && entry.version === version && entry.scope === claims.writableScopes[0],
    );
  return {
    CreateCacheEntry(request, claims) {
      const scope = claims.writableScopes[0];
      // The client looks for these words at the start of a 200 answer's message.
      if (!scope) return { ok: false, message: 'cache write denied: token has no writable scopes' };
      if (find(request.key, request.version, claims)) {
        const message = 'cache entry with the same key, version, and scope already exists';
        throw new TwirpError('already_exists', message);
      }
      const id = parts.nextId();
      const blobKey = `cache/${id}`;
      const [key, version] = [String(request.key), String(request.version)];
      entries.push({ id, key, version, scope, blobKey, finalized: false, size: 0 });
      return { ok: true, signed_upload_url: parts.signUrl(blobKey, { permission: 'write' }) };
    },
    FinalizeCacheEntryUpload(request, claims) {
      const entry = find(request.key, request.version, claims);
      if (!entry || entry.finalized) throw new TwirpError('not_found', 'cache entry not found');
      entry.size = requireSize(parts.blobs, entry.blobKey, request.size_bytes);
      entry.finalized = true;
      return { ok: true, entry_id: String(entry.id) };
    },
    GetCacheEntryDownloadURL(request, claims) {
      if (claims.readableScopes.length === 0) {
        throw new TwirpError(
          'permission_denied',
          'cache read denied: token has no readable scopes',
        );
      }
      const keys = [String(request.key), ...[request.restore_keys ?? []].flat()];
      const entry = match(entries, keys, String(request.version), claims.readableScopes);
      if (!entry) return { ok: false };
      const url = parts.signUrl(entry.blobKey, { permission: 'read' });
      return { ok: true, signed_download_url: url, matched_key: entry.key };
    },
  };
}

/** Own ref before the default branch; in each, the exact key, then the newest entry that a key begins. */
function match(
  entries: readonly CacheEntry[],
  keys: readonly string[],
  version: string,
  scopes: readonly string[],
): CacheEntry | undefined {
  for (const scope of scopes) {
    const usable = entries.filter(
      (entry) => entry.finalized && entry.version === version && entry.scope === scope,
    );
    const exact = usable.find((entry) => entry.key === keys[0]);
    if (exact) return exact;
    for (const key of keys) {
      const newest = usable.findLast((entry) => entry.key.startsWith(key));
      if (newest) return newest;
    }
  }
  return undefined;
}
