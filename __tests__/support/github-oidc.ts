import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject, randomBytes, randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A stand-in for GitHub's OIDC service: it gives tokens to jobs, and its keys to everybody. */
export interface GithubOidc {
  /** `https://127.0.0.1:PORT`, the claim `iss`. */
  readonly issuer: string;
  /** Path of the certificate that its readers have to trust. */
  readonly caPath: string;
  /** What a job with `permissions: id-token: write` finds in its environment. */
  readonly environment: Readonly<
    Record<'ACTIONS_ID_TOKEN_REQUEST_URL' | 'ACTIONS_ID_TOKEN_REQUEST_TOKEN', string>
  >;
  /** Every request so far, such as `GET /.well-known/jwks`. */
  readonly requests: readonly string[];
  /** A token for an audience, as a job would get it. */
  issue(audience: string, job?: Job): string;
  /** The tokens that are asked for from here on are those of this job. */
  become(job: Job): void;
  stop(): Promise<void>;
}

/** What is special about a job, or wrong with its token. */
export interface Job {
  readonly repository?: string;
  readonly ref?: string;
  /** In place of the audience that was asked for. */
  readonly audience?: string | readonly string[];
  /** Seconds from now to the end of the token; 300 unless given. */
  readonly lifeSeconds?: number;
  /** Whose key signs; that of `somebody` is published nowhere. */
  readonly signedBy?: 'github' | 'somebody';
  /** More claims, or other ones; undefined takes one away. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

const paths = { discovery: '/.well-known/openid-configuration', keys: '/.well-known/jwks' };

/** Starts it on two free ports of 127.0.0.1. */
export async function startGithubOidc(): Promise<GithubOidc> {
  const directory = mkdtempSync(join(tmpdir(), 'github-oidc-test-'));
  const caPath = join(directory, 'certificate.pem');
  const keys = { github: makeKey(), somebody: makeKey() };
  const keyId = randomUUID().toUpperCase();
  const bearer = randomBytes(24).toString('base64url');
  const requests: string[] = [];
  let current: Job = {};
  let issuer = '';
  const issue = (audience: string, job: Job = current): string =>
    signToken({ kid: keyId, x5t: keyId }, makeClaims(issuer, audience, job), {
      key: keys[job.signedBy ?? 'github'],
    });
  const documents = (path: string): object | null => {
    if (path === paths.discovery) return describeIssuer(issuer);
    if (path === paths.keys) return { keys: [describeKey(keys.github, keyId)] };
    return null;
  };
  const publish = createTlsServer(makeCertificate(directory, caPath), (request, response) => {
    note(requests, request);
    answer(response, documents(request.url ?? ''));
  });
  const give = createServer((request, response) => {
    note(requests, request);
    const { searchParams } = new URL(request.url ?? '', 'http://127.0.0.1');
    if (request.headers.authorization !== `Bearer ${bearer}`) return answer(response, null, 401);
    const value = issue(searchParams.get('audience') ?? 'https://github.com/example');
    answer(response, { count: value.length, value });
  });
  issuer = `https://127.0.0.1:${await listen(publish)}`;
  const url = `http://127.0.0.1:${await listen(give)}/token?api-version=2.0`;
  return {
    ...{ issuer, caPath, requests, issue },
    environment: { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer },
    become(job) {
      current = job;
    },
    async stop() {
      for (const server of [publish, give]) {
        const closed = once(server, 'close');
        server.close();
        server.closeAllConnections();
        await closed;
      }
      rmSync(directory, { recursive: true });
    },
  };
}

/** The claims of a job that was pushed; see "OpenID Connect reference" in GitHub's documentation. */
function makeClaims(issuer: string, audience: string, job: Job): object {
  const { repository = 'example/trove-images', ref = 'refs/heads/main', lifeSeconds = 300 } = job;
  const owner = repository.split('/')[0];
  const now = Math.floor(Date.now() / 1000);
  return {
    jti: randomUUID(),
    sub: `repo:${repository}:ref:${ref}`,
    aud: job.audience ?? audience,
    ref,
    sha: '5c1a0d2f4e3b6978a1b2c3d4e5f60718293a4b5c',
    repository,
    repository_owner: owner,
    repository_owner_id: '1001',
    repository_id: '2002',
    repository_visibility: 'private',
    run_id: '3003',
    run_number: '7',
    run_attempt: '1',
    actor: owner,
    actor_id: '1001',
    workflow: 'publish',
    head_ref: '',
    base_ref: '',
    event_name: 'push',
    ref_protected: 'true',
    ref_type: 'branch',
    runner_environment: 'github-hosted',
    workflow_ref: `${repository}/.github/workflows/publish.yml@${ref}`,
    job_workflow_ref: `${repository}/.github/workflows/publish.yml@${ref}`,
    iss: issuer,
    nbf: now + Math.min(lifeSeconds, 0) - 600,
    exp: now + lifeSeconds,
    iat: now + Math.min(lifeSeconds, 0) - 300,
    ...job.claims,
  };
}

function signToken(
  header: Readonly<Record<string, string>>,
  claims: object,
  { key }: { readonly key: KeyObject },
): string {
  const signed = [{ typ: 'JWT', alg: 'RS256', ...header }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
}

const makeKey = (): KeyObject => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;

function describeKey(key: KeyObject, id: string): object {
  const { kty, n, e } = key.export({ format: 'jwk' });
  return { kty, alg: 'RS256', use: 'sig', kid: id, x5t: id, n, e };
}

const describeIssuer = (issuer: string): object => ({
  issuer,
  jwks_uri: `${issuer}${paths.keys}`,
  subject_types_supported: ['public', 'pairwise'],
  response_types_supported: ['id_token'],
  claims_supported: ['sub', 'aud', 'exp', 'iat', 'iss', 'jti', 'nbf', 'ref', 'repository'],
  id_token_signing_alg_values_supported: ['RS256'],
  scopes_supported: ['openid'],
});

/** Keystone's side reads keys over TLS only. */
function makeCertificate(directory: string, certPath: string): { cert: Buffer; key: Buffer } {
  const keyPath = join(directory, 'key.pem');
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1'],
      ...['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'],
      ...['-keyout', keyPath, '-out', certPath],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  return { cert: readFileSync(certPath), key: readFileSync(keyPath) };
}

const note = (requests: string[], { method, url }: IncomingMessage): void =>
  void requests.push(`${method} ${url}`);

function answer(response: ServerResponse, body: object | null, status = 404): void {
  response.writeHead(body === null ? status : 200, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body ?? { message: 'no' }));
}

async function listen(server: ReturnType<typeof createServer>): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
