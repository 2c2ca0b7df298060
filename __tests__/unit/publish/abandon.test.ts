import { describe, expect, it } from '@jest/globals';
import { findAsTrove, listBuilds } from '../../../src/core/publish/builds.ts';
import { decide } from '../../../src/core/publish/decide.ts';
import { remember } from '../../../src/core/publish/history.ts';
import { undoPromotion } from '../../../src/core/publish/wish.ts';
import type { Operation, PublishRun, Stop } from '../../../src/model/publish-run.ts';
import type { AbandonWish } from '../../../src/model/publish-wish.ts';
import {
  addImage,
  type Fault,
  lookAt,
  makeCloud,
  type PretendCloud,
  perform,
  watch,
} from '../../support/pretend-cloud.ts';
import { mysql, policy, startRun, wishFor } from '../../support/publish-wishes.ts';
import { makePublisher, runToEnd, step } from '../../support/publisher.ts';

const { line, tags } = wishFor(0);
const stop: Stop = { kind: 'stop', outcome: 'failed', code: 'cancelled', why: 'it ends', hint: '' };
const abandonment: AbandonWish = { kind: 'abandon', line, stop, policy };
const states = (cloud: PretendCloud) =>
  listBuilds(watch(cloud), line).map(({ buildId, state }) => `${buildId} ${state}`);

/** Goes back from what a run has, as the command does: with an empty history. */
function abandon(cloud: PretendCloud, id: string, fault: () => Fault = () => 'none') {
  let run: PublishRun = startRun(id, cloud.nowMs);
  for (;;) {
    const next = decide(abandonment, lookAt(cloud), run);
    if (next.kind === 'stop') return { run, stop: next };
    run = remember(run, { operation: next, refusal: perform(cloud, next, fault()) });
  }
}

/** A run that has done so many steps; what it would have done next. */
function runFor(cloud: PretendCloud, id: string, steps: number) {
  const publisher = makePublisher(cloud, id, wishFor(2));
  for (let done = 0; done < steps && publisher.stop === null; done += 1) {
    cloud.nowMs += 1000;
    step(cloud, publisher, 'none');
  }
  return publisher;
}

describe('a run that is given up', () => {
  it('deletes its candidate, whatever is in it, and ends as it was told to', () => {
    for (const status of ['queued', 'saving', 'active', 'killed']) {
      const cloud = makeCloud();
      runToEnd(cloud, 'first', wishFor(1));
      runFor(cloud, 'mine', 3);
      Object.assign(cloud.images[1] ?? {}, { status });
      const { run, stop: end } = abandon(cloud, 'mine');
      expect(end).toBe(stop);
      expect(run.history.map(({ operation }) => operation.kind)).toEqual(['delete']);
      expect(states(cloud)).toEqual(['build-1 promoted']);
    }
  });

  it('does nothing where it has no candidate', () => {
    const cloud = makeCloud();
    expect(abandon(cloud, 'mine')).toMatchObject({ run: { history: [] }, stop });
  });

  it('leaves alone what it has promoted, and what other runs, lines and people have', () => {
    const cloud = makeCloud();
    runToEnd(cloud, 'mine', wishFor(1));
    runToEnd(cloud, 'mine', wishFor(1, { line: 'other line', buildId: 'other' }));
    runFor(cloud, 'rival', 3);
    addImage(cloud, { name: 'by hand', tags });
    const before = lookAt(cloud);
    expect(abandon(cloud, 'mine').run.history).toEqual([]);
    expect(lookAt(cloud)).toEqual(before);
  });

  it('does not delete a candidate that somebody has protected, and ends', () => {
    const cloud = makeCloud();
    runFor(cloud, 'mine', 3);
    Object.assign(cloud.images[0] ?? {}, { protected: true });
    expect(abandon(cloud, 'mine')).toMatchObject({ run: { history: [] }, stop });
  });

  it('tries as often as anything, and then leaves the rest to the next run', () => {
    const cloud = makeCloud();
    runFor(cloud, 'mine', 3);
    const { run, stop: end } = abandon(cloud, 'mine', () => 'refused');
    expect(run.history).toHaveLength(policy.attempts);
    expect([end, states(cloud)]).toEqual([stop, ['build-2 candidate']]);
    cloud.nowMs += policy.staleMs + 1;
    runToEnd(cloud, 'next', wishFor(2));
    expect(states(cloud)).toEqual(['build-2 promoted']);
  });

  it('leaves the cloud to others as if it had never been, wherever it was, also with faults', () => {
    let abandoned = 0;
    for (let seed = 0; seed < 300; seed += 1) {
      const cloud = makeCloud();
      runToEnd(cloud, 'first', wishFor(1));
      const chosen = findAsTrove(cloud.images, tags)?.id;
      const mine = runFor(cloud, 'mine', seed % 8);
      const wasPromoted = states(cloud).includes('build-2 promoted');
      const faults: readonly Fault[] = ['lost', 'none', 'refused', 'none'];
      let calls = seed;
      abandon(cloud, 'mine', () => faults[(calls++ * 7 + seed) % 4] ?? 'none');
      if (!wasPromoted) {
        abandoned += 1;
        expect([seed, states(cloud)]).toEqual([seed, ['build-1 promoted']]);
        expect(findAsTrove(cloud.images, tags)?.id).toBe(chosen);
      } else expect(mine.run.history.at(-1)?.operation.kind).toMatch(/promote|version|retire/);
      const { stop: end } = runToEnd(cloud, 'next', wishFor(2));
      expect(end.outcome).toMatch(/published/);
      expect(states(cloud)).toEqual(['build-1 retired', 'build-2 promoted']);
    }
    expect(abandoned).toBeGreaterThan(200);
  });
});

