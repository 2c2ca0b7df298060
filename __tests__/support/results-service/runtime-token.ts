import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a job's token says: which run and job it is, and what its cache scopes allow. */
export interface TokenOptions {
  runId?: string;
  jobId?: string;
  /** The ref that the job runs on; its cache entries are written under it. */
  ref?: string;
  /** The default branch, whose cache entries every ref may read. */
  defaultRef?: string;
  cache?: 'none' | 'read' | 'write';
  /** Seconds since the epoch. */
  expiresAt?: number;
}

export interface Claims {
  runId: string;
  jobId: string;
  readableScopes: string[];
  writableScopes: string[];
}

interface CacheScope {
  Scope: string;
  Permission: number;
}

const READ = 1;
const WRITE = 2;
const SIX_HOURS_SECONDS = 6 * 3600;

/** Makes the runtime token of a job, in the shape that the clients decode (`scp`) and the service reads (`ac`). */
export function makeRuntimeToken(key: Buffer, options: TokenOptions = {}): string {
  const {
    runId = '11111111-1111-4111-8111-111111111111',
    jobId = '22222222-2222-4222-8222-222222222222',
    ref = 'refs/heads/main',
    defaultRef = 'refs/heads/main',
    cache = 'write',
    expiresAt = Math.floor(Date.now() / 1000) + SIX_HOURS_SECONDS,
  } = options;
  const scopes: CacheScope[] = [];
  if (cache !== 'none') {
    scopes.push({ Scope: ref, Permission: cache === 'write' ? READ | WRITE : READ });
    if (ref !== defaultRef) scopes.push({ Scope: defaultRef, Permission: READ });
  }
  const signed = [
    { alg: 'HS256', typ: 'JWT' },
    { scp: `Actions.Results:${runId}:${jobId}`, ac: JSON.stringify(scopes), exp: expiresAt },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${signed}.${sign(key, signed)}`;
}

/** Reads a token back; undefined when it is malformed, forged, expired or names no job. */
export function readRuntimeToken(
  key: Buffer,
  authorization: string | undefined,
): Claims | undefined {
  const match = /^Bearer (([\w-]+)\.([\w-]+))\.([\w-]+)$/.exec(authorization ?? '');
  if (!match) return undefined;
  const [, signed = '', , payloadText = '', signature = ''] = match;
  const expected = Buffer.from(sign(key, signed));
  const given = Buffer.from(signature);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const payload = JSON.parse(Buffer.from(payloadText, 'base64url').toString()) as {
    scp: string;
    ac: string;
    exp: number;
  };
  if (payload.exp * 1000 <= Date.now()) return undefined;
  const [, runId, jobId] = /(?:^| )Actions\.Results:([^: ]+):([^: ]+)/.exec(payload.scp) ?? [];
  if (!runId || !jobId) return undefined;
  const scopes = JSON.parse(payload.ac) as CacheScope[];
  const having = (permission: number): string[] =>
    scopes.filter((scope) => (scope.Permission & permission) !== 0).map((scope) => scope.Scope);
  return { runId, jobId, readableScopes: having(READ), writableScopes: having(WRITE) };
}

function sign(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url');
}
