import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { watchRequests } from '../../src/adapters/github-layers/requests.ts';

let server: Server;
let statuses: number[] = [];

beforeAll(async () => {
  server = createServer(({ url = '' }, response) => {
    const answer = () => response.writeHead(statuses.shift() ?? 200).end('12345');
    if (url.startsWith('/_apis/')) setTimeout(answer, 300);
    else answer();
  });
  server.on('connect', (_, socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(async () => {
  server.close();
  await once(server, 'close');
});

/** Sends a request and waits for its end, whatever that is. */
async function send(path: string, method = 'GET'): Promise<void> {
  const { port } = server.address() as AddressInfo;
  const sent = request({ port, host: '127.0.0.1', path, method, agent: false });
  sent.on('response', (response) => response.resume());
  sent.on('error', () => undefined);
  sent.end();
  await once(sent, 'close');
}

describe('watching the requests of a call', () => {
  it('sees those of this call only, however many calls there are', async () => {
    statuses = [500];
    const first = watchRequests(() => send('/twirp/service/First?x=1'));
    await first.result;
    const second = watchRequests(() => send('/blob/1'));
    const idle = watchRequests(async () => undefined);
    await Promise.all([second.result, idle.result, send('/elsewhere')]);
    expect(first.requests.failed()).toEqual({
      text: 'First was answered with 500 Internal Server Error',
      status: 500,
    });
    expect(second.requests.failed()).toBeNull();
    expect([first, second, idle].map(({ requests }) => requests.wereSent())).toEqual([
      true,
      true,
      false,
    ]);
    expect([first, second].map(({ requests }) => requests.movedData())).toEqual([false, true]);
  });

  it('counts the last of requests that are repeated', async () => {
    statuses = [503, 200];
    const { result, requests } = watchRequests(async () => {
      await send('/twirp/service/Again');
      await send('/twirp/service/Again');
    });
    await result;
    expect(requests.failed()).toBeNull();
  });

  it('tells nothing of a signed address', async () => {
    statuses = [403];
    const { result, requests } = watchRequests(() => send('/blob/1?sig=secret'));
    await result;
    expect(requests.failed()).toEqual({
      text: 'GET of data was answered with 403 Forbidden',
      status: 403,
    });
  });

  it('does not take the way through a proxy for a request', async () => {
    const { result, requests } = watchRequests(() => send('example.org:443', 'CONNECT'));
    await result;
    expect(requests.wereSent()).toBe(false);
    expect(requests.failed()).toBeNull();
  });

  it('says that there is no answer yet, and then what it is', async () => {
    const { result, requests } = watchRequests(() => send('/_apis/artifactcache/cache?keys=a'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(requests.failed()).toEqual({ text: 'cache was not answered', status: null });
    await result;
    expect(requests.failed()).toBeNull();
  });

  it('passes on what the call throws', async () => {
    const { result } = watchRequests(() => Promise.reject(new Error('of the call')));
    await expect(result).rejects.toThrow('of the call');
  });
});