describe('a promotion that is undone', () => {
  const undo = (cloud: PretendCloud, id: string | undefined) =>
    runToEnd(cloud, 'undo', undoPromotion(wishFor(2), id ?? ''));
  /** A cloud in which a run has just promoted the second build, and done nothing after it. */
  function promote(before: readonly number[]) {
    const cloud = makeCloud();
    for (const number of before)
      runToEnd(cloud, `run-${number}`, wishFor(number, { versions: [] }));
    const mine = makePublisher(cloud, 'mine', wishFor(2));
    while (mine.run.history.at(-1)?.operation.kind !== 'promote') step(cloud, mine, 'none');
    return { cloud, id: cloud.images.at(-1)?.id };
  }

  it('gives Trove the predecessor again, which still has its tags', () => {
    const { cloud, id } = promote([1]);
    const { run, stop: end } = undo(cloud, id);
    expect(end).toMatchObject({ outcome: 'rolled-back', code: null });
    expect(states(cloud)).toEqual(['build-1 promoted', 'build-2 retired']);
    expect(findAsTrove(cloud.images, tags)?.id).toBe(cloud.images[0]?.id);
    expect(run.history.map(({ operation }) => operation.kind)).toEqual(['withdraw', 'retire']);
  });

  it('leaves nothing to Trove where there was nothing before, and the image to be looked at', () => {
    const { cloud, id } = promote([]);
    expect(undo(cloud, id).stop).toMatchObject({ outcome: 'rolled-back', code: null });
    expect(states(cloud)).toEqual(['build-2 retired']);
    expect(cloud.images).toMatchObject([{ hidden: true, tags: [], protected: false }]);
    expect(findAsTrove(cloud.images, tags)).toBeNull();
  });

  it.each([[[]], [[1]]])(
    'may be called again, and the build be published again: after %j',
    (before) => {
      const { cloud, id } = promote(before);
      undo(cloud, id);
      expect(undo(cloud, id)).toMatchObject({ run: { history: [] }, stop: { code: null } });
      const { stop: end } = runToEnd(cloud, 'next day', wishFor(2));
      expect(end.outcome).toBe('published');
      expect(states(cloud).at(-1)).toBe('build-2 promoted');
    },
  );

  it('is taken up where it was left when an answer is lost', () => {
    for (const before of [[], [1]]) {
      const { cloud, id } = promote(before);
      const first = makePublisher(cloud, 'undo', undoPromotion(wishFor(2), id ?? ''));
      for (let steps = 0; steps < 2; steps += 1) step(cloud, first, 'lost');
      expect(undo(cloud, id).stop).toMatchObject({ outcome: 'rolled-back', code: null });
      expect(states(cloud).at(-1)).toBe('build-2 retired');
    }
  });

  it('never takes another image for the one to undo', () => {
    const { cloud } = promote([1]);
    for (const id of ['', 'image-99']) {
      const before = lookAt(cloud).images;
      const { run, stop: end } = undo(cloud, id);
      expect([run.history, end.code]).toEqual([[], 'nothing-to-roll-back']);
      expect(lookAt(cloud).images).toEqual(before);
    }
  });

  it('of a withdrawal, by a person, is refused where there is no predecessor', () => {
    const { cloud, id } = promote([]);
    const wish = { ...undoPromotion(wishFor(2), id ?? ''), becomes: 'withdrawn' } as const;
    expect(runToEnd(cloud, 'back', wish).stop).toMatchObject({ code: 'nothing-to-roll-back' });
    expect(states(cloud)).toEqual(['build-2 promoted']);
  });
});

it('a datastore version that names the image by id follows it back', () => {
  const cloud = makeCloud();
  const versions = [{ ...mysql, find: 'id' as const }];
  for (const number of [1, 2]) runToEnd(cloud, `run-${number}`, wishFor(number, { versions }));
  const [first, second] = cloud.images.map(({ id }) => id);
  const { run } = runToEnd(cloud, 'undo', undoPromotion(wishFor(2), second ?? ''));
  const moves = run.history.map(({ operation }) => operation as Operation & { changes?: object });
  expect(moves.map(({ kind }) => kind)).toEqual([
    'withdraw',
    'promote',
    'update-version',
    'retire',
  ]);
  expect(moves[2]?.changes).toEqual({ imageId: first });
});
