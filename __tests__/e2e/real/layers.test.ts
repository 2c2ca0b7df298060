import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  compareImages,
  createLayerBench,
  type LayerBench,
  type LayerBuild,
  type LayerBuildResult,
} from '../../support/layer-builds.ts';
import { createSudoUser, type SudoUser } from '../../support/sudo-user.ts';

const MINUTE_MS = 60_000;
let bench: LayerBench;
let user: SudoUser;
let cache: string;
let cold: LayerBuildResult;

beforeAll(async () => {
  bench = createLayerBench();
  user = createSudoUser();
  cache = join(bench.directory, 'cache');
  cold = await bench.build('cold', { cache, mode: 'read-write' });
}, 16 * MINUTE_MS);

afterAll(() => {
  user.remove();
  bench.close();
});

/** A build whose cache holds so many layers of the cold one. */
function buildWarm(name: string, layers: number, how: Omit<LayerBuild, 'cache'> = {}) {
  const kept = cold.layers.slice(0, layers).map(({ position }) => position);
  return bench.build(name, { ...how, cache: bench.keepLayers(cache, kept) });
}

const resultsOf = ({ layers }: LayerBuildResult): string =>
  layers.map(({ result }) => result).join(' ');

describe('a real build of a bookworm guest, from layers of another one', () => {
  it('begins with a cold build that saves every layer', () => {
    expect({ status: cold.status, log: cold.log.slice(-2000) }).toMatchObject({ status: 0 });
    expect(cold.layers.map(({ result, saved }) => [result, saved])).toEqual(
      cold.layers.map(() => ['miss', true]),
    );
    expect(cold.layers.length).toBeGreaterThanOrEqual(5);
    expect(cold.log).not.toMatch(/Warning/);
  });

  it(
    'has the same tree when every layer is there and the elements come in another order',
    async () => {
      const warm = await buildWarm('all', cold.layers.length, {
        elements: ['own-two', 'own-one', 'own-agent'],
      });
      expect({ status: warm.status, log: warm.log.slice(-2000) }).toMatchObject({ status: 0 });
      expect(resultsOf(warm)).toBe(cold.layers.map(() => 'hit').join(' '));
      expect(compareImages(cold.image, warm.image, bench.directory)).toMatchObject({ equal: true });
    },
    10 * MINUTE_MS,
  );

  it(
    'has the same tree on the disk, for an unprivileged user with sudo, from the first two layers',
    async () => {
      const warm = await buildWarm('two', 2, { onDisk: true, user });
      expect({ status: warm.status, log: warm.log.slice(-2000) }).toMatchObject({ status: 0 });
      expect(resultsOf(warm)).toMatch(/^hit hit( miss)+$/);
      expect(compareImages(cold.image, warm.image, bench.directory)).toMatchObject({ equal: true });
    },
    10 * MINUTE_MS,
  );

  it(
    'keeps the packages when the source that an element installs from has a new commit',
    async () => {
      bench.commit('second');
      const warm = await buildWarm('commit', cold.layers.length);
      expect({ status: warm.status, log: warm.log.slice(-2000) }).toMatchObject({ status: 0 });
      const missed = warm.layers.filter(({ result }) => result === 'miss');
      expect(missed[0]?.reason).toBe('source /opt/own-agent changed');
      expect(warm.layers.find(({ position }) => /fast-build/.test(position))?.result).toBe('hit');
      const { equal, differences } = compareImages(cold.image, warm.image, bench.directory);
      expect(equal).toBe(false);
      expect(differences).toContain('/usr/share/own-agent/agent.txt');
      rmSync(join(bench.directory, 'images', 'commit'), { recursive: true });
    },
    10 * MINUTE_MS,
  );
});
