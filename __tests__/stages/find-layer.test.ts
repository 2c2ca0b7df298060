import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { Expected } from '../../src/core/layers/judge.ts';
import { failure } from '../../src/errors.ts';
import type { LayerManifest } from '../../src/model/layers.ts';
import type { WebAnswer } from '../../src/ports/files.ts';
import type { LayerStore, LayerTool } from '../../src/ports/layers.ts';
import { judgeLayer, loadLayer } from '../../src/stages/find-layer.ts';
import { fakeLog } from './fakes.ts';

const key = 'a'.repeat(64);
const dayMs = 86_400_000;
const nowMs = 100 * dayMs;
const archive = {
  url: 'http://archive.example.org/debian',
  suite: 'stable',
  sha256: createHash('sha256').update('signed').digest('hex'),
};
const good: LayerManifest = {
  ...{ format: 1, key, position: 'install.d/01-package-installs' },
  parent: { key: 'b'.repeat(64), sha256: 'c'.repeat(64) },
  blob: { sha256: 'd'.repeat(64), sizeBytes: 10, treeBytes: 20, entries: 1, deleted: 0 },
  ...{ resolvConf: 'file', mountHooks: [], mounts: [], ingredients: {}, observedArchives: [] },
  ...{ impureScripts: [], costMs: 1, savedAtMs: nowMs - dayMs / 2 },
};
const expected: Expected = {
  ...{ format: 1, key, position: good.position, parent: good.parent },
  ...{ nowMs, maxAgeMs: 7 * dayMs, maxImpureAgeMs: dayMs },
};

interface World {
  readonly find?: LayerStore['find'];
  readonly fetch?: LayerStore['fetch'];
  readonly check?: LayerTool['call'];
  readonly web?: (url: string) => WebAnswer;
}

/** Loads a layer and judges it, with a store that has `found` and a blob that is as it should be. */
async function findLayer(found: unknown, world: World = {}, wanted = expected) {
  const log = fakeLog();
  const calls: string[] = [];
  const store: LayerStore = {
    find: world.find ?? (async () => found),
    fetch:
      world.fetch ??
      (async (manifest, path) => void calls.push(`fetch ${manifest.blob.sha256} ${path}`)),
    store: async () => undefined,
  };
  const accept = async <T>(words: readonly string[]): Promise<T> => {
    calls.push(words.join(' '));
    return { ok: true } as T;
  };
  const checker: LayerTool = { call: world.check ?? accept };
  const web = { get: async (url: string) => world.web?.(url) ?? assertNoRequest(url) };
  const loaded = await loadLayer({ store, checker }, wanted.key, '/blobs/one');
  const result = await judgeLayer({ log, web }, wanted, loaded);
  return { result, calls, warnings: log.problems };
}

function assertNoRequest(url: string): never {
  throw new Error(`nobody may ask for ${url} here`);
}

const refusing =
  (refused: string): LayerTool['call'] =>
  async <T>() =>
    ({ refused }) as T;

describe('a layer that is as it should be', () => {
  it('is fetched, checked against its manifest, and taken without a word', async () => {
    const { result, calls, warnings } = await findLayer(good);
    expect(result).toEqual({ manifest: good, blobPath: '/blobs/one' });
    expect(calls).toEqual([
      `fetch ${good.blob.sha256} /blobs/one`,
      `check /blobs/one --sha256 ${good.blob.sha256} --size 10 --tree-bytes 20`,
    ]);
    expect(warnings).toEqual([]);
  });

  it('that is just not there is no trouble, and has no reason', async () => {
    expect(await findLayer(null)).toMatchObject({ result: { reason: null }, warnings: [] });
  });
});

