import { createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readBody, type Serve } from '../support/local-server.ts';
import { createUploadBench, timed, type UploadBench } from '../support/upload-bench.ts';

let bench: UploadBench;
beforeAll(async () => {
  bench = await createUploadBench();
});
afterAll(() => bench.close());

describe('trouble of the connection', () => {
  const reset =
    (most: number): Serve =>
    async (request, response, seen) => {
      if (most > 0) {
        response.writeContinue();
        await readBody(request, seen, most);
      }
      request.socket.resetAndDestroy();
    };

  it.each<[string, Serve]>([
    ['at the start', reset(0)],
    ['in the middle', reset(1_500_000)],
    ['at the end', reset(3_000_001)],
    ['by a polite end', (request) => request.socket.end()],
  ])('%s is no answer, and nothing is thrown', async (_, serve) => {
    bench.server.serve(serve);
    const before = bench.server.requests.length;
    expect(await bench.send(bench.small)).toEqual({
      kind: 'no-answer',
      reason: expect.stringMatching(/\S/),
    });
    expect(bench.server.requests.length - before).toBe(1);
  });

  it.each<[string, Serve]>([
    ['it neither agrees nor refuses', () => undefined],
    [
      'it agrees, and reads nothing',
      (request, response) => [response.writeContinue(), request.pause()],
    ],
    [
      'it stops reading in the middle',
      async (request, response, seen) => {
        response.writeContinue();
        await readBody(request, seen, 5_000_000);
      },
    ],
    [
      'it has all, and says nothing',
      async (request, response, seen) => {
        response.writeContinue();
        await readBody(request, seen);
      },
    ],
  ])('ends when nothing moves any more: %s', async (what, serve) => {
    bench.server.serve(serve);
    const file = what.includes('has all') ? bench.small : bench.large;
    const { value, ms } = await timed(bench.send(file, { stallMs: 1000 }));
    expect(value).toEqual({ kind: 'no-answer', reason: 'nothing came or went for 1 s' });
    expect(ms).toBeGreaterThan(900);
    expect(ms).toBeLessThan(8000);
  });

  it('is not what a service is that reads slowly', async () => {
    bench.server.serve(async (request, response, seen) => {
      response.writeContinue();
      request.on('data', (chunk: Buffer) => {
        seen.bytes += chunk.length;
        request.pause();
        setTimeout(() => request.resume(), 10);
      });
      request.once('end', () => response.writeHead(204).end());
    });
    const file = bench.makeFile('slow', Buffer.alloc(0), 12 << 20);
    const { value, ms } = await timed(bench.send(file, { stallMs: 1500 }));
    expect(value).toMatchObject({ status: 204 });
    expect(ms).toBeGreaterThan(1500);
    expect(bench.last()?.bytes).toBe(file.sizeBytes);
  });

  it('and a service that knows nothing of Expect gets the body after a while', async () => {
    const heard: Buffer[] = [];
    const deaf = createServer((socket: Socket) => {
      socket
        .on('error', () => undefined)
        .on('data', (chunk) => {
          heard.push(chunk);
          if (Buffer.concat(heard).includes('whole body'))
            socket.end('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n');
        });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => deaf.once('listening', resolve));
    const { port } = deaf.address() as { port: number };
    const file = bench.makeFile('deaf', Buffer.from('whole body'));
    const { value, ms } = await timed(
      bench.send(file, { url: `http://127.0.0.1:${port}`, stallMs: 20_000 }),
    );
    await new Promise((resolve) => deaf.close(resolve));
    expect(value).toMatchObject({ status: 204 });
    expect(ms).toBeGreaterThan(8000);
    expect(ms).toBeLessThan(18_000);
  });
});

describe('a cancelled run', () => {
  it.each<[string, number]>([
    ['before the service has agreed', 0],
    ['in the middle of the body', 5_000_000],
  ])('ends an upload at once %s: it throws, and the connection is gone', async (_, most) => {
    let closed: Promise<unknown> = Promise.resolve();
    bench.server.serve(async (request, response, seen) => {
      closed = new Promise((resolve) => request.socket.once('close', resolve));
      if (most > 0) {
        response.writeContinue();
        await readBody(request, seen, most);
      }
      bench.cancel();
      request.removeAllListeners('data').resume();
    });
    const { value, ms } = await timed(bench.send(bench.large).catch((error: Error) => error));
    expect(value).toMatchObject({ name: 'AbortError' });
    expect(ms).toBeLessThan(5000);
    await closed;
  });
});
