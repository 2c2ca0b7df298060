import { describe, expect, it } from '@jest/globals';
import type { CloudAccess } from '../../src/model/publication.ts';
import type { ApiAnswer } from '../../src/ports/api.ts';
import { authorize, authorizeOnce, createSession } from '../../src/stages/authorize.ts';
import { answerWith, fakeAccess, fakeApi, noAnswer } from './fake-api.ts';

const minute = 60_000;
const request = { method: 'GET', url: 'http://glance/v2/images' } as const;
const file = { path: '/out/a', sizeBytes: 9 };
const watch = { onSent: () => undefined, beforeEnd: async () => undefined };

/** A session whose renewals give the tokens renewed-1, renewed-2, … */
function makeSession(first: Partial<CloudAccess> = {}) {
  let renewals = 0;
  const session = createSession({ ...fakeAccess, ...first }, async (old) => {
    renewals += 1;
    return { ...old, token: `renewed-${renewals}`, expiresAtMs: null };
  });
  return { session, renewals: () => renewals };
}

/** Services that know these tokens only. */
const serviceOf = (...known: readonly string[]) =>
  fakeApi(({ headers }) =>
    known.includes(headers?.['X-Auth-Token'] ?? '') ? answerWith(200, 'fine') : answerWith(401),
  );
const tokensOf = ({ requests }: ReturnType<typeof serviceOf>) =>
  requests.map(({ headers }) => headers?.['X-Auth-Token']);

describe('every request', () => {
  it('has the token beside its own headers, and is made once when it is known', async () => {
    const api = serviceOf('first');
    const own = authorize(api, makeSession().session, () => 0);
    await own.call({ ...request, headers: { 'Content-Type': 'x' } });
    await own.sendFile({ ...request, method: 'PUT' }, file, watch);
    await own.readDigest(request, 'sha512', () => undefined);
    expect(api.requests.map(({ method }) => method)).toEqual(['GET', 'PUT', 'GET']);
    expect(tokensOf(api)).toEqual(['first', 'first', 'first']);
    expect(api.requests[0]?.headers).toMatchObject({ 'Content-Type': 'x' });
  });

  it('has no token where the cloud is used without a login, and is not made again', async () => {
    const api = serviceOf();
    const { session, renewals } = makeSession({ token: '' });
    expect(await authorize(api, session, () => 0).call(request)).toMatchObject({ status: 401 });
    expect([api.requests.length, renewals()]).toEqual([1, 0]);
    expect(api.requests[0]?.headers).not.toHaveProperty('X-Auth-Token');
  });
});

describe('a token that a service does not know any more', () => {
  it('is renewed once, for a call, an upload and a reading alike', async () => {
    for (const kind of ['call', 'sendFile', 'readDigest'] as const) {
      const api = serviceOf('renewed-1');
      const { session, renewals } = makeSession();
      const own = authorize(api, session, () => 0);
      if (kind === 'call') expect(await own.call(request)).toMatchObject({ status: 200 });
      else if (kind === 'sendFile')
        expect(await own.sendFile(request, file, watch)).toMatchObject({ status: 200 });
      else await own.readDigest(request, 'sha512', () => undefined);
      expect([tokensOf(api), renewals()]).toEqual([['first', 'renewed-1'], 1]);
      expect(session.access.token).toBe('renewed-1');
    }
  });

  it('is not renewed twice for one request: a service that knows none is told of', async () => {
    const api = serviceOf();
    const { session, renewals } = makeSession();
    expect(await authorize(api, session, () => 0).call(request)).toMatchObject({ status: 401 });
    expect([api.requests.length, renewals()]).toEqual([2, 1]);
  });

  it('is renewed once for all who ask at the same time', async () => {
    const api = serviceOf('renewed-1');
    const { session, renewals } = makeSession();
    const own = authorize(api, session, () => 0);
    const answers = await Promise.all(Array.from({ length: 5 }, () => own.call(request)));
    expect(answers).toEqual(answers.map(() => answerWith(200, 'fine')));
    expect(renewals()).toBe(1);
  });

  it('is renewed again when the next one ends, too', async () => {
    const known = ['first'];
    const api = fakeApi(({ headers }) =>
      known.includes(headers?.['X-Auth-Token'] ?? '') ? answerWith(200) : answerWith(401),
    );
    const { session, renewals } = makeSession();
    const own = authorize(api, session, () => 0);
    for (const next of ['renewed-1', 'renewed-2']) {
      known.splice(0, 1, next);
      expect(await own.call(request)).toMatchObject({ status: 200 });
    }
    expect(renewals()).toBe(2);
  });

  it('that cannot be renewed ends the request with the reason, and may be tried again', async () => {
    let tries = 0;
    const session = createSession(fakeAccess, async (old) => {
      tries += 1;
      if (tries === 1) throw new Error('Keystone is down');
      return { ...old, token: 'renewed' };
    });
    const own = authorize(serviceOf('renewed'), session, () => 0);
    await expect(own.call(request)).rejects.toThrow('Keystone is down');
    expect(await own.call(request)).toMatchObject({ status: 200 });
  });

  it.each<[string, ApiAnswer]>([
    ['403', answerWith(403)],
    ['404', answerWith(404)],
    ['503', answerWith(503)],
    ['no answer', noAnswer],
  ])('is not the cause of %s', async (_, answer) => {
    const { session, renewals } = makeSession();
    const own = authorize(
      fakeApi(() => answer),
      session,
      () => 0,
    );
    expect(await own.call(request)).toEqual(answer);
    expect(renewals()).toBe(0);
  });
});

describe('before an upload', () => {
  it.each<[string, number | null, readonly string[]]>([
    ['a token that ends soon is renewed', 19 * minute, ['renewed-1']],
    ['a token that has ended is renewed', -minute, ['renewed-1']],
    ['a token that lasts long enough is kept', 21 * minute, ['first']],
    ['a token without an end is kept', null, ['first']],
  ])('%s', async (_, lifeMs, tokens) => {
    const nowMs = 1_000_000;
    const expiresAtMs = lifeMs === null ? null : nowMs + lifeMs;
    const api = serviceOf('first', 'renewed-1');
    const own = authorize(api, makeSession({ expiresAtMs }).session, () => nowMs);
    await own.sendFile({ ...request, method: 'PUT' }, file, watch);
    expect(tokensOf(api)).toEqual(tokens);
  });

  it('and before nothing else: a look does not wait for a login', async () => {
    const api = serviceOf('first');
    const { session, renewals } = makeSession({ expiresAtMs: minute });
    await authorize(api, session, () => 0).call(request);
    expect(renewals()).toBe(0);
  });
});

it("Trove's 401 renews nothing: it is what whoever is no administrator gets", async () => {
  const api = serviceOf();
  const { session, renewals } = makeSession();
  const own = authorizeOnce(api, session);
  expect(await own.call({ ...request, headers: { a: 'b' } })).toMatchObject({ status: 401 });
  expect([tokensOf(api), renewals()]).toEqual([['first'], 0]);
  await session.renew();
  await own.call(request);
  expect(tokensOf(api)).toEqual(['first', 'renewed-1']);
});
