import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createOpenstackApi } from '../../src/adapters/openstack-api.ts';
import type { Tls } from '../../src/model/publication.ts';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';

const tls: Tls = { verify: true, caPath: '', certPath: '', keyPath: '' };
let server: LocalServer;
let controller: AbortController;

beforeAll(async () => {
  server = await startLocalServer();
});
afterAll(() => server.close());
afterEach(() => controller.abort());

function api(stallMs = 10_000) {
  controller = new AbortController();
  return createOpenstackApi(tls, { stallMs, signal: controller.signal });
}
const get = (path = '/v2/images', stallMs?: number) =>
  api(stallMs).call({ method: 'GET', url: `${server.url}${path}` });
const last = () => server.requests.at(-1);

/** How long something took, in milliseconds. */
async function measure<T>(work: Promise<T>): Promise<{ readonly value: T; readonly ms: number }> {
  const startMs = performance.now();
  const value = await work;
  return { value, ms: performance.now() - startMs };
}

describe('a call', () => {
  it('gives status, headers in lower case, and the body as JSON', async () => {
    server.serve((_, response) => {
      response.setHeader('X-OpenStack-Request-ID', 'req-1');
      response.setHeader('Retry-After', 7);
      response.setHeader('Set-Cookie', ['a', 'b']);
      response.writeHead(203).end('{"images": [{"name": "ü"}]}');
    });
    expect(await get('/v2/images?limit=2')).toEqual({
      kind: 'answer',
      status: 203,
      headers: expect.objectContaining({
        ...{ 'x-openstack-request-id': 'req-1', 'retry-after': '7', 'set-cookie': 'a,b' },
        date: expect.stringMatching(/GMT$/),
      }),
      body: { images: [{ name: 'ü' }] },
    });
    expect(last()).toMatchObject({ method: 'GET', path: '/v2/images?limit=2' });
    expect(last()?.headers).toMatchObject({ accept: 'application/json' });
    expect(last()?.headers).not.toHaveProperty('content-type');
  });

  it.each([
    ['', ''],
    ['<html>busy</html>', '<html>busy</html>'],
    ['{"cut": ', '{"cut": '],
    ['null', null],
    ['7', 7],
  ])('gives the body %j as %j', async (text, body) => {
    server.serve((_, response) => response.writeHead(500).end(text));
    expect(await get()).toMatchObject({ kind: 'answer', status: 500, body });
  });

  it('keeps characters whole that arrive in two pieces', async () => {
    server.serve((_, response) => {
      const bytes = Buffer.from('"ü"');
      response.write(bytes.subarray(0, 2), () => {
        setTimeout(() => response.end(bytes.subarray(2)), 50);
      });
    });
    expect(await get()).toMatchObject({ body: 'ü' });
  });

  it('sends a body as JSON, with the type that is asked for, and its length', async () => {
    const bodies: string[] = [];
    server.serve(async (request, response) => {
      for await (const chunk of request) bodies.push(String(chunk));
      response.end();
    });
    const url = `${server.url}/x`;
    const headers = { 'Content-Type': 'application/patch', 'X-Auth-Token': 't' };
    await api().call({ method: 'POST', url, body: { name: 'ü' } });
    await api().call({ method: 'PATCH', url, body: [], headers });
    expect(bodies).toEqual(['{"name":"ü"}', '[]']);
    const [post, patch] = server.requests.slice(-2);
    expect(post).toMatchObject({
      ...{ method: 'POST' },
      headers: { 'content-type': 'application/json', 'content-length': '13' },
    });
    expect(patch?.headers).toMatchObject({
      ...{ 'content-type': 'application/patch', 'content-length': '2', 'x-auth-token': 't' },
    });
  });

  it('follows no redirection: a token goes to the service that it is for', async () => {
    const other = await startLocalServer();
    server.serve((_, response) => response.writeHead(302, { Location: `${other.url}/` }).end());
    expect(await get()).toMatchObject({ kind: 'answer', status: 302 });
    expect(other.requests).toEqual([]);
    await other.close();
  });

  it('is made once, whatever is answered', async () => {
    const before = server.requests.length;
    server.serve((_, response) => response.writeHead(503).end());
    await get();
    server.serve((request) => request.socket.resetAndDestroy());
    await get();
    expect(server.requests.length - before).toBe(2);
  });
});