describe('a layer is refused with a warning and a reason', () => {
  const withBlob = (change: object) => ({ ...good, blob: { ...good.blob, ...change } });
  const cases: readonly (readonly [string, unknown, RegExp])[] = [
    ['no object', 'text', /^its manifest is not readable$/],
    ['a number', 7, /not readable/],
    ['a list', [], /not readable/],
    ['no manifest', {}, /not readable/],
    ['without a blob', { ...good, blob: undefined }, /not readable/],
    ['a blob of null', { ...good, blob: null }, /not readable/],
    ['a digest that is a path', withBlob({ sha256: '../../etc/shadow' }), /not readable/],
    ['a digest with a line after it', withBlob({ sha256: `${'d'.repeat(64)}\n` }), /not readable/],
    ['a size that is no number', withBlob({ sizeBytes: '10' }), /not readable/],
    ['a size without end', withBlob({ treeBytes: Number.POSITIVE_INFINITY }), /not readable/],
    ['ingredients of null', { ...good, ingredients: null }, /not readable/],
    ['mounts that are no list', { ...good, mounts: 'proc' }, /not readable/],
    ['archives that are no list', { ...good, observedArchives: {} }, /not readable/],
    ['archives of null', { ...good, observedArchives: [null] }, /not readable/],
    ['an archive without a URL', { ...good, observedArchives: [{ suite: 'x' }] }, /not readable/],
    ['hooks that are no names', { ...good, mountHooks: [7] }, /not readable/],
    ['scripts that are no names', { ...good, impureScripts: [null] }, /not readable/],
    ['an unknown resolv.conf', { ...good, resolvConf: 'other' }, /not readable/],
    ['no time', { ...good, savedAtMs: '2020' }, /not readable/],
    ['another key', { ...good, key: 'e'.repeat(64) }, /^it is another layer than its name says$/],
    ['another position', { ...good, position: 'root' }, /another layer than its name says/],
    ['no parent', { ...good, parent: null }, /^it was made above another layer$/],
    [
      'another parent',
      { ...good, parent: { ...good.parent, key: 'e'.repeat(64) } },
      /above another layer/,
    ],
    [
      'a parent of other bytes',
      { ...good, parent: { ...good.parent, sha256: 'e'.repeat(64) } },
      /above another layer/,
    ],
  ];
  it.each(cases)('whose manifest is, or has, %s', async (_, found, reason) => {
    const { result, warnings } = await findLayer(found);
    expect(result).toEqual({ reason: expect.stringMatching(reason) });
    expect(warnings).toEqual([
      {
        code: 'layer-refused',
        message: expect.stringMatching(
          /^The layer install\.d\/01-package-installs \(a{12}\) in the cache is not used: .+\.$/,
        ),
        hint: expect.stringContaining('trove-image cache rm'),
      },
    ]);
  });

  it('that has a parent where none is wanted', async () => {
    const { result } = await findLayer(good, {}, { ...expected, parent: null });
    expect(result).toEqual({ reason: 'it was made above another layer' });
  });

  it.each([
    'it has 9 bytes instead of 10',
    'its bytes are not those that were saved (SHA-256 differs)',
    "its member '../evil' leads out of the tree",
  ])('whose blob does not pass the check: %s', async (refused) => {
    const { result, warnings } = await findLayer(good, { check: refusing(refused) });
    expect(result).toEqual({ reason: refused });
    expect(warnings).toMatchObject([{ code: 'layer-refused' }]);
    expect(warnings[0]?.message).toContain(`is not used: ${refused}.`);
  });
});

describe('a layer that is just old is left without a warning, with a reason', () => {
  const impure = { ...good, impureScripts: ['install.d/50-pip'] };
  it.each([
    ['of another version', { ...good, format: 0 }, /^it was made by another version \(format 0\)$/],
    ['older than allowed', { ...good, savedAtMs: nowMs - 8 * dayMs }, /^it is 8 d.* old$/],
    [
      'of yesterday, made by a script that fetches',
      { ...impure, savedAtMs: nowMs - 1.5 * dayMs },
      /^it is .+ old, and install\.d\/50-pip fetched what may have changed$/,
    ],
  ])('%s', async (_, found, reason) => {
    const { result, warnings } = await findLayer(found);
    expect(result).toEqual({ reason: expect.stringMatching(reason) });
    expect(warnings).toEqual([]);
  });

  it('but that of a script that fetches is taken on the same day', async () => {
    expect((await findLayer(impure)).result).toMatchObject({ manifest: impure });
  });
});

describe('an archive that a script added', () => {
  const found = { ...good, observedArchives: [archive] };
  const answer = (text: string): WebAnswer => ({ ok: true, body: new TextEncoder().encode(text) });

  it('lets the layer be taken while it is as it was', async () => {
    const asked: string[] = [];
    const web = (url: string) => {
      asked.push(url);
      return answer('signed');
    };
    expect((await findLayer(found, { web })).result).toMatchObject({ manifest: found });
    expect(asked).toEqual(['http://archive.example.org/debian/dists/stable/InRelease']);
  });

  it.each<WebAnswer>([
    answer('signed later'),
    { ok: false, status: 404, reason: 'not found' },
    { ok: false, status: null, reason: 'timeout' },
  ])('is a reason and no warning when it is not: %j', async (given) => {
    const { result, warnings } = await findLayer(found, { web: () => given });
    expect(result).toEqual({
      reason: 'archive http://archive.example.org/debian stable changed',
    });
    expect(warnings).toEqual([]);
  });
});

describe('trouble of the store is a warning of its own, and never thrown:', () => {
  const problem = failure('host', 'cache-service', 'The service said 503', 'Wait');
  const fail = (error: unknown) => async (): Promise<never> => {
    throw error;
  };
  it.each<readonly [string, World, RegExp]>([
    ['it does not find', { find: fail(problem) }, /The service said 503/],
    ['it does not fetch', { fetch: fail(new Error('socket hang up')) }, /socket hang up/],
    ['the disk is full', { fetch: fail(Object.assign(new Error('x'), { code: 'ENOSPC' })) }, /./],
    ['it throws what is no error', { find: fail('nonsense') }, /./],
    ['the check cannot run', { check: fail(new Error('zstd: not found')) }, /zstd: not found/],
  ])('%s', async (_, world, why) => {
    const { result, warnings } = await findLayer(good, world);
    expect(result).toEqual({ reason: expect.stringMatching(/^the cache did not give it: ./) });
    expect((result as { reason: string }).reason).toMatch(why);
    expect(warnings).toEqual([
      {
        code: 'cache-trouble',
        message: expect.stringMatching(
          /^The layer install\.d\/01-package-installs could not be fetched: ./,
        ),
        hint: expect.stringContaining('The build goes on'),
      },
    ]);
  });
});
