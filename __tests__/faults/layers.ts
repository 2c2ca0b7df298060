import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  compareImages,
  createLayerBench,
  type LayerBench,
  type LayerBuild,
  type LayerBuildResult,
} from '../support/layer-builds.ts';
import { readResidue } from '../support/residue.ts';
import { runAction } from '../support/runner.ts';
import { createSudoUser, type SudoUser } from '../support/sudo-user.ts';

const MINUTE_MS = 60_000;
let bench: LayerBench;
let user: SudoUser;
let cache: string;
let cold: LayerBuildResult;
/** Positions of the layers in their order. */
let chain: readonly string[];

beforeAll(async () => {
  bench = createLayerBench();
  user = createSudoUser();
  cache = join(bench.directory, 'cache');
  cold = await bench.build('cold', { cache, mode: 'write' });
  expect({ status: cold.status, log: cold.log.slice(-2000) }).toMatchObject({ status: 0 });
  expect(cold.layers.every(({ saved }) => saved)).toBe(true);
  chain = cold.layers.map(({ position }) => position);
  rmSync(join(cache, 'images'), { recursive: true });
}, 16 * MINUTE_MS);

afterAll(() => {
  user.remove();
  bench.close();
});

/** Expects hits up to a layer and none after it, and the image of the cold build. */
async function expectEqual(name: string, how: Omit<LayerBuild, 'cache'>, hits: number) {
  const warm = await bench.build(name, {
    ...how,
    cache: bench.keepLayers(cache, chain.slice(0, hits)),
  });
  expect({ status: warm.status, log: warm.log.slice(-2000) }).toMatchObject({ status: 0 });
  const results = warm.layers.map(({ result }) => result);
  expect(results).toEqual(chain.map((_, index) => (index < hits ? 'hit' : 'miss')));
  expect(compareImages(cold.image, warm.image, bench.directory)).toMatchObject({ equal: true });
  rmSync(join(bench.directory, 'images', name), { recursive: true });
}

const reversed = ['own-two', 'own-one', 'own-agent'];

describe('a build from layers has the tree of a cold build', () => {
  it(
    'and so has a second cold build, without a cache',
    async () => {
      const again = await bench.build('again', { cache, mode: 'off' });
      expect(again.layers).toEqual([]);
      expect(compareImages(cold.image, again.image, bench.directory)).toMatchObject({
        equal: true,
      });
    },
    16 * MINUTE_MS,
  );

  /** hits, on the disk, as another user, elements in another order */
  const combinations: readonly (readonly [number, boolean, boolean, boolean])[] = [
    [1, false, false, false],
    [1, true, true, true],
    [2, false, true, false],
    [2, true, false, true],
    [3, false, false, true],
    [3, true, true, false],
    [4, false, true, true],
    [4, true, false, false],
    [-2, false, true, false],
    [-2, true, false, true],
    [-1, false, false, false],
    [-1, false, true, true],
    [-1, true, true, false],
    [-1, true, false, true],
  ];
  it.each(combinations)(
    'restored up to layer %d, disk: %p, other user: %p, other order of elements: %p',
    async (hits, onDisk, asUser, otherOrder) => {
      await expectEqual(
        `warm-${hits}-${onDisk}-${asUser}-${otherOrder}`,
        {
          onDisk,
          ...(asUser ? { user } : {}),
          ...(otherOrder ? { elements: reversed } : {}),
        },
        hits < 0 ? chain.length + 1 + hits : hits,
      );
    },
    16 * MINUTE_MS,
  );

  it(
    'and a new commit of a source changes its own layer alone',
    async () => {
      bench.commit('second');
      const warm = await bench.build('commit', { cache: bench.keepLayers(cache, chain) });
      bench.commit('first');
      expect({ status: warm.status, log: warm.log.slice(-2000) }).toMatchObject({ status: 0 });
      const missed = warm.layers.filter(({ result }) => result === 'miss');
      expect(missed[0]?.reason).toMatch(/source \/opt\/own-agent changed/);
      expect(warm.layers.find(({ position }) => /fast-build/.test(position))?.result).toBe('hit');
      const { equal, differences } = compareImages(cold.image, warm.image, bench.directory);
      expect(equal).toBe(false);
      expect(differences).toContain('/usr/share/own-agent/agent.txt');
    },
    16 * MINUTE_MS,
  );
});

