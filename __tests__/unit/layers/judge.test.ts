import { describe, expect, it } from '@jest/globals';
import { type Expected, judgeManifest, readTrail } from '../../../src/core/layers/judge.ts';
import { type LayerManifest, layerFormat } from '../../../src/model/layers.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const nowMs = Date.UTC(2026, 10, 25, 12);
const parent = { key: 'c'.repeat(64), sha256: 'd'.repeat(64) };

/** What a real build stored of its packages. */
const stored: LayerManifest = {
  format: layerFormat,
  key: 'a'.repeat(64),
  position: 'install.d/03-trove-guest-fast-build',
  parent,
  blob: {
    sha256: 'b'.repeat(64),
    ...{ sizeBytes: 390_672_734, treeBytes: 1_265_449_655, entries: 35_037, deleted: 0 },
  },
  resolvConf: 'file',
  mountHooks: [],
  mounts: [],
  ingredients: { architecture: 'amd64', 'script install.d/00-up-to-date': 'e'.repeat(64) },
  observedArchives: [],
  impureScripts: [],
  costMs: 67_139,
  savedAtMs: nowMs - 2 * hourMs,
};
const expected: Expected = {
  ...{ format: layerFormat, key: stored.key, position: stored.position, parent },
  ...{ nowMs, maxAgeMs: 7 * dayMs, maxImpureAgeMs: dayMs },
};
const judge = (changes: object, wanted: Partial<Expected> = {}) =>
  judgeManifest({ ...stored, ...changes }, { ...expected, ...wanted });
const unreadable = { refused: 'its manifest is not readable', isStale: false };

