import { createHash } from 'node:crypto';
import dns from 'node:dns';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type CacheRuns, type Layer, makeKey, startCacheRuns } from '../support/cache-runs.ts';
import type { Fault } from '../support/results-service/faults.ts';

/** After a failure the client leaves a timer of this length, 10 min by default, which keeps a process alive. */
const segmentTimeout = { minutes: 0.05, ms: 3000 };
const blobHost = 'example.blob.core.windows.net';
let runs: CacheRuns;
let saved: Layer;

beforeAll(async () => {
  // the client tells much, with commands for the runner of whoever runs this test
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  nameThisMachine(blobHost);
  runs = await startCacheRuns(blobHost);
  saved = runs.makeLayer(makeKey('saved'), undefined, 20_000_000);
  await runs.save(saved);
});
afterEach(async () => {
  runs.service.setFaults([]);
  await runs.settle();
  expect(runs.leftovers()).toEqual([]);
}, 60_000);
afterAll(async () => {
  await runs.close();
  await new Promise((resolve) => setTimeout(resolve, segmentTimeout.ms));
  jest.restoreAllMocks();
});

const start: CacheRuns['start'] = (deadlines) =>
  runs.start(deadlines, { SEGMENT_DOWNLOAD_TIMEOUT_MINS: String(segmentTimeout.minutes) });

/** What a line of /etc/hosts would do. */
function nameThisMachine(name: string): void {
  const lookup = dns.lookup as (host: string, ...rest: unknown[]) => void;
  const named = (host: string, ...rest: unknown[]): void =>
    lookup(host === name ? '127.0.0.1' : host, ...rest);
  jest.spyOn(dns, 'lookup').mockImplementation(named as typeof dns.lookup);
}

const plan = (operation: string, effect: Fault['effect'], times?: number): void =>
  runs.service.setFaults([{ operation, effect, ...(times === undefined ? {} : { times }) }]);

describe('a download from Azure, in parallel parts', () => {
  it('arrives bit by bit', async () => {
    const { layers, post } = start();
    const asked = runs.service.requests.length;
    expect(await layers.find(saved.manifest.key)).toEqual(saved.manifest);
    const operations = runs.service.requests.slice(asked).map(({ operation }) => operation);
    expect(operations.filter((name) => name === 'GetBlob').length).toBeGreaterThan(1);
    await layers.fetch(saved.manifest, saved.path);
    const sha256 = createHash('sha256').update(readFileSync(saved.path)).digest('hex');
    expect(sha256).toBe(saved.manifest.blob.sha256);
    await post();
  });

  it('has the time that its size needs', async () => {
    plan('GetBlob', { kind: 'slow', bytesPerSecond: 4_000_000 });
    const { layers, post } = start({ downloadMs: 400, bytesPerSecond: 4_000_000 });
    expect(await layers.find(saved.manifest.key)).toEqual(saved.manifest);
    await post();
  });

  it.each([
    [
      'that is not there',
      'HeadBlob',
      { kind: 'status', status: 404 },
      'HEAD of data was answered with 404',
    ],
    [
      'that is refused',
      'GetBlob',
      { kind: 'status', status: 403 },
      'GET of data was answered with 403',
    ],
    [
      'that hangs',
      'GetBlob',
      { kind: 'hang' },
      'did not send its entry within 1.5 s (GET of data was not answered)',
    ],
    [
      'that is cut again and again',
      'GetBlob',
      { kind: 'abort', afterBytes: 1000 },
      'trouble with the cache service: the answer to GET of data broke off',
    ],
  ] as const)('%s is trouble', async (_, operation, effect, message) => {
    plan(operation, effect);
    const { layers, post } = start({ downloadMs: 1500, mostDownloadMs: 1500 });
    await expect(layers.find(saved.manifest.key)).rejects.toThrow(message);
    expect(await layers.find(saved.manifest.key)).toBeNull();
    await post();
  });

  it('that is damaged is told', async () => {
    plan('GetBlob', { kind: 'corrupt', atByte: 100_000 }, 1);
    const { layers, post } = start();
    await expect(layers.find(saved.manifest.key)).rejects.toThrow('is damaged');
    await post();
  });
});
