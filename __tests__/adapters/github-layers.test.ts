import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createGithubLayers, isGithubCacheAvailable } from '../../src/adapters/github-layers.ts';
import type { LayerManifest } from '../../src/model/layers.ts';
import { type CacheRuns, makeKey, makeTrail, startCacheRuns } from '../support/cache-runs.ts';

let runs: CacheRuns;

beforeAll(async () => {
  // the client tells much, with commands for the runner of whoever runs this test
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  runs = await startCacheRuns();
});
afterEach(() => expect(runs.leftovers()).toEqual([]));
afterAll(async () => {
  await runs.close();
  jest.restoreAllMocks();
});

const digest = (path: string): string =>
  createHash('sha256').update(readFileSync(path)).digest('hex');

describe('layers in the cache service', () => {
  it('are not found when they were never saved, and that costs one question', async () => {
    const { layers, post } = runs.start();
    const asked = runs.service.requests.length;
    expect(await layers.find(makeKey('never'))).toBeNull();
    expect(runs.service.requests.slice(asked).map(({ operation }) => operation)).toEqual([
      'GetCacheEntryDownloadURL',
    ]);
    expect(layers.pending()).toEqual({ directory: null, entries: [] });
    expect(await post()).toEqual([]);
  });

  it('wait in main, are saved in post, and arrive bit by bit in the next run', async () => {
    const { manifest, path } = runs.makeLayer(makeKey('big'), undefined, 20_000_000);
    const first = runs.start();
    const asked = runs.service.requests.length;
    await first.layers.store(manifest, path);
    expect(runs.service.requests).toHaveLength(asked);
    expect(() => statSync(path)).toThrow('ENOENT');
    const results = await first.post();
    expect(results).toMatchObject([
      { entry: { kind: 'layer', key: manifest.key, sizeBytes: 20_000_000 }, result: 'saved' },
    ]);
    expect(runs.service.cacheEntries().at(-1)).toMatchObject({
      key: `trove-image-layer-${manifest.key}`,
      finalized: true,
    });
    expect(runs.leftovers()).toEqual([]);

    const second = runs.start();
    expect(await second.layers.find(manifest.key)).toEqual(manifest);
    await second.layers.fetch(manifest, path);
    expect(digest(path)).toBe(manifest.blob.sha256);
    await second.post();
  });

  it('stay out of the workspace between find and fetch, and what nobody fetched is removed in post', async () => {
    const layer = runs.makeLayer(makeKey('unfetched'));
    await runs.save(layer);
    const { layers, post, temporaryDir } = runs.start();
    expect(await layers.find(layer.manifest.key)).toEqual(layer.manifest);
    expect(readdirSync(runs.workspace)).toEqual([]);
    const { directory } = layers.pending();
    expect(readdirSync(temporaryDir)).toEqual([String(directory).slice(temporaryDir.length + 1)]);
    expect(statSync(String(directory)).mode & 0o777).toBe(0o700);
    await post();
  });

  it('are found one after the other, even when asked for at the same time', async () => {
    const some = ['a', 'b', 'c'].map((name) => runs.makeLayer(makeKey(`same time ${name}`)));
    for (const layer of some) await runs.save(layer);
    const { layers, post } = runs.start();
    const found = await Promise.all(some.map(({ manifest }) => layers.find(manifest.key)));
    expect(found).toEqual(some.map(({ manifest }) => manifest));
    for (const { manifest, path } of some) {
      await layers.fetch(manifest, path);
      expect(digest(path)).toBe(manifest.blob.sha256);
    }
    await post();
  });

  it('tell the action of all that post has to do, as soon as there is something', async () => {
    runs.start();
    const told: string[] = [];
    const { pending, store } = createGithubLayers({
      environment: process.env,
      now: Date.now,
      onPending: (pending) => told.push(JSON.stringify(pending)),
    });
    const { manifest, path } = runs.makeLayer(makeKey('told'), makeKey('its parent'));
    await store(manifest, path);
    const { directory } = pending();
    const entry = {
      kind: 'layer',
      key: manifest.key,
      parent: makeKey('its parent'),
      sizeBytes: 300_000,
      directory: join(String(directory), `layer-${manifest.key}`),
    };
    expect(told.map((text) => JSON.parse(text))).toEqual([
      { directory, entries: [] },
      { directory, entries: [entry] },
    ]);
    rmSync(String(directory), { recursive: true });
  });

  it('refuse a name that is no key', async () => {
    const { layers } = runs.start();
    await expect(layers.find('../x')).rejects.toThrow('"../x" is no name of a cache entry');
    await expect(layers.readTrail('a,b')).rejects.toThrow('is no name of a cache entry');
    await expect(layers.store({ key: '' } as LayerManifest, 'x')).rejects.toThrow('is no name');
  });
});

