import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createIdTokens } from '../../src/adapters/id-tokens.ts';
import { type GithubOidc, startGithubOidc } from '../support/github-oidc.ts';

const audience = 'https://keystone.example.org/v3?a=b&c';

describe("GitHub's own tokens", () => {
  let github: GithubOidc;
  beforeAll(async () => {
    github = await startGithubOidc();
  });
  afterAll(() => github.stop());

  it('are there for a job that may have them only', () => {
    const { ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN } = github.environment;
    expect(createIdTokens({})).toBeNull();
    expect(createIdTokens({ ACTIONS_ID_TOKEN_REQUEST_URL })).toBeNull();
    expect(createIdTokens({ ACTIONS_ID_TOKEN_REQUEST_TOKEN })).toBeNull();
  });

  it('are for the audience that is asked for, whatever its letters', async () => {
    const token = await createIdTokens(github.environment)?.(audience);
    const claims = JSON.parse(Buffer.from(token?.split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({ aud: audience, iss: github.issuer });
  });

  it('are not given to whoever has another bearer, who is told so at once', async () => {
    const other = { ...github.environment, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'guessed' };
    const asked = github.requests.length;
    await expect(createIdTokens(other)?.(audience)).rejects.toMatchObject({
      kind: 'publish',
      problems: [{ code: 'oidc-not-given', message: expect.stringContaining('answers 401') }],
    });
    expect(github.requests.length).toBe(asked + 1);
  });
});

describe("a service of GitHub's that is in trouble", () => {
  const answers: [number, string][] = [];
  const server = createServer((_request, response) => {
    const [status, body] = answers.shift() ?? [404, ''];
    response.writeHead(status).end(body);
  });
  let ask: ReturnType<typeof createIdTokens>;

  beforeEach(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    ask = createIdTokens({
      ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${port}/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'bearer',
    });
  });
  afterEach(async () => {
    server.close();
    await once(server, 'close');
  });

  it('is asked again', async () => {
    answers.push([503, 'busy'], [200, '{"value": "a.b.c"}']);
    expect(await ask?.(audience)).toBe('a.b.c');
  }, 20_000);

  it.each(['<html>', '{"value": 1}', '{}'])('has given no token when it says %s', async (text) => {
    answers.push([200, text]);
    await expect(ask?.(audience)).rejects.toMatchObject({
      problems: [{ code: 'oidc-not-given' }],
    });
    expect(answers).toEqual([]);
  });
});
