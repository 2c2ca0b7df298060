import { appendFileSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  type CacheRuns,
  type Layer,
  makeKey,
  makeTrail,
  startCacheRuns,
} from '../support/cache-runs.ts';
import type { Fault } from '../support/results-service/faults.ts';

const question = 'GetCacheEntryDownloadURL';
let runs: CacheRuns;
let saved: Layer;

beforeAll(async () => {
  // the client tells much, with commands for the runner of whoever runs this test
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  runs = await startCacheRuns();
  saved = runs.makeLayer(makeKey('saved'), undefined, 5_000_000);
  await runs.save(saved);
});
afterEach(async () => {
  runs.service.setFaults([]);
  await runs.settle();
  expect(runs.leftovers()).toEqual([]);
}, 30_000);
afterAll(async () => {
  await runs.close();
  jest.restoreAllMocks();
});

const plan = (operation: string, effect: Fault['effect'], times?: number): void =>
  runs.service.setFaults([{ operation, effect, ...(times === undefined ? {} : { times }) }]);
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function measure<T>(work: () => Promise<T>): Promise<{ value: T; ms: number }> {
  const startMs = performance.now();
  const value = await work();
  return { value, ms: performance.now() - startMs };
}

/** Long enough for what is to end by itself; none of it waits for the end of a test. */
const ample = { lookupMs: 8000, downloadMs: 8000, uploadMs: 8000 };

describe('a service in trouble', () => {
  it.each([
    ['closes the connection', question, { kind: 'drop' }, `${question} failed with ECONNRESET`],
    ['is broken', question, { kind: 'status', status: 501 }, '501 Not Implemented'],
    ['has had enough', question, { kind: 'status', status: 429 }, '429 Too Many Requests'],
    [
      'has lost the bytes',
      'GetBlob',
      { kind: 'status', status: 404 },
      'GET of data was answered with 404',
    ],
    [
      'cannot send',
      'GetBlob',
      { kind: 'status', status: 500 },
      'GET of data was answered with 500',
    ],
    [
      'stops in the middle',
      'GetBlob',
      { kind: 'abort', afterBytes: 1e6 },
      'the answer to GET of data broke off',
    ],
  ] as const)(
    'that %s is told once, and is not asked again',
    async (_, operation, effect, message) => {
      plan(operation, effect);
      const { layers, post } = runs.start(ample);
      await expect(layers.find(saved.manifest.key)).rejects.toThrow(message);
      const asked = runs.service.requests.length;
      expect(await layers.find(saved.manifest.key)).toBeNull();
      expect(await layers.readTrail('slot')).toBeNull();
      const { manifest, path } = runs.makeLayer(makeKey('in trouble'));
      await layers.store(manifest, path);
      await layers.writeTrail('slot', makeTrail(1));
      expect(layers.pending().entries).toEqual([]);
      // it belonged to the store
      expect(() => appendFileSync(path, '', { flag: 'r+' })).toThrow('ENOENT');
      expect(runs.service.requests).toHaveLength(asked);
      await post();
    },
  );

  it('that nobody can connect to is no miss', async () => {
    const { layers } = runs.start(ample, { ACTIONS_RESULTS_URL: 'http://127.0.0.1:9/' });
    const { ms } = await measure(() =>
      expect(layers.find(saved.manifest.key)).rejects.toThrow(
        `${question} failed with ECONNREFUSED`,
      ),
    );
    expect(ms).toBeLessThan(4000);
    expect(await layers.find(saved.manifest.key)).toBeNull();
  });

  it('that denies the token is no miss', async () => {
    const { layers } = runs.start(ample, runs.service.env({ cache: 'none' }));
    await expect(layers.find(saved.manifest.key)).rejects.toThrow(
      `trouble with the cache service: ${question} was answered with 403 Forbidden`,
    );
  });

  it('without a token is no miss', async () => {
    const { layers } = runs.start(ample, { ACTIONS_RUNTIME_TOKEN: '' });
    await expect(layers.find(saved.manifest.key)).rejects.toThrow('could not be asked');
  });

  it('for a moment is asked again by its client, and nobody needs to know', async () => {
    plan(question, { kind: 'status', status: 503 }, 1);
    const { layers, post } = runs.start(ample);
    expect(await layers.find(saved.manifest.key)).toEqual(saved.manifest);
    await post();
  });
});