describe('trails in the cache service', () => {
  it('are read back, the newest of the slot', async () => {
    expect(await runs.start().layers.readTrail('mysql-noble')).toBeNull();
    for (const time of [1, 2]) {
      const { layers, post } = runs.start();
      await layers.writeTrail('mysql-noble', makeTrail(0));
      await layers.writeTrail('mysql-noble', makeTrail(time));
      expect(layers.pending().entries).toHaveLength(1);
      expect(await post()).toMatchObject([{ entry: { kind: 'trail' }, result: 'saved' }]);
    }
    const { layers, post } = runs.start();
    expect(await layers.readTrail('mysql-noble')).toEqual(makeTrail(2));
    await post();
  });

  it('of a slot whose name goes on are not taken for those of this slot', async () => {
    const { layers, post } = runs.start();
    await layers.writeTrail('mysql-noble-arm64', makeTrail(3));
    await post();
    const next = runs.start();
    expect(await next.layers.readTrail('mysql-noble-arm64')).toEqual(makeTrail(3));
    await next.post();
    expect(await runs.start().layers.readTrail('mysql-nobl')).toBeNull();
    expect(await runs.start().layers.readTrail('mysql-noble')).toBeNull();
  });
});

describe('the mode of the cache service', () => {
  it.each(['none', 'write-only'])('%s: nothing is asked, nothing is found', async (mode) => {
    const layer = runs.makeLayer(makeKey(`mode ${mode}`));
    await runs.save(layer);
    const { layers } = runs.start({}, { ACTIONS_CACHE_MODE: mode });
    const asked = runs.service.requests.length;
    expect(await layers.find(layer.manifest.key)).toBeNull();
    expect(await layers.readTrail('slot')).toBeNull();
    expect(runs.service.requests).toHaveLength(asked);
  });

  it.each(['none', 'read'])('%s: nothing is sent, and post says why', async (mode) => {
    const { manifest, path } = runs.makeLayer(makeKey(`mode ${mode} in post`));
    const { layers, post } = runs.start({}, { ACTIONS_CACHE_MODE: mode });
    await layers.store(manifest, path);
    const asked = runs.service.requests.length;
    const reason = `this run may not write to the cache service (ACTIONS_CACHE_MODE is ${mode})`;
    expect(await post()).toMatchObject([{ result: 'not-saved', reason }]);
    expect(runs.service.requests).toHaveLength(asked);
  });

  it('write-only: post saves', async () => {
    const { manifest, path } = runs.makeLayer(makeKey('mode write-only in post'));
    const { layers, post } = runs.start({}, { ACTIONS_CACHE_MODE: 'write-only' });
    await layers.store(manifest, path);
    expect(await post()).toMatchObject([{ result: 'saved' }]);
  });
});

describe('a machine without zstd', () => {
  it('finds nothing of the others, silently, and has layers of its own', async () => {
    const layer = runs.makeLayer(makeKey('zstd'));
    await runs.save(layer);
    const programs = join(runs.workspace, '../programs');
    mkdirSync(programs);
    for (const name of ['tar', 'gzip']) symlinkSync(join('/usr/bin', name), join(programs, name));
    const { layers, post } = runs.start({}, { PATH: programs });
    expect(await layers.find(layer.manifest.key)).toBeNull();
    const again = runs.makeLayer(layer.manifest.key);
    await layers.store(again.manifest, again.path);
    expect(await post()).toMatchObject([{ result: 'saved' }]);
    const next = runs.start({}, { PATH: programs });
    expect(await next.layers.find(layer.manifest.key)).toEqual(again.manifest);
    await next.post();
  });
});

describe('the cache service', () => {
  it.each([
    [true, {}],
    [false, { ACTIONS_RESULTS_URL: '' }],
    [false, { ACTIONS_RUNTIME_TOKEN: '' }],
    [false, { RUNNER_TEMP: '' }],
    [false, { ACTIONS_CACHE_SERVICE_V2: '' }],
    [true, { ACTIONS_CACHE_SERVICE_V2: '', ACTIONS_CACHE_URL: 'http://127.0.0.1/' }],
    [false, { GITHUB_SERVER_URL: 'https://github.example.org' }],
    [true, { GITHUB_SERVER_URL: 'https://github.example.org', ACTIONS_CACHE_URL: 'http://x/' }],
  ])('is there: %j, with %j', (expected, variables) => {
    runs.start();
    Object.assign(process.env, variables);
    expect(isGithubCacheAvailable(process.env)).toBe(expected);
  });
});