describe('a call without an answer', () => {
  it.each<[string, Parameters<LocalServer['serve']>[0]]>([
    ['is reset before it', (request) => request.socket.resetAndDestroy()],
    ['is closed before it', (request) => request.socket.destroy()],
    [
      'is cut in the middle of it',
      (_, response) => {
        response.writeHead(200, { 'Content-Length': '100' });
        response.write('{"a": ', () => response.destroy());
      },
    ],
    [
      'is reset in the middle of an answer without a length',
      (request, response) => response.write('[1', () => request.socket.resetAndDestroy()),
    ],
    ['is answered with something else than HTTP', (request) => request.socket.end('SSH-2.0\r\n')],
  ])('that %s, says why and does not throw', async (_, serve) => {
    server.serve(serve);
    const answer = await get();
    expect(answer).toEqual({ kind: 'no-answer', reason: expect.stringMatching(/\S/) });
  });

  it('is what a port is that nobody listens on', async () => {
    const answer = await api().call({ method: 'GET', url: 'http://127.0.0.1:1/' });
    expect(answer).toEqual({
      kind: 'no-answer',
      reason: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it.each<[string, Parameters<LocalServer['serve']>[0]]>([
    ['nothing is said', () => undefined],
    ['only the headers are said', (_, response) => response.flushHeaders()],
    ['only a part is said', (_, response) => response.write('[1, ')],
  ])('ends when nothing moves any more: %s', async (_, serve) => {
    server.serve(serve);
    const { value, ms } = await measure(get('/', 400));
    expect(value).toEqual({ kind: 'no-answer', reason: 'nothing came or went for 0.4 s' });
    expect(ms).toBeGreaterThan(350);
    expect(ms).toBeLessThan(4000);
  });

  it('is not what a slow answer is, of which a piece comes now and then', async () => {
    server.serve(async (_, response) => {
      for (const piece of ['[1', ',2', ',3', ',4', ']']) {
        await new Promise((resolve) => setTimeout(resolve, 500));
        response.write(piece);
      }
      response.end();
    });
    expect(await get('/', 1500)).toMatchObject({ status: 200, body: [1, 2, 3, 4] });
  });

  it('is what an answer is that has no end', async () => {
    server.serve(async (_, response) => {
      const chunk = Buffer.alloc(1 << 20, ' ');
      while (!response.destroyed) {
        if (!response.write(chunk))
          await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
      }
    });
    const answer = await get();
    expect(answer).toEqual({ kind: 'no-answer', reason: 'the answer has no end' });
  });
});

describe('a cancelled run', () => {
  it.each<[string, Parameters<LocalServer['serve']>[0]]>([
    ['waits for an answer', () => controller.abort()],
    ['has a part of it', (_, response) => response.write('[', () => controller.abort())],
  ])('ends a call at once that %s, and it throws', async (_, serve) => {
    server.serve(serve);
    const { value, ms } = await measure(get().catch((error: Error) => error));
    expect(value).toMatchObject({ name: 'AbortError' });
    expect(ms).toBeLessThan(3000);
  });

  it('makes no call any more', async () => {
    const before = server.requests.length;
    const own = api();
    controller.abort();
    const call = own.call({ method: 'GET', url: server.url });
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
    expect(server.requests.length).toBe(before);
  });
});

describe('the digest of an answer', () => {
  const content = Buffer.alloc(3_000_001, 'abc');
  const read = (
    algorithm: string,
    onRead: (bytes: number) => void = () => undefined,
    own = api(),
  ) => own.readDigest({ method: 'GET', url: `${server.url}/file` }, algorithm, onRead);

  it('is that of its bytes, which are counted', async () => {
    const counts: number[] = [];
    server.serve((_, response) => response.end(content));
    const { answer, digest } = await read('sha512', (bytes) => counts.push(bytes));
    const { createHash } = await import('node:crypto');
    expect(digest).toBe(createHash('sha512').update(content).digest('hex'));
    expect(answer).toMatchObject({ kind: 'answer', status: 200, body: null });
    expect(counts.at(-1)).toBe(content.length);
    expect(last()?.headers).toMatchObject({ accept: 'application/octet-stream' });
  });

  it.each([204, 206, 404, 500])('is none with status %d, whose body is told', async (status) => {
    server.serve((_, response) => response.writeHead(status).end(status === 204 ? '' : '{"a":1}'));
    expect(await read('sha512')).toMatchObject({
      ...{ answer: { kind: 'answer', status, body: status === 204 ? '' : { a: 1 } } },
      digest: null,
    });
  });

  it.each<[string, Parameters<LocalServer['serve']>[0]]>([
    [
      'is cut in the middle',
      (request, response) => {
        response.writeHead(200, { 'Content-Length': String(content.length) });
        response.write(content.subarray(0, 1000), () => request.socket.resetAndDestroy());
      },
    ],
    [
      'stalls in the middle',
      (_, response) => {
        response.writeHead(200, { 'Content-Length': String(content.length) });
        response.write(content.subarray(0, 1000));
      },
    ],
    ['never comes', () => undefined],
  ])('is none of an answer that %s', async (_, serve) => {
    server.serve(serve);
    const { value, ms } = await measure(read('sha512', undefined, api(500)));
    expect(value).toEqual({
      answer: { kind: 'no-answer', reason: expect.any(String) },
      digest: null,
    });
    expect(ms).toBeLessThan(4000);
  });

  it('throws when the run is cancelled meanwhile', async () => {
    server.serve((_, response) => response.write(content.subarray(0, 1000)));
    const reading = read('sha512', () => controller.abort());
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
  });
});

it('a cancelled call leaves no connection behind', async () => {
  let socket: Socket | undefined;
  server.serve((request) => {
    socket = request.socket;
    controller.abort();
  });
  await get().catch(() => null);
  if (socket?.destroyed === false) await once(socket, 'close');
  expect(socket?.destroyed).toBe(true);
});
