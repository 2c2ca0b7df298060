import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readBody, takeAll } from '../support/local-server.ts';
import { createUploadBench, timed, type UploadBench } from '../support/upload-bench.ts';

let bench: UploadBench;
beforeAll(async () => {
  bench = await createUploadBench();
});
afterAll(() => bench.close());

describe('a file', () => {
  it('is sent as it is once the service has agreed, with its length and no other encoding', async () => {
    const hash = createHash('sha256');
    bench.server.serve(async (request, response) => {
      response.writeContinue();
      for await (const chunk of request) hash.update(chunk);
      response.writeHead(204).end();
    });
    const counts: number[] = [];
    const answer = await bench.send(bench.small, {
      watch: { onSent: (bytes) => counts.push(bytes) },
    });
    expect(answer).toMatchObject({ kind: 'answer', status: 204, body: '' });
    expect(hash.digest('hex')).toBe(createHash('sha256').update(bench.small.content).digest('hex'));
    expect(counts.at(-1)).toBe(bench.small.sizeBytes);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(bench.last()?.headers).toMatchObject({
      ...{ 'content-type': 'application/octet-stream', expect: '100-continue' },
      ...{ 'content-length': String(bench.small.sizeBytes), 'x-auth-token': 't' },
    });
    expect(bench.last()?.headers).not.toHaveProperty('transfer-encoding');
  });

  it('may be empty', async () => {
    bench.server.serve(takeAll(204));
    const answer = await bench.send(bench.makeFile('empty', Buffer.alloc(0)));
    expect(answer).toMatchObject({ kind: 'answer', status: 204 });
    expect(bench.last()).toMatchObject({ bytes: 0, headers: { 'content-length': '0' } });
  });

  it('has its last bytes held back until nothing else writes to the image', async () => {
    let readBefore = -1;
    bench.server.serve(takeAll(204));
    const answer = await bench.send(bench.small, {
      watch: {
        async beforeEnd() {
          await sleep(500);
          readBefore = bench.last()?.bytes ?? -1;
        },
      },
    });
    expect(answer).toMatchObject({ status: 204 });
    expect(readBefore).toBeGreaterThanOrEqual(0);
    expect(readBefore).toBeLessThan(bench.small.sizeBytes);
    expect(bench.last()?.bytes).toBe(bench.small.sizeBytes);
  });

  it('is not finished when what has to end first fails', async () => {
    bench.server.serve(takeAll(204));
    const answer = await bench.send(bench.small, {
      watch: { beforeEnd: () => Promise.reject(new Error('the heartbeat has failed')) },
    });
    expect(answer).toEqual({ kind: 'no-answer', reason: 'the heartbeat has failed' });
    expect(bench.last()?.bytes).toBeLessThan(bench.small.sizeBytes);
  });

  it('takes little memory, however large it is', async () => {
    bench.server.serve(takeAll(204));
    const startBytes = process.memoryUsage().rss;
    let mostBytes = 0;
    const answer = await bench.send(bench.large, {
      watch: {
        onSent: () => {
          mostBytes = Math.max(mostBytes, process.memoryUsage().rss - startBytes);
        },
      },
    });
    expect(answer).toMatchObject({ status: 204 });
    expect(bench.last()?.bytes).toBe(bench.large.sizeBytes);
    expect(mostBytes).toBeLessThan(100 << 20);
  });

  it('that is not there is no answer, and says which', async () => {
    bench.server.serve(takeAll(204));
    const answer = await bench.send(
      { path: join(bench.directory, 'gone'), sizeBytes: 5 },
      { stallMs: 3000 },
    );
    expect(answer).toMatchObject({ kind: 'no-answer', reason: expect.stringContaining('gone') });
  });

  it('that has become shorter is never taken for whole', async () => {
    bench.server.serve(takeAll(204));
    const answer = await bench.send(
      { ...bench.small, sizeBytes: bench.small.sizeBytes + 5 },
      { stallMs: 1000 },
    );
    expect(answer).toMatchObject({ kind: 'no-answer' });
  });
});

describe('a service that refuses', () => {
  it.each([401, 404, 409, 413])('with %d before the body gets no byte of it', async (status) => {
    bench.server.serve((_, response) =>
      response.writeHead(status, { Connection: 'close' }).end('{"message": "no"}'),
    );
    let sent = 0;
    const { value, ms } = await timed(
      bench.send(bench.large, { watch: { onSent: () => (sent += 1) } }),
    );
    expect(value).toMatchObject({ kind: 'answer', status, body: { message: 'no' } });
    expect([bench.last()?.bytes, sent]).toEqual([0, 0]);
    expect(ms).toBeLessThan(5000);
  });

  it('in the middle of the body is heard at once, and the rest stays here', async () => {
    bench.server.serve(async (request, response, seen) => {
      response.writeContinue();
      await readBody(request, seen, 5_000_000);
      response.writeHead(503, { 'Retry-After': '7' }).end('busy');
    });
    let sent = 0;
    const { value, ms } = await timed(
      bench.send(bench.large, {
        watch: {
          onSent: (bytes) => {
            sent = bytes;
          },
        },
      }),
    );
    expect(value).toMatchObject({ status: 503, headers: { 'retry-after': '7' }, body: 'busy' });
    expect(sent).toBeLessThan(bench.large.sizeBytes / 2);
    expect(ms).toBeLessThan(5000);
  });

  it('at the end is heard, too', async () => {
    bench.server.serve(takeAll(413, '<html><title>413</title>too large</html>'));
    expect(await bench.send(bench.small)).toMatchObject({
      status: 413,
      body: expect.stringMatching('too large'),
    });
  });

  it('while the last bytes are held back is heard without them', async () => {
    bench.server.serve(async (request, response, seen) => {
      response.writeContinue();
      await readBody(request, seen, 1_000_000);
      response.writeHead(410).end();
    });
    const { value, ms } = await timed(
      bench.send(bench.small, { watch: { beforeEnd: () => new Promise(() => undefined) } }),
    );
    expect(value).toMatchObject({ status: 410 });
    expect(ms).toBeLessThan(5000);
  });
});