describe('a manifest', () => {
  it('that is what was asked for is used', () => {
    expect(judge({})).toEqual({ manifest: stored });
  });

  it('is used after a trip through JSON, with archives, mounts and scripts that fetch', () => {
    const full = {
      mounts: ['var/cache/apt/archives'],
      mountHooks: ['50-shared-apt-cache'],
      observedArchives: [
        { url: 'http://archive.example.org/x', suite: 'stable', sha256: 'f'.repeat(64) },
      ],
      impureScripts: ['install.d/10-x'],
    };
    const found = JSON.parse(JSON.stringify({ ...stored, ...full }));
    expect(judgeManifest(found, expected)).toEqual({ manifest: found });
  });

  it('of the bootstrapped system has no parent', () => {
    const root = { position: 'root', parent: null };
    expect(judge(root, root)).toHaveProperty('manifest');
  });

  const other = 'it is another layer than its name says';
  const above = 'it was made above another layer';
  const rows: readonly (readonly [string, object, Partial<Expected>, string, boolean])[] = [
    ['of an older format', { format: 0 }, {}, 'it was made by another version (format 0)', true],
    ['of a newer format', { format: 99 }, {}, 'it was made by another version (format 99)', true],
    ['with another key', { key: '0'.repeat(64) }, {}, other, false],
    ['of another position', { position: 'root' }, {}, other, false],
    ['above a parent of another key', { parent: { ...parent, key: 'x' } }, {}, above, false],
    ['above other content', { parent: { ...parent, sha256: 'x' } }, {}, above, false],
    ['above nothing', { parent: null }, {}, above, false],
    ['above something, where nothing is', {}, { parent: null }, above, false],
    ['above a parent without a digest', { parent: { key: parent.key } }, {}, above, false],
    ['that is eight days old', { savedAtMs: nowMs - 8 * dayMs }, {}, 'it is 8 days old', true],
    ['older than the user wants', {}, { maxAgeMs: hourMs }, 'it is 2 h old', true],
    [
      'that is a moment too old',
      { savedAtMs: nowMs - 7 * dayMs - 1 },
      {},
      'it is 7 days old',
      true,
    ],
    [
      'that fetched something a day ago',
      { savedAtMs: nowMs - dayMs - 1, impureScripts: ['install.d/10-x', 'install.d/20-y'] },
      {},
      'it is 24 h old, and install.d/10-x, install.d/20-y fetched what may have changed',
      true,
    ],
  ];
  it.each(rows)('%s is refused', (_what, changes, wanted, refused, isStale) => {
    expect(judge(changes, wanted)).toEqual({ refused, isStale });
  });

  it.each([
    ['just as old as it may be', { savedAtMs: nowMs - 7 * dayMs }],
    ['just as old as one that fetched may be', { savedAtMs: nowMs - dayMs, impureScripts: ['x'] }],
    ['from a clock that is ahead', { savedAtMs: nowMs + hourMs }],
    ['with a field that is not known', { more: 1 }],
    ['that is empty', { blob: { ...stored.blob, entries: 0, treeBytes: 0 } }],
    ['whose resolv.conf is a link', { resolvConf: 'link' }],
  ])('%s is used', (_what, changes) => {
    expect(judge(changes)).toHaveProperty('manifest');
  });

  it('of a fetching script is used no longer than any other', () => {
    const changes = { savedAtMs: nowMs - 2 * hourMs, impureScripts: ['x'] };
    expect(judge(changes, { maxAgeMs: hourMs })).toEqual({
      ...{ refused: 'it is 2 h old', isStale: true },
    });
  });

  it('with an age limit of nothing is used in the same moment only', () => {
    expect(judge({ savedAtMs: nowMs }, { maxAgeMs: 0 })).toHaveProperty('manifest');
    expect(judge({ savedAtMs: nowMs - 1 }, { maxAgeMs: 0 })).toHaveProperty('refused');
  });

  it.each([null, undefined, 1, 'text', true, [], [stored], {}, () => stored])(
    'that is %p is not readable',
    (found) => {
      expect(judgeManifest(found, expected)).toEqual(unreadable);
    },
  );

  it.each(Object.keys(stored))('without its %s is not readable, or another one', (field) => {
    const { [field]: _gone, ...rest } = { ...stored } as Record<string, unknown>;
    expect(judgeManifest(rest, expected)).toEqual(unreadable);
  });

  const wrong: readonly (readonly [string, object])[] = [
    ...[{ format: '1' }, { format: null }, { key: 1 }, { position: ['root'] }, { parent: 'root' }],
    ...[{ parent: [] }, { parent: 1 }, { resolvConf: 'directory' }, { resolvConf: '' }],
    ...[{ mountHooks: 'x' }, { mountHooks: [1] }, { mountHooks: [['--keep']] }, { mounts: {} }],
    ...[{ mounts: [null] }, { ingredients: [] }, { ingredients: null }, { ingredients: { a: 1 } }],
    ...[{ observedArchives: {} }, { observedArchives: [null] }, { observedArchives: ['x'] }],
    ...[{ observedArchives: [{ url: 'x', suite: 'y' }] }, { observedArchives: [{ url: 1 }] }],
    ...[{ impureScripts: 'x' }, { impureScripts: [{}] }, { costMs: '1' }, { savedAtMs: null }],
    ...[{ savedAtMs: '2026' }, { blob: null }, { blob: [] }, { blob: 'x' }],
  ].map((changes) => [JSON.stringify(changes), changes] as const);
  it.each(wrong)('with %s is not readable', (_what, changes) => {
    expect(judge(changes)).toEqual(unreadable);
  });

  const digests = ['', 'b'.repeat(63), 'B'.repeat(64), `${'b'.repeat(64)}\n`, '../x', 1, null];
  it.each(digests)('with the digest %p of its blob is not readable', (sha256) => {
    expect(judge({ blob: { ...stored.blob, sha256 } })).toEqual(unreadable);
  });

  it.each(['sizeBytes', 'treeBytes', 'entries', 'deleted'])(
    'whose blob has no sound number of %s is not readable',
    (field) => {
      for (const value of [-1, 1.5, '1', null, undefined, 2 ** 60, Number.NaN])
        expect(judge({ blob: { ...stored.blob, [field]: value } })).toEqual(unreadable);
    },
  );
});

describe('a trail', () => {
  const { position, key, ingredients, costMs, savedAtMs } = stored;
  const layer = { position, key, ingredients, costMs, savedAtMs };
  const trail = { format: layerFormat, savedAtMs, extraData: 'x', layers: [layer] };

  it('of this format is read as it is', () => {
    expect(readTrail(trail, layerFormat)).toBe(trail);
    expect(readTrail({ ...trail, layers: [] }, layerFormat)).toMatchObject({ layers: [] });
  });

  it.each([
    ...[null, undefined, 1, 'text', [], {}, { ...trail, format: 0 }, { ...trail, format: '1' }],
    ...[
      { ...trail, layers: null },
      { ...trail, layers: {} },
      { ...trail, layers: [null] },
    ],
    ...[
      { ...trail, layers: [layer, 'x'] },
      { ...trail, layers: [[]] },
    ],
    ...Object.keys(layer).map((field) => ({ ...trail, layers: [{ ...layer, [field]: null }] })),
    { ...trail, layers: [{ ...layer, ingredients: { a: 1 } }] },
  ])('that is %j is none', (found) => {
    expect(readTrail(found, layerFormat)).toBeNull();
  });
});