describe('a deadline', () => {
  it.each([
    ['never answers', { kind: 'hang' }, `(${question} was not answered)`],
    [
      'answers with 503',
      { kind: 'status', status: 503 },
      `(${question} was answered with 503 Service Unavailable)`,
    ],
  ] as const)('ends the wait for a service that %s', async (_, effect, reason) => {
    plan(question, effect);
    const { layers } = runs.start({ lookupMs: 700 });
    const { ms } = await measure(() =>
      expect(layers.find(saved.manifest.key)).rejects.toThrow(
        `the cache service did not answer within 0.7 s ${reason}`,
      ),
    );
    expect(ms).toBeGreaterThanOrEqual(690);
    expect(ms).toBeLessThan(2500);
    const { value, ms: again } = await measure(() => layers.find(saved.manifest.key));
    expect(value).toBeNull();
    expect(again).toBeLessThan(100);
  });

  it('ends a download that does not begin, and what comes later is not unpacked', async () => {
    plan('GetBlob', { kind: 'delay', delayMs: 1500 });
    const { layers, post } = runs.start({ downloadMs: 700 });
    await expect(layers.find(saved.manifest.key)).rejects.toThrow(
      'the cache service did not send its entry within 0.7 s (GET of data was not answered)',
    );
    // an empty directory of the client stays as long as it waits
    const { directory } = layers.pending();
    expect(runs.leftovers().filter((path) => /cache\./.test(path))).toEqual([]);
    expect(runs.leftovers().filter((path) => path.startsWith(`${runs.workspace}/`))).toEqual([]);
    await wait(2000);
    expect(runs.leftovers()).toEqual([directory].filter((path) => path !== null));
    await post();
  });

  it('of a download is as far as its size needs', async () => {
    // 5 MB in about 1.3 s
    plan('GetBlob', { kind: 'slow', bytesPerSecond: 4_000_000 });
    const { layers, post } = runs.start({ downloadMs: 400, bytesPerSecond: 2_000_000 });
    expect(await layers.find(saved.manifest.key)).toEqual(saved.manifest);
    await post();
    const hasty = runs.start({ downloadMs: 400, bytesPerSecond: 20_000_000 });
    await expect(hasty.layers.find(saved.manifest.key)).rejects.toThrow(
      'the cache service did not send its entry within 0.7 s',
    );
    await hasty.post();
    const limited = runs.start({ downloadMs: 400, bytesPerSecond: 2_000_000, mostDownloadMs: 500 });
    await expect(limited.layers.find(saved.manifest.key)).rejects.toThrow(
      'the cache service did not send its entry within 0.5 s',
    );
    await limited.post();
  });

  it('is far enough for a slow answer', async () => {
    plan('*', { kind: 'delay', delayMs: 400 });
    const { layers, post } = runs.start({ lookupMs: 4000 });
    expect(await layers.find(saved.manifest.key)).toEqual(saved.manifest);
    await post();
  });
});

describe('a damaged entry', () => {
  it('is told, leaves nothing behind, and does not end the use of the service', async () => {
    const other = runs.makeLayer(makeKey('other'));
    await runs.save(other);
    plan('GetBlob', { kind: 'corrupt', atByte: 2_000_000 }, 1);
    const { layers, post } = runs.start(ample);
    await expect(layers.find(saved.manifest.key)).rejects.toThrow(
      `trove-image-layer-${saved.manifest.key} of the cache service is damaged, or there is no room`,
    );
    const { directory } = layers.pending();
    expect(runs.leftovers()).toEqual([directory]);
    expect(await layers.find(other.manifest.key)).toEqual(other.manifest);
    expect(await layers.find(saved.manifest.key)).toEqual(saved.manifest);
    await post();
  });
});

describe('what lies in the way', () => {
  it('in the workspace is removed: the name is ours', async () => {
    writeFileSync(`${runs.workspace}/.trove-image-cache`, 'a file');
    const { layers, post } = runs.start(ample);
    expect(await layers.find(saved.manifest.key)).toEqual(saved.manifest);
    await post();
  });
});
