import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
  type Server,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Fault } from '../../support/fault-proxy/faults.ts';
import { type FaultProxy, startFaultProxy } from '../../support/fault-proxy.ts';

/** What the server behind the proxy has got. */
interface Arrival {
  readonly method: string;
  readonly path: string;
  readonly rawHeaders: readonly string[];
  bytes: number;
  sha256: string | null;
  isAborted: boolean;
}

let server: Server;
let arrivals: Arrival[];
let proxy: FaultProxy;

/** A server that takes bodies, refuses `/no` before the body, and answers `/early` in the middle of it. */
beforeEach(async () => {
  arrivals = [];
  server = createServer((request, response) => {
    const arrival: Arrival = {
      ...{ method: request.method ?? '', path: request.url ?? '', rawHeaders: request.rawHeaders },
      ...{ bytes: 0, sha256: null, isAborted: false },
    };
    arrivals.push(arrival);
    const hash = createHash('sha256');
    request.on('data', (chunk: Buffer) => {
      arrival.bytes += chunk.length;
      hash.update(chunk);
      if (request.url === '/early' && !response.headersSent) {
        response.writeHead(413);
        response.end('too large');
      }
    });
    request.on('error', () => {
      arrival.isAborted = true;
    });
    request.on('end', () => {
      if (response.headersSent) return;
      arrival.sha256 = hash.digest('hex');
      response.writeHead(200, [
        ...['Openstack-Image-Import-Methods', 'glance-direct'],
        ...['Date', 'Wed, 25 Nov 2026 12:00:00 GMT', 'X-Two', '1', 'X-Two', '2'],
      ]);
      response.end(JSON.stringify({ os_hash_value: 'abc', got: arrival.bytes }));
    });
  });
  server.on('checkContinue', (request, response) => {
    if (request.url === '/no') {
      response.writeHead(409, { Connection: 'close' });
      response.end('no');
      return;
    }
    response.writeContinue();
    server.emit('request', request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await startFaultProxy(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

afterEach(async () => {
  await proxy.close();
  server.closeAllConnections();
  server.close();
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: readonly string[];
  readonly body: string;
  readonly isContinued: boolean;
}

/** One request through the proxy; rejects when the connection breaks. */
async function ask(
  method: string,
  path: string,
  body: Buffer | Readable = Buffer.alloc(0),
  options: RequestOptions = {},
): Promise<Answer> {
  const request = httpRequest(`${proxy.url}${path}`, { method, ...options });
  let isContinued = false;
  const answered = once(request, 'response');
  answered.catch(() => undefined);
  if (options.headers !== undefined && 'Expect' in options.headers) {
    request.flushHeaders();
    const goesOn = once(request, 'continue').then(() => true);
    isContinued = await Promise.race([goesOn, answered.then(() => false)]);
  }
  if (options.headers === undefined || isContinued || !('Expect' in options.headers)) {
    const chunks = Buffer.isBuffer(body) ? Readable.from([body]) : body;
    pipeline(chunks, request).catch(() => undefined);
  }
  const [response] = (await answered) as [IncomingMessage];
  const { statusCode: status = 0, headers, rawHeaders } = response;
  return { status, headers, rawHeaders, body: await text(response), isContinued };
}

const put = (body: Buffer, path = '/v2/images/1/file') =>
  ask('PUT', path, body, { headers: { 'Content-Length': body.length } });
const plan = (effect: Fault['effect'], more: Partial<Fault> = {}): void =>
  proxy.setFaults([{ method: 'PUT', path: /file$/, effect, ...more }]);
const sha256 = (body: Buffer): string => createHash('sha256').update(body).digest('hex');
const content = randomBytes(3_000_000);

describe('the fault proxy without faults', () => {
  it('passes bodies in both directions as they are, and keeps a record', async () => {
    const { status, body } = await put(content);
    expect({ status, body: JSON.parse(body) }).toMatchObject({ status: 200, body: { got: 3e6 } });
    expect(arrivals).toMatchObject([{ method: 'PUT', sha256: sha256(content) }]);
    expect(proxy.requests).toEqual([
      { method: 'PUT', path: '/v2/images/1/file', status: 200, bodyBytes: 3e6, isHit: false },
    ]);
  });

  it('passes bodies without a length', async () => {
    const chunks = Readable.from([content.subarray(0, 1e6), content.subarray(1e6)]);
    expect((await ask('PUT', '/chunked', chunks)).status).toBe(200);
    expect(arrivals[0]?.sha256).toBe(sha256(content));
  });

  it('passes methods, queries and the spelling of header names', async () => {
    const headers = { 'X-Auth-Token': 'abc', 'Content-Type': 'application/json' };
    const answer = await ask('PATCH', '/a?tag=x&tag=y%20z', Buffer.from('[]'), {
      headers: { ...headers, 'Content-Length': 2 },
    });
    expect(arrivals[0]).toMatchObject({ method: 'PATCH', path: '/a?tag=x&tag=y%20z', bytes: 2 });
    expect(arrivals[0]?.rawHeaders).toEqual(expect.arrayContaining(['X-Auth-Token', 'abc']));
    expect(answer.rawHeaders).toEqual(
      expect.arrayContaining(['Openstack-Image-Import-Methods', 'glance-direct']),
    );
    expect(answer.rawHeaders.join(' ')).toContain('X-Two 1 X-Two 2');
    expect(answer.rawHeaders.filter((name) => name === 'Date')).toHaveLength(1);
    expect(answer.headers.date).toBe('Wed, 25 Nov 2026 12:00:00 GMT');
  });

  it('passes 100 Continue when the server says it, and a refusal before the body', async () => {
    const headers = { 'Content-Length': content.length, Expect: '100-continue' };
    const good = await ask('PUT', '/yes', content, { headers });
    expect(good).toMatchObject({ status: 200, isContinued: true });
    expect(arrivals[0]?.sha256).toBe(sha256(content));
    const bad = await ask('PUT', '/no', content, { headers });
    expect(bad).toMatchObject({ status: 409, body: 'no', isContinued: false });
  });

  it('passes an answer that comes in the middle of the body', async () => {
    const { status, body } = await put(Buffer.alloc(50_000_000), '/early');
    expect({ status, body }).toEqual({ status: 413, body: 'too large' });
  });

  it('breaks the connection to the server when the client breaks its own', async () => {
    const request = httpRequest(`${proxy.url}/file`, {
      method: 'PUT',
      headers: { 'Content-Length': 1000 },
    });
    request.on('error', () => undefined);
    request.write(Buffer.alloc(500));
    while (arrivals[0]?.bytes !== 500) await sleep(5);
    request.destroy();
    while (!arrivals[0].isAborted) await sleep(5);
    expect(proxy.requests).toMatchObject([{ status: null, bodyBytes: 500 }]);
  });

  it('breaks the connection to the client when the server is not there', async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    await expect(put(content)).rejects.toThrow();
    expect(proxy.requests).toMatchObject([{ status: null }]);
  });

  it('holds no body in memory', async () => {
    const chunk = randomBytes(1 << 20);
    const sizeBytes = 400 * chunk.length;
    let mostBytes = 0;
    const chunks = Readable.from(
      (function* () {
        for (let sent = 0; sent < 400; sent += 1) {
          mostBytes = Math.max(mostBytes, process.memoryUsage().rss);
          yield chunk;
        }
      })(),
    );
    const before = process.memoryUsage().rss;
    await ask('PUT', '/file', chunks, { headers: { 'Content-Length': sizeBytes } });
    expect(arrivals[0]?.bytes).toBe(sizeBytes);
    expect(mostBytes - before).toBeLessThan(150e6);
  });
});

describe('a fault of the proxy', () => {
  it.each([
    [0, 0],
    [50, 1_500_000],
    [99, 2_970_000],
    [100, 3_000_000],
  ])('that answers after %s %% lets the server have %s bytes', async (at, bytes) => {
    plan({ kind: 'answer', at, status: 503, headers: { 'Retry-After': '1' } });
    const { status, headers } = await put(content);
    expect({ status, retry: headers['retry-after'] }).toEqual({ status: 503, retry: '1' });
    expect(proxy.requests).toMatchObject([{ status: 503, isHit: true }]);
    if (at === 0) return expect(arrivals).toEqual([]);
    while (at < 100 && !arrivals[0]?.isAborted) await sleep(5);
    expect(arrivals).toMatchObject([{ sha256: at === 100 ? sha256(content) : null }]);
    expect(arrivals[0]?.bytes).toBeGreaterThan(bytes - 200_000);
    expect(arrivals[0]?.bytes).toBeLessThanOrEqual(bytes);
  });

  it.each([0, 50, 99])('that resets after %s %% breaks both connections', async (at) => {
    plan({ kind: 'reset', at });
    await expect(put(content)).rejects.toMatchObject({ code: 'ECONNRESET' });
    while (at > 0 && !arrivals[0]?.isAborted) await sleep(5);
    expect(arrivals).toHaveLength(at === 0 ? 0 : 1);
    expect(proxy.requests).toMatchObject([{ status: null, isHit: true }]);
  });

  it('that resets in the middle does not wait for the rest of the body', async () => {
    plan({ kind: 'reset', at: 50 });
    const headers = { 'Content-Length': 1000 };
    const request = httpRequest(`${proxy.url}/file`, { method: 'PUT', headers });
    const broken = once(request, 'response');
    request.write(Buffer.alloc(600));
    await expect(broken).rejects.toMatchObject({ code: 'ECONNRESET' });
    while (arrivals[0]?.bytes !== 500) await sleep(5);
  });

  it('that loses an answer lets the server do all the work', async () => {
    plan({ kind: 'reset', at: 100 });
    await expect(put(content)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(arrivals).toMatchObject([{ sha256: sha256(content) }]);
  });

  it.each([0, 40, 100])('that stalls after %s %% says nothing and closes nothing', async (at) => {
    plan({ kind: 'stall', at });
    const answer = put(content).catch(({ code }) => code);
    expect(await Promise.race([answer, sleep(300, 'nothing')])).toBe('nothing');
    expect(arrivals[0]?.isAborted).toBe(at === 0 ? undefined : false);
    expect(arrivals[0]?.bytes).toBe(at === 0 ? undefined : content.length * (at / 100));
    await proxy.close();
    expect(await answer).toBe('ECONNRESET');
    proxy = await startFaultProxy('http://127.0.0.1:1');
  });

  it('that answers before the body does so for who waits for 100 Continue, too', async () => {
    plan({ kind: 'answer', at: 0, status: 401 });
    const headers = { 'Content-Length': content.length, Expect: '100-continue' };
    const answer = await ask('PUT', '/file', content, { headers });
    expect(answer).toMatchObject({ status: 401, isContinued: false });
  });

  it.each([0, 1_234_567, -1])('that turns a bit over at %s turns over one', async (atByte) => {
    plan({ kind: 'flip', atByte });
    expect((await put(content)).status).toBe(200);
    const damaged = Buffer.from(content);
    const place = (atByte + content.length) % content.length;
    damaged[place] = (damaged[place] ?? 0) ^ 1;
    expect(arrivals).toMatchObject([{ bytes: content.length, sha256: sha256(damaged) }]);
  });

  it('that is slow lets so many bytes through in a second', async () => {
    plan({ kind: 'slow', bytesPerSecond: 6_000_000 });
    const startedAt = performance.now();
    await put(content);
    expect(performance.now() - startedAt).toBeGreaterThan(450);
    expect(arrivals[0]?.sha256).toBe(sha256(content));
  });

  it('that delays a request lets it through later', async () => {
    plan({ kind: 'delay', delayMs: 300 });
    const answer = put(content);
    await sleep(150);
    expect(arrivals).toEqual([]);
    expect((await answer).status).toBe(200);
  });

  it('that holds a request lets it through when something else has happened', async () => {
    let happen: () => void = () => undefined;
    const until = new Promise<void>((resolve) => {
      happen = resolve;
    });
    plan({ kind: 'hold', until });
    const answer = put(content);
    await sleep(100);
    expect(arrivals).toEqual([]);
    happen();
    expect((await answer).status).toBe(200);
  });

  it('that edits an answer changes its text and its length', async () => {
    plan({ kind: 'edit', edit: (body) => body.replace('abc', 'another') });
    const { status, headers, body } = await put(content);
    expect(JSON.parse(body)).toMatchObject({ os_hash_value: 'another', got: content.length });
    expect({ status, length: headers['content-length'] }).toEqual({
      status: 200,
      length: String(body.length),
    });
  });

  it('that sets the clock ahead changes the date of the answer alone', async () => {
    plan({ kind: 'clock', aheadMs: 660_000 });
    const { headers, body } = await put(content);
    expect(headers.date).toBe('Wed, 25 Nov 2026 12:11:00 GMT');
    expect(JSON.parse(body)).toMatchObject({ got: content.length });
  });

  it('hits the requests that it is about, after those that pass, as often as planned', async () => {
    plan({ kind: 'answer', at: 0, status: 500 }, { skip: 1, times: 2 });
    const statuses: number[] = [];
    for (let count = 0; count < 4; count += 1) statuses.push((await put(content)).status);
    expect(statuses).toEqual([200, 500, 500, 200]);
    expect((await put(content, '/other')).status).toBe(200);
    expect((await ask('GET', '/v2/images/1/file')).status).toBe(200);
  });

  it('works together with changes', async () => {
    proxy.setFaults([
      { method: '*', path: /./, effect: { kind: 'slow', bytesPerSecond: 5_000_000 } },
      { method: 'PUT', path: /file/, effect: { kind: 'reset', at: 50 } },
    ]);
    const startedAt = performance.now();
    await expect(put(content)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(performance.now() - startedAt).toBeGreaterThan(200);
  });
});
