import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a signed address lets its holder do with one blob. */
export type Permission = 'read' | 'write';

export interface SignOptions {
  permission: Permission;
  /** The type and disposition that a download answers with, whatever the blob was stored as. */
  contentType?: string;
  disposition?: string;
  ttlSeconds?: number;
}

const SIGNED_FIELDS = ['sp', 'se', 'rsct', 'rscd'] as const;
const LETTERS = { read: 'r', write: 'cw' } satisfies Record<Permission, string>;

/** Makes a query in the shape of a shared access signature: whoever holds it needs no token. */
export function signBlobQuery(key: Buffer, blobKey: string, options: SignOptions): string {
  const expiresAt = new Date(Date.now() + (options.ttlSeconds ?? 3600) * 1000);
  const query = new URLSearchParams({
    sr: 'b',
    sp: LETTERS[options.permission],
    se: expiresAt.toISOString(),
  });
  if (options.contentType) query.set('rsct', options.contentType);
  if (options.disposition) query.set('rscd', options.disposition);
  query.set('sig', sign(key, blobKey, query));
  return query.toString();
}

/** The storage error code for a query that does not allow the permission; undefined when it does. */
export function refuseBlobQuery(
  key: Buffer,
  blobKey: string,
  query: URLSearchParams,
  permission: Permission,
): string | undefined {
  const given = Buffer.from(query.get('sig') ?? '');
  const expected = Buffer.from(sign(key, blobKey, query));
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    return 'AuthenticationFailed';
  }
  if (Date.parse(query.get('se') ?? '') <= Date.now()) return 'AuthenticationFailed';
  return query.get('sp') === LETTERS[permission] ? undefined : 'AuthorizationPermissionMismatch';
}

function sign(key: Buffer, blobKey: string, query: URLSearchParams): string {
  const fields = SIGNED_FIELDS.map((field) => query.get(field) ?? '');
  return createHmac('sha256', key)
    .update([blobKey, ...fields].join('\n'))
    .digest('base64');
}
