import { describe, expect, it } from '@jest/globals';
import { findAsTrove, listBuilds } from '../../../src/core/publish/builds.ts';
import { chooseOutgoing } from '../../../src/core/publish/rollback.ts';
import { buildProperties, type SeenImage } from '../../../src/model/publish.ts';
import type { PublishWish } from '../../../src/model/publish-wish.ts';
import {
  addImage,
  type Fault,
  makeCloud,
  type PretendCloud,
  watch,
} from '../../support/pretend-cloud.ts';
import { digestOf, mysql, policy, wishFor } from '../../support/publish-wishes.ts';
import { makePublisher, type Publisher, runToEnd, step } from '../../support/publisher.ts';

const { line, tags } = wishFor(0);
const minute = 60_000;

/** mulberry32: the same numbers for the same seed, everywhere. */
function makeRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below);
  };
}

/** Images of others: with our tags, inherited properties, other owners, other lines. */
function addStrangers(cloud: PretendCloud): readonly SeenImage[] {
  runToEnd(cloud, 'first', wishFor(0));
  const [first] = listBuilds(watch(cloud), line);
  const properties = first?.image.properties ?? {};
  return [
    addImage(cloud, { name: 'by hand', tags: ['trove', 'mysql'], createdAtMs: 0 }),
    addImage(cloud, { name: 'snapshot', properties, status: 'queued', createdAtMs: 0 }),
    addImage(cloud, {
      id: 'elsewhere',
      owner: 'project-2',
      properties: { ...properties, [buildProperties.image]: 'elsewhere' },
      createdAtMs: 0,
    }),
    addImage(cloud, {
      id: 'other-line',
      properties: {
        ...properties,
        [buildProperties.image]: 'other-line',
        [buildProperties.line]: 'other',
        [buildProperties.state]: 'candidate',
      },
      createdAtMs: 0,
    }),
  ].map((image) => structuredClone(image));
}

/** What Trove gets is complete, and once there always there; it never goes back to older source. */
function makeReader(cloud: PretendCloud, strict: { monotonic: boolean }) {
  let newestMs = 0;
  return () => {
    const seen = watch(cloud);
    const chosen = findAsTrove(seen.images, tags);
    const build = listBuilds(seen, line).find(({ image }) => image.id === chosen?.id);
    if (build === undefined) throw new Error(`Trove chose ${chosen?.name ?? 'nothing'}`);
    if (build.image.digest?.value !== digestOf(build.buildId))
      throw new Error('Trove chose damage');
    if (strict.monotonic && build.sourceTimeMs < newestMs) {
      throw new Error(`Trove went back to ${build.buildId}`);
    }
    newestMs = Math.max(newestMs, build.sourceTimeMs);
    return build;
  };
}

/** Images of runs that were killed after they had promoted: all with their tags, in any order of age. */
function addUnfinished(cloud: PretendCloud, random: (below: number) => number): void {
  for (let count = 0; count < 3; count += 1) {
    const number = -random(20);
    runToEnd(
      cloud,
      `old-${count}`,
      wishFor(0, { line: `old ${count}`, buildId: `build-${number}` }),
    );
    const image = cloud.images.at(-1) as SeenImage;
    Object.assign(image, { createdAtMs: cloud.nowMs - random(100) * minute });
    Object.assign(image.properties, {
      [buildProperties.line]: line,
      [buildProperties.sourceTime]: new Date(wishFor(number).sourceTimeMs).toISOString(),
    });
  }
}

const faults: readonly Fault[] = ['refused', 'lost', 'cut', 'stuck', 'flipped'];

interface World {
  readonly seed: number;
  readonly wishes: (random: (below: number) => number) => PublishWish;
  readonly publishers: number;
  readonly faultPercent: number;
  readonly killPercent: number;
  readonly monotonic: boolean;
  /** Whether they all start at once, and each runs in bursts. */
  readonly together?: boolean;
}

/** Interleaves publishers, step by step, with faults, kills and stalls; checks after every step. */
function runWorld(world: World) {
  const { seed, wishes, publishers, faultPercent, killPercent, monotonic, together } = world;
  const random = makeRandom(seed);
  const cloud = makeCloud();
  const strangers = addStrangers(cloud);
  if (together) addUnfinished(cloud, random);
  const read = makeReader(cloud, { monotonic });
  const everPromoted = new Set<string>();
  const alive: Publisher[] = [];
  let started = 0;
  let kills = 0;
  let index = 0;
  const start = (wish: PublishWish) => {
    started += 1;
    alive.push(makePublisher(cloud, `run-${started}`, wish));
  };
  for (let steps = 0; started < publishers || alive.length > 0; steps += 1) {
    if (steps > 20_000) throw new Error('no end in sight');
    if (started < publishers && (together || alive.length === 0 || random(15) === 0)) {
      start(wishes(random));
      // in this case they have all looked before anybody does anything
      if (together) step(cloud, alive.at(-1) as Publisher, 'none');
      if (together) continue;
    }
    // some are slow: while they stall, others take them for dead
    cloud.nowMs += random(60) === 0 ? 40 * minute : random(20) * 1000;
    if (!together || index >= alive.length || random(8) === 0) index = random(alive.length);
    const publisher = alive[index] as Publisher;
    const fault =
      random(100) < faultPercent ? (faults[random(faults.length)] as Fault) : ('none' as const);
    step(cloud, publisher, fault);
    read();
    for (const { image, state } of listBuilds(watch(cloud), line)) {
      if (state === 'promoted') everPromoted.add(image.id);
    }
    const left = cloud.images.filter(({ id }) => everPromoted.has(id)).length;
    expect(left).toBeGreaterThanOrEqual(Math.min(policy.keep, everPromoted.size));
    const isKilled = random(100) < killPercent;
    if (isKilled && publisher.stop === null) kills += 1;
    if (publisher.stop !== null || isKilled) alive.splice(index, 1);
  }
  return { cloud, strangers, read, kills };
}