describe('the control: a root hook that runs a second time', () => {
  it(
    'is found by the check of the image',
    async () => {
      const program = join(bench.checkout, 'host', 'layer');
      const text = readFileSync(program, 'utf8');
      const broken = text.replace(
        "'trove-image-layers' not in name:\n            os.unlink",
        "'trove-image-layers' not in name and name != '50-block-daemons':\n            os.unlink",
      );
      expect(broken).not.toBe(text);
      writeFileSync(program, broken);
      const warm = await bench.build('control', { cache: bench.keepLayers(cache, chain) });
      writeFileSync(program, text);
      expect(warm.status).toBe(4);
      expect(warm.log).toMatch(/start-stop-daemon is not the program of its package/);
    },
    16 * MINUTE_MS,
  );
});

describe('two builds at once on one cache directory', () => {
  it(
    'both succeed, and leave complete layers only',
    async () => {
      const shared = join(bench.directory, 'shared');
      const both = await Promise.all(
        ['left', 'right'].map((name) => bench.build(name, { cache: shared, mode: 'read-write' })),
      );
      for (const { status, log } of both)
        expect({ status, log: log.slice(-2000) }).toMatchObject({ status: 0 });
      const [left, right] = both.map(({ image }) => image);
      expect(compareImages(left ?? '', right ?? '', bench.directory)).toMatchObject({
        equal: true,
      });
      expect(readdirSync(join(shared, 'staging'))).toEqual([]);
      const third = await bench.build('third', { cache: shared, flags: ['--cache-max-age', '1'] });
      expect(third.layers.every(({ result }) => result === 'hit')).toBe(true);
    },
    30 * MINUTE_MS,
  );
});

describe('SIGKILL of the whole process tree', () => {
  const start = (name: string, killWhen?: RegExp) =>
    runAction({
      actionDirectory: bench.checkout,
      directory: join(bench.directory, 'killed', name),
      inputs: {
        ...{ 'guest-os': 'debian', 'guest-release': 'bookworm', artifact: 'off' },
        'cache-backend': 'directory',
        'cache-path': join(bench.directory, 'killed-cache'),
      },
      timeLimitMs: 15 * MINUTE_MS,
      ...(killWhen ? { killWhen } : {}),
    });
  const nothing = { mounts: [], loops: [], processes: [], deviceMapper: [], files: [] };

  it.each([
    ['while the root layer is saved', /Saving the layer root/],
    ['while the packages are saved', /Saving the layer install/],
    ['while layers are restored', /reached extra-data-end/],
    ['while the root layer is restored', /reached root-begin/],
  ])(
    '%s leaves nothing, and no part of a layer',
    async (name, line) => {
      const run = await start(name.replaceAll(' ', '-'), line);
      expect(run.main.endedBy).toBe('kill');
      const workspace = basename(run.main.state.workspace ?? '');
      expect(readResidue(workspace, { fileRoots: [run.temp, '/var/tmp', '/tmp'] })).toEqual(
        nothing,
      );
      const layers = join(bench.directory, 'killed-cache', 'layers');
      for (const key of existsSync(layers) ? readdirSync(layers) : []) {
        const { blob } = JSON.parse(readFileSync(join(layers, key, 'manifest.json'), 'utf8'));
        expect(readFileSync(join(layers, key, 'blob'))).toHaveLength(blob.sizeBytes);
      }
    },
    16 * MINUTE_MS,
  );

  it(
    'does not keep the next build from working',
    async () => {
      const run = await start('next');
      expect(run.main.exitCode).toBe(0);
      expect(run.main.annotations.filter(({ level }) => level !== 'notice')).toEqual([]);
    },
    16 * MINUTE_MS,
  );
});
