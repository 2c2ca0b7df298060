import { existsSync, rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { uploadPending } from '../../src/adapters/github-layers/uploads.ts';
import {
  type CacheRun,
  type CacheRuns,
  makeKey,
  makeTrail,
  startCacheRuns,
} from '../support/cache-runs.ts';
import type { Fault } from '../support/results-service/faults.ts';

let runs: CacheRuns;
let lastName = 0;

beforeAll(async () => {
  // the client tells much, with commands for the runner of whoever runs this test
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  runs = await startCacheRuns();
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

/** A key that no other test uses. */
function makeNewKey(): string {
  lastName += 1;
  return makeKey(`post ${lastName}`);
}

async function store(run: CacheRun, key = makeNewKey(), parent?: string): Promise<string> {
  const { manifest, path } = runs.makeLayer(key, parent);
  await run.layers.store(manifest, path);
  return key;
}

/** Keys that were reserved in the service by what `work` did, in order. */
async function listCreated(work: () => Promise<unknown>): Promise<readonly unknown[]> {
  const asked = runs.service.requests.length;
  await work();
  return runs.service.requests
    .slice(asked)
    .filter(({ operation }) => operation === 'CreateCacheEntry')
    .map(({ message }) => message?.key);
}

const summarise = (results: Awaited<ReturnType<CacheRun['post']>>) =>
  results.map(({ result, reason }) => `${result} ${reason}`.trimEnd());

describe('the post step', () => {
  it('saves parents before their children, and trails last', async () => {
    const run = runs.start();
    await run.layers.writeTrail('slot', makeTrail(1));
    const [root, middle, top] = [makeNewKey(), makeNewKey(), makeNewKey()];
    await store(run, top, middle);
    await store(run, middle, root);
    await store(run, root, makeKey('one that was found'));
    const created = await listCreated(run.post);
    expect(created).toEqual([
      ...[root, middle, top].map((key) => `trove-image-layer-${key}`),
      expect.stringMatching(/^trove-image-trail-slot-\d{13}$/),
    ]);
  });

  it('sends nothing that another job saved meanwhile', async () => {
    const run = runs.start();
    const key = await store(run);
    const { temporaryDir } = run;
    await runs.save(runs.makeLayer(key));
    process.env.RUNNER_TEMP = temporaryDir;
    const created = await listCreated(async () =>
      expect(summarise(await run.post())).toEqual(['already-there']),
    );
    expect(created).toEqual([]);
  });

  it('knows that an entry is there when only the last answer was lost', async () => {
    const run = runs.start();
    await store(run);
    plan('FinalizeCacheEntryUpload', { kind: 'lose-answer' });
    expect(summarise(await run.post())).toEqual(['already-there']);
  });

  it('tells a key that is reserved for ever, and skips the children of its layer but no others', async () => {
    const key = makeNewKey();
    const broken = runs.start();
    await store(broken, key);
    plan('FinalizeCacheEntryUpload', { kind: 'status', status: 501 }, 1);
    await broken.post();
    const run = runs.start();
    await store(run, key);
    await store(run, makeNewKey(), key);
    await store(run);
    await run.layers.writeTrail('slot', makeTrail(1));
    expect(summarise(await run.post())).toEqual([
      'not-saved another job has reserved its key and has not finished the upload',
      `not-saved its parent ${key} was not saved, so it would never be found`,
      'saved',
      'saved',
    ]);
  });
});

describe('the post step of a service in trouble', () => {
  const limits = { lookupMs: 1500, uploadMs: 1500 };

  it.each([
    [
      'closes the connection',
      'CreateCacheEntry',
      { kind: 'drop' },
      'CreateCacheEntry failed with ECONNRESET',
    ],
    [
      'cannot reserve',
      'CreateCacheEntry',
      { kind: 'status', status: 501 },
      'CreateCacheEntry was answered with 501',
    ],
    [
      'does not get over it',
      'CreateCacheEntry',
      { kind: 'status', status: 503 },
      'did not take the entry within 1.5 s (CreateCacheEntry was answered with 503',
    ],
    [
      'does not take the bytes',
      'PutBlob',
      { kind: 'status', status: 403 },
      'PUT of data was answered with 403',
    ],
    [
      'stops taking the bytes',
      'PutBlob',
      { kind: 'status', status: 500 },
      'did not take the entry within 1.5 s (PUT of data was answered with 500',
    ],
    [
      'hangs with the bytes',
      'PutBlob',
      { kind: 'hang' },
      'did not take the entry within 1.5 s (PUT of data was not answered)',
    ],
    [
      'does not finish',
      'FinalizeCacheEntryUpload',
      { kind: 'status', status: 501 },
      'FinalizeCacheEntryUpload was answered with 501',
    ],
    [
      'does not answer at all',
      '*',
      { kind: 'hang' },
      'did not answer within 1.5 s (GetCacheEntryDownloadURL was not answered)',
    ],
  ] as const)(
    'that %s says why, and asks for nothing else',
    async (_, operation, effect, reason) => {
      const run = runs.start();
      const key = await store(run);
      const child = await store(run, makeNewKey(), key);
      await run.layers.writeTrail('slot', makeTrail(1));
      plan(operation, effect);
      const asked = runs.service.requests.length;
      const startMs = performance.now();
      const results = await run.post(limits);
      expect(performance.now() - startMs).toBeLessThan(3000);
      expect(results.map(({ result }) => result)).toEqual(['not-saved', 'not-saved', 'not-saved']);
      expect(results[0]?.reason).toContain(reason);
      expect(results[1]?.reason).toBe(results[0]?.reason);
      const texts = runs.service.requests
        .slice(asked)
        .map(({ message }) => JSON.stringify(message));
      expect(texts).not.toHaveLength(0);
      expect(texts.filter((text) => text?.includes(child) || text?.includes('trail'))).toEqual([]);
    },
  );

  it('that nobody can connect to says so', async () => {
    const run = runs.start({}, { ACTIONS_RESULTS_URL: 'http://127.0.0.1:9/' });
    await store(run);
    const reason =
      'trouble with the cache service: GetCacheEntryDownloadURL failed with ECONNREFUSED';
    expect(summarise(await run.post())).toEqual([`not-saved ${reason}`]);
  });

  it('that lets this run only read says that it refused', async () => {
    const run = runs.start({}, runs.service.env({ cache: 'read' }));
    const key = await store(run);
    await store(run, makeNewKey(), key);
    expect(summarise(await run.post())).toEqual([
      'not-saved the cache service refused it: see the lines above',
      `not-saved its parent ${key} was not saved, so it would never be found`,
    ]);
  });

  it('that is slow ends in time for all together', async () => {
    const run = runs.start();
    for (const _ of [1, 2, 3, 4]) await store(run);
    plan('*', { kind: 'delay', delayMs: 300 });
    const startMs = performance.now();
    const results = await run.post({ allUploadsMs: 2000 });
    expect(performance.now() - startMs).toBeLessThan(3000);
    expect(results.at(0)?.result).toBe('saved');
    expect(results.at(-1)?.result).toBe('not-saved');
    expect(results.at(-1)?.reason).toMatch(/no time was left|did not/);
  });
});

describe('the post step of a broken run', () => {
  it('says what is gone, and goes on', async () => {
    const run = runs.start();
    const key = await store(run);
    await store(run);
    rmSync(`${run.layers.pending().directory}/layer-${key}`, { recursive: true });
    expect(summarise(await run.post())).toEqual([expect.stringContaining('ENOENT'), 'saved']);
  });

  it('cleans up when the runner tells no workspace', async () => {
    const run = runs.start();
    await store(run);
    const { directory } = run.layers.pending();
    const results = await uploadPending(run.layers.pending(), { environment: {} });
    expect(summarise(results)).toEqual([expect.stringContaining('needs GITHUB_WORKSPACE')]);
    expect(existsSync(String(directory))).toBe(false);
  });
});
