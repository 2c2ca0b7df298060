import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as forward, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createOpenstackApi } from '../../src/adapters/openstack-api.ts';
import type { Tls } from '../../src/model/publication.ts';
import { type LocalServer, startLocalServer, takeAll } from '../support/local-server.ts';

const directory = mkdtempSync(join(tmpdir(), 'tls-test-'));
const [keyPath, caPath] = [join(directory, 'key.pem'), join(directory, 'ca.pem')];
const strict: Tls = { verify: true, caPath: '', certPath: '', keyPath: '' };
let plain: LocalServer;
let secure: LocalServer;
/** With the name that is in its certificate. */
let named = '';
let proxy: Awaited<ReturnType<typeof startProxy>>;

beforeAll(async () => {
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=test'],
      ...['-addext', 'subjectAltName=DNS:localhost', '-keyout', keyPath, '-out', caPath],
    ],
    { stdio: 'ignore' },
  );
  plain = await startLocalServer();
  secure = await startLocalServer({
    certificate: readFileSync(caPath, 'utf8'),
    key: readFileSync(keyPath, 'utf8'),
  });
  named = secure.url.replace('127.0.0.1', 'localhost');
  proxy = await startProxy();
});
afterAll(async () => {
  await Promise.all([plain.close(), secure.close(), proxy.close()]);
  rmSync(directory, { recursive: true });
});
afterEach(() => {
  for (const name of ['http_proxy', 'https_proxy', 'no_proxy']) delete process.env[name];
  proxy.requests.length = 0;
});

/** A proxy that passes all on and remembers what it was asked. */
async function startProxy() {
  const requests: string[] = [];
  const server: Server = createServer((request, response) => {
    const { method, url = '', headers } = request;
    requests.push(`${method} ${url} ${headers['proxy-authorization'] ?? ''}`.trim());
    const onward = forward(url, { method, headers });
    onward.on('continue', () => response.writeContinue());
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  server.on('connect', (request, socket) => {
    requests.push(`CONNECT ${request.url}`);
    const [host = '', port] = (request.url ?? '').split(':');
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    for (const each of [socket, onward]) each.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    requests,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const api = (tls: Tls) =>
  createOpenstackApi(tls, { stallMs: 5000, signal: new AbortController().signal });
const get = (url: string, tls: Tls = strict) => api(tls).call({ method: 'GET', url: `${url}/x` });

describe('a certificate that nobody has signed', () => {
  it('is refused, and the service hears nothing', async () => {
    const before = secure.requests.length;
    expect(await get(named)).toEqual({
      kind: 'no-answer',
      reason: expect.stringMatching(/self.signed/),
    });
    expect(secure.requests.length).toBe(before);
  });

  it('is refused for another host, whatever has signed it', async () => {
    expect(await get(secure.url, { ...strict, caPath })).toMatchObject({
      kind: 'no-answer',
      reason: expect.stringMatching(/127\.0\.0\.1/),
    });
  });

  it.each<[string, () => Tls]>([
    ['nothing is verified', () => ({ ...strict, verify: false })],
    ['it is the authority that is named', () => ({ ...strict, caPath })],
  ])('is accepted when %s', async (_, tls) => {
    expect(await get(named, tls())).toMatchObject({ kind: 'answer', status: 200 });
  });

  it('is found below the home directory, as the client finds it', async () => {
    const before = process.env.HOME;
    process.env.HOME = directory;
    try {
      expect(await get(named, { ...strict, caPath: '~/ca.pem' })).toMatchObject({
        status: 200,
      });
    } finally {
      process.env.HOME = before;
    }
  });

  it('is shown to a service that asks for one, with its key in the same file or in another', async () => {
    const both = join(directory, 'both.pem');
    writeFileSync(both, readFileSync(caPath, 'utf8') + readFileSync(keyPath, 'utf8'));
    for (const own of [
      { certPath: caPath, keyPath },
      { certPath: both, keyPath: '' },
    ])
      expect(await get(named, { ...strict, caPath, ...own })).toMatchObject({ status: 200 });
  });
});

describe('a proxy of the environment', () => {
  it('is asked for the whole address of what is plain', async () => {
    process.env.http_proxy = proxy.url.replace('//', '//user:word@');
    expect(await get(plain.url)).toMatchObject({ kind: 'answer', status: 200, body: [] });
    expect(proxy.requests).toEqual([
      `GET ${plain.url}/x Basic ${Buffer.from('user:word').toString('base64')}`,
    ]);
  });

  it('passes an upload on, which waits for the service to agree', async () => {
    process.env.http_proxy = proxy.url;
    const path = join(directory, 'file');
    mkdirSync(directory, { recursive: true });
    writeFileSync(path, Buffer.alloc(3_000_000, 'x'));
    plain.serve(takeAll(204));
    const url = `${plain.url}/v2/images/a/file`;
    const watch = { onSent: () => undefined, beforeEnd: async () => undefined };
    const file = { path, sizeBytes: 3_000_000 };
    const answer = await api(strict).sendFile({ method: 'PUT', url }, file, watch);
    expect(answer).toMatchObject({ kind: 'answer', status: 204 });
    expect(plain.requests.at(-1)?.bytes).toBe(3_000_000);
    expect(proxy.requests).toEqual([`PUT ${url}`]);
  });

  it('tunnels what is encrypted, whose certificate is checked all the same', async () => {
    process.env.https_proxy = proxy.url;
    expect(await get(named)).toMatchObject({
      kind: 'no-answer',
      reason: expect.stringMatching(/self.signed/),
    });
    expect(await get(named, { ...strict, caPath })).toMatchObject({ status: 200 });
    const host = named.replace('https://', '');
    expect(proxy.requests).toEqual([`CONNECT ${host}`, `CONNECT ${host}`]);
  });

  it('is left out for hosts of no_proxy', async () => {
    process.env.http_proxy = proxy.url;
    process.env.no_proxy = '127.0.0.1';
    expect(await get(plain.url)).toMatchObject({ kind: 'answer' });
    expect(proxy.requests).toEqual([]);
  });

  it('that is not there is no answer', async () => {
    process.env.http_proxy = 'http://127.0.0.1:1';
    expect(await get(plain.url)).toEqual({
      kind: 'no-answer',
      reason: expect.stringContaining('ECONNREFUSED'),
    });
  });
});