/** After all, one more run without faults, when the grace period is over, makes everything as it shall be. */
function expectOrder(cloud: PretendCloud, strangers: readonly SeenImage[], wish: PublishWish) {
  cloud.nowMs += 120 * minute;
  runToEnd(cloud, 'last', wish);
  cloud.nowMs += 120 * minute;
  const { run } = runToEnd(cloud, 'again', wish);
  expect(run.history.filter(({ operation }) => operation.kind !== 'delete')).toEqual([]);
  expect(runToEnd(cloud, 'once more', wish).run.history).toEqual([]);
  const builds = listBuilds(watch(cloud), line);
  const states = builds.map(({ state }) => state);
  expect(states.filter((state) => state === 'promoted')).toHaveLength(1);
  expect(states).not.toContain('candidate');
  expect(states.filter((state) => state === 'retired').length).toBeLessThanOrEqual(policy.keep - 1);
  for (const stranger of strangers) expect(cloud.images).toContainEqual(stranger);
  expect(builds.length + strangers.length).toBe(cloud.images.length);
  return builds;
}

/** Names the seed when something does not hold. */
function forSeeds(count: number, check: (seed: number) => void): void {
  for (let seed = 1; seed <= count; seed += 1) {
    try {
      check(seed);
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : error}`, {
        cause: error,
      });
    }
  }
}

describe('runs beside one another, with faults, stalls and kills', () => {
  const world = {
    wishes: (random: (below: number) => number) => wishFor(random(6)),
    publishers: 8,
    faultPercent: 15,
    killPercent: 3,
    monotonic: true,
  } as const;

  it('always leave a whole image to Trove, never an older one, and end in the same order', () => {
    let kills = 0;
    forSeeds(150, (seed) => {
      const after = runWorld({ ...world, seed });
      kills += after.kills;
      const builds = expectOrder(after.cloud, after.strangers, wishFor(9));
      expect(builds.at(-1)).toMatchObject({ buildId: 'build-9', state: 'promoted' });
      expect(after.read().buildId).toBe('build-9');
    });
    expect(kills).toBeGreaterThan(100);
  });

  it('do so when all start at once, from what killed runs have left', () => {
    forSeeds(400, (seed) => {
      const { cloud, strangers } = runWorld({
        ...world,
        seed,
        publishers: 3,
        faultPercent: 2,
        killPercent: 0,
        together: true,
      });
      if (seed % 20 === 0) expectOrder(cloud, strangers, wishFor(9));
    });
  });

  it('agree on the image when datastore versions name an id', () => {
    const versions = [{ ...mysql, find: 'id' as const }];
    forSeeds(50, (seed) => {
      const wishes = (random: (below: number) => number) =>
        wishFor(1 + random(5), { versions, prove: random(2) === 0 });
      const { cloud, strangers } = runWorld({ ...world, seed, wishes });
      const winner = expectOrder(cloud, strangers, wishFor(9, { versions })).at(-1);
      expect(cloud.versions.map(({ imageId }) => imageId)).toEqual([winner?.image.id]);
    });
  });

  it('promote one build once when all have the same one', () => {
    forSeeds(100, (seed) => {
      const after = runWorld({
        ...world,
        seed,
        wishes: () => wishFor(1),
        publishers: 5,
        faultPercent: 0,
        killPercent: 0,
      });
      const builds = listBuilds(watch(after.cloud), line);
      expect(builds.map(({ buildId, state }) => [buildId, state])).toEqual([
        ['build-0', 'retired'],
        ['build-1', 'promoted'],
      ]);
    });
  });

  it('come to one end when some of them roll back', () => {
    forSeeds(100, (seed) => {
      const { cloud, strangers } = runWorldInTurn(seed);
      expectOrder(cloud, strangers, wishFor(9));
    });
  });
});

/** One after the other, each killed somewhere and called again until it ends. */
function runWorldInTurn(seed: number) {
  const random = makeRandom(seed);
  const cloud = makeCloud();
  const strangers = addStrangers(cloud);
  const read = makeReader(cloud, { monotonic: false });
  for (let turn = 0; turn < 8; turn += 1) {
    const from = chooseOutgoing(watch(cloud), line) ?? '';
    const wish =
      random(3) === 0
        ? ({ kind: 'rollback', line, from, becomes: 'withdrawn', policy } as const)
        : wishFor(1 + random(8));
    for (let call = 0; call < 20; call += 1) {
      const publisher = makePublisher(cloud, `run-${turn}-${call}`, wish);
      while (publisher.stop === null && random(25) !== 0) {
        cloud.nowMs += random(40 * 1000);
        step(cloud, publisher, random(100) < 10 ? 'lost' : 'none');
        read();
      }
      cloud.nowMs += 40 * minute;
      if (publisher.stop !== null) break;
    }
  }
  return { cloud, strangers };
}
