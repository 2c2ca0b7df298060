import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createWeb } from '../../src/adapters/web.ts';

let server: Server;
let url = '';
let requests: string[] = [];
let answer: RequestListener = (_, response) => void response.end('fine');
let controller: AbortController;

beforeEach(async () => {
  requests = [];
  controller = new AbortController();
  server = createServer((request, response) => {
    requests.push(request.url ?? '');
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
});

const get = (path = '/index', timeoutMs = 5000) =>
  createWeb(controller.signal).get(`${url}${path}`, timeoutMs);
const statuses = (...codes: number[]): void => {
  answer = (_, response) => {
    const code = codes.length > 1 ? codes.shift() : codes[0];
    response.writeHead(code ?? 200).end(`body of ${code}`);
  };
};

describe('asking a server', () => {
  it('gives the bytes of the answer', async () => {
    const bytes = Buffer.from([0, 1, 0xff, 0xfe, 10]);
    answer = (_, response) => void response.end(bytes);
    const got = await get();
    expect(got.ok && Buffer.from(got.body).equals(bytes)).toBe(true);
  });

  it('tells the status of a refusal, and asks once only', async () => {
    statuses(404);
    expect(await get()).toEqual({ ok: false, status: 404, reason: 'HTTP status 404' });
    expect(requests).toHaveLength(1);
  });

  it.each([500, 503, 429])('asks again after %d', async (status) => {
    statuses(status, 200);
    expect(await get()).toMatchObject({ ok: true });
    expect(requests).toHaveLength(2);
  });

  it('gives up after the third trouble, within the deadlines, and names the last one', async () => {
    answer = (request, response) => {
      if (request.url === '/502') response.writeHead(502).end();
      if (request.url === '/endless') response.write('a part');
    };
    const startedAt = performance.now();
    const answers = await Promise.all([
      get('/502'),
      get('/silent', 300),
      get('/endless', 300),
      createWeb(controller.signal).get('http://127.0.0.1:1/', 5000),
    ]);
    expect(performance.now() - startedAt).toBeLessThan(3 * 300 + 3000 + 1500);
    expect(answers).toEqual([
      { ok: false, status: 502, reason: 'HTTP status 502' },
      { ok: false, status: null, reason: expect.stringMatching(/deadline|timeout/) },
      { ok: false, status: null, reason: expect.stringMatching(/deadline|timeout/) },
      { ok: false, status: null, reason: expect.stringContaining('ECONNREFUSED') },
    ]);
    for (const path of ['/502', '/silent', '/endless']) {
      expect(requests.filter((each) => each === path)).toHaveLength(3);
    }
  });

  it('follows a redirection', async () => {
    answer = (request, response) => {
      if (request.url === '/index') response.writeHead(302, { location: '/moved' }).end();
      else response.end('there');
    };
    expect(await get()).toMatchObject({ ok: true });
    expect(requests).toEqual(['/index', '/moved']);
  });

  it('asks again when the connection breaks in the middle of the answer', async () => {
    let broken = false;
    answer = (_, response) => {
      if (broken) return void response.end('whole');
      broken = true;
      response.writeHead(200, { 'content-length': '100' });
      response.write('part', () => response.destroy());
    };
    const got = await get('/index', 2000);
    expect(got.ok && Buffer.from(got.body).toString()).toBe('whole');
  });

  it('stops at once when the build is cancelled', async () => {
    answer = () => controller.abort();
    const startedAt = performance.now();
    expect(await get('/index', 20_000)).toMatchObject({ ok: false });
    expect(performance.now() - startedAt).toBeLessThan(1000);
    expect(requests).toHaveLength(1);
  });
});
