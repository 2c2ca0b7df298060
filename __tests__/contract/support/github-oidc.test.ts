import { execFile } from 'node:child_process';
import { createPublicKey, type JsonWebKey, verify } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { json } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { projectDirectory } from '../../support/checkout.ts';
import { type GithubOidc, startGithubOidc } from '../../support/github-oidc.ts';

const execute = promisify(execFile);
const audience = 'keystone.example.org';

interface Token {
  readonly header: Record<string, unknown>;
  readonly claims: Record<string, unknown>;
}
const read = (token: string): Token => {
  const parts = token.split('.').map((part) => Buffer.from(part, 'base64url').toString());
  return { header: JSON.parse(parts[0] as string), claims: JSON.parse(parts[1] as string) };
};

describe("the stand-in for GitHub's OIDC service", () => {
  let github: GithubOidc;
  beforeAll(async () => {
    github = await startGithubOidc();
  });
  beforeEach(() => github.become({}));
  afterAll(() => github.stop());

  /** A document, read over TLS with its certificate. */
  const readDocument = async (url: string): Promise<Record<string, unknown>> => {
    const request = get(url, { ca: readFileSync(github.caPath) });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(200);
    return (await json(response)) as Record<string, unknown>;
  };
  /** Whether the published keys made the signature. */
  const isSigned = async (token: string): Promise<boolean> => {
    const { jwks_uri } = await readDocument(`${github.issuer}/.well-known/openid-configuration`);
    const { keys } = (await readDocument(String(jwks_uri))) as { keys: { kid: string }[] };
    const [header = '', payload = '', signature = ''] = token.split('.');
    const jwk = keys.find(({ kid }) => kid === read(token).header.kid);
    const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
    const signed = Buffer.from(`${header}.${payload}`);
    return verify('sha256', signed, key, Buffer.from(signature, 'base64url'));
  };
  /** A token by way of GitHub's own library, in a process of its own: it prints workflow commands. */
  const request = async (environment: Readonly<Record<string, string>> = {}): Promise<string> => {
    const program = `import { getIDToken } from '@actions/core';
      console.log('\\nTOKEN ' + await getIDToken('${audience}'));`;
    const { stdout } = await execute(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: projectDirectory,
      env: { ...github.environment, ...environment },
    });
    return /^TOKEN (\S+)$/m.exec(stdout)?.[1] ?? '';
  };

  it("gives a token for the audience to GitHub's own library", async () => {
    const token = await request();
    const { header, claims } = read(token);
    expect(header).toMatchObject({ typ: 'JWT', alg: 'RS256' });
    expect(claims).toMatchObject({
      iss: github.issuer,
      aud: audience,
      sub: 'repo:example/trove-images:ref:refs/heads/main',
      repository: 'example/trove-images',
      ref: 'refs/heads/main',
      job_workflow_ref: 'example/trove-images/.github/workflows/publish.yml@refs/heads/main',
    });
    expect(await isSigned(token)).toBe(true);
    expect(github.requests).toContain(`GET /token?api-version=2.0&audience=${audience}`);
  });

  it('gives none to whoever has another bearer', async () => {
    const wrong = request({ ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'guessed' });
    await expect(wrong).rejects.toThrow('401');
  });

  it('speaks for another job from when it is told to', async () => {
    github.become({ repository: 'example/other', ref: 'refs/heads/topic', audience: 'other' });
    const { claims } = read(await request());
    expect(claims).toMatchObject({
      aud: 'other',
      sub: 'repo:example/other:ref:refs/heads/topic',
      repository_owner: 'example',
    });
  });

  it('makes tokens that have ended, have other claims, or lack one', () => {
    const now = Date.now() / 1000;
    const { claims } = read(github.issue(audience, { lifeSeconds: -60 }));
    expect(claims.exp).toBeLessThan(now - 59);
    expect(Number(claims.iat)).toBeLessThan(Number(claims.exp));
    const odd = { environment: 'production', ref: undefined };
    const other = read(github.issue(audience, { claims: odd })).claims;
    expect(other).toMatchObject({ environment: 'production' });
    expect(other).not.toHaveProperty('ref');
    expect(read(github.issue(audience)).claims.exp).toBeGreaterThan(now + 290);
  });

  it('signs with a key that it does not publish, under the name of the one that it does', async () => {
    const forged = github.issue(audience, { signedBy: 'somebody' });
    expect(read(forged).header).toEqual(read(github.issue(audience)).header);
    expect(await isSigned(forged)).toBe(false);
  });

  it('leaves nothing', async () => {
    const other = await startGithubOidc();
    expect(existsSync(other.caPath)).toBe(true);
    await other.stop();
    expect(existsSync(other.caPath)).toBe(false);
    await expect(fetch(other.environment.ACTIONS_ID_TOKEN_REQUEST_URL)).rejects.toThrow();
  });
});
