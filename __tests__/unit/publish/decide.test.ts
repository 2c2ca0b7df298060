import { describe, expect, it } from '@jest/globals';
import { findAsTrove, listBuilds } from '../../../src/core/publish/builds.ts';
import { decide } from '../../../src/core/publish/decide.ts';
import { remember } from '../../../src/core/publish/history.ts';
import { chooseOutgoing } from '../../../src/core/publish/rollback.ts';
import { buildProperties, type SeenImage } from '../../../src/model/publish.ts';
import type { Operation, PublishRun, Refusal } from '../../../src/model/publish-run.ts';
import type { PublishWish, RollbackWish } from '../../../src/model/publish-wish.ts';
import {
  addImage,
  lookAt,
  makeCloud,
  type PretendCloud,
  watch,
} from '../../support/pretend-cloud.ts';
import { digestOf, mysql, policy, startRun, wishFor } from '../../support/publish-wishes.ts';
import { makePublisher, type Publisher, runToEnd, step } from '../../support/publisher.ts';

const { line, tags } = wishFor(0);
const minute = 60_000;

/** Kinds of what a run has done. */
const kinds = ({ history }: PublishRun) => history.map(({ operation }) => operation.kind);
const states = (cloud: PretendCloud) =>
  listBuilds(watch(cloud), line).map(({ buildId, state }) => `${buildId} ${state}`);

/** The wish to go back from what is promoted. */
const goBack = (cloud: PretendCloud): RollbackWish => ({
  kind: 'rollback',
  line,
  from: chooseOutgoing(watch(cloud), line) ?? 'nothing',
  becomes: 'withdrawn',
  policy,
});

/** Steps a publisher until it is about to do this. */
function bringTo(cloud: PretendCloud, publisher: Publisher, kind: Operation['kind']): void {
  while (publisher.pending?.kind !== kind) {
    if (publisher.stop !== null) throw new Error(`it has ended: ${publisher.stop.why}`);
    cloud.nowMs += 1000;
    step(cloud, publisher, 'none');
  }
}

/** A cloud with a candidate of run `mine`, whose upload has ended well unless something else is said. */
function withCandidate(changes: Partial<SeenImage> = {}, wish = wishFor(1)) {
  const cloud = makeCloud();
  const mine = makePublisher(cloud, 'mine', wish);
  bringTo(cloud, mine, 'upload');
  const [candidate] = listBuilds(watch(cloud), line);
  const run: PublishRun = { ...mine.run, digests: { sha512: digestOf(wish.buildId) } };
  Object.assign(candidate?.image ?? {}, {
    status: 'active',
    sizeBytes: wish.sizeBytes,
    digest: { algorithm: 'sha512', value: digestOf(wish.buildId) },
    ...changes,
  });
  return { cloud, run, wish, next: () => decide(wish, lookAt(cloud), run) };
}

describe('the first image', () => {
  it('is created hidden, uploaded, checked, promoted in one call, then registered', () => {
    const cloud = makeCloud();
    const { run, stop } = runToEnd(cloud, 'run-1', wishFor(1));
    expect(kinds(run)).toEqual(['create', 'upload', 'promote', 'create-version']);
    expect(stop).toMatchObject({ outcome: 'published', code: null });
    expect(run.history[0]?.operation).toMatchObject({
      image: { name: 'trove-guest-debian-bookworm-20261125T020001Z-1111111' },
    });
    expect(cloud.images).toMatchObject([
      { tags, hidden: false, visibility: 'shared', protected: true },
    ]);
  });

  it('is left alone by the next run of the same build', () => {
    const cloud = makeCloud();
    runToEnd(cloud, 'run-1', wishFor(1));
    const { run, stop } = runToEnd(cloud, 'run-2', wishFor(1));
    expect(run.history).toEqual([]);
    expect(stop.outcome).toBe('already-published');
  });

  it('gets other tags and visibility without another upload', () => {
    const cloud = makeCloud();
    runToEnd(cloud, 'run-1', wishFor(1));
    const changed = { tags: ['trove'], visibility: 'private' } as const;
    const { run } = runToEnd(cloud, 'run-2', wishFor(1, { ...changed, versions: [] }));
    expect(kinds(run)).toEqual(['promote']);
    expect(cloud.images).toMatchObject([changed]);
  });
});

describe('an uploaded candidate', () => {
  it.each<[string, Partial<SeenImage>, string]>([
    ['is promoted when Glance has what we have', {}, 'promote'],
    ['is deleted when it is short', { sizeBytes: 7 }, 'delete'],
    ['is deleted without a size', { sizeBytes: null }, 'delete'],
    ['is deleted without a digest', { digest: null }, 'delete'],
    ['is deleted with a wrong digest', { digest: { algorithm: 'sha512', value: 'x' } }, 'delete'],
    ['waits for another digest', { digest: { algorithm: 'sha256', value: 'x' } }, 'digest'],
    ['is uploaded again after a cut', { status: 'queued' }, 'upload'],
    ['is given a moment while Glance ends the upload', { status: 'saving' }, 'wait'],
    ['is deleted when Glance has killed it', { status: 'killed' }, 'delete'],
    ['is deleted in a status that nobody knows', { status: 'surprised' }, 'delete'],
  ])('%s', (_, changes, kind) => {
    expect(withCandidate(changes).next().kind).toBe(kind);
  });

  it('is deleted when it stays in saving for ever', () => {
    const { cloud, run, wish } = withCandidate({ status: 'saving' });
    let later = run;
    for (let tries = 0; tries < policy.attempts; tries += 1) {
      const operation = decide(wish, lookAt(cloud), later);
      if (operation.kind !== 'wait') throw new Error(operation.kind);
      later = remember(later, { operation, refusal: null });
    }
    expect(decide(wish, lookAt(cloud), later)).toMatchObject({ kind: 'delete' });
  });

  it('is proved before it is promoted, where that is asked', () => {
    const { next, run } = withCandidate({}, wishFor(1, { prove: true }));
    expect(next().kind).toBe('prove');
    expect(run.proved).toEqual([]);
  });

  it.each<[Operation['kind'], Refusal['reason'], string]>([
    ['upload', 'too-large', 'glance-refused'],
    ['promote', 'forbidden', 'glance-refused'],
    ['prove', 'invalid', 'not-proved'],
    ['create', 'forbidden', 'glance-refused'],
  ])('goes before the run ends when %s is %s', (kind, reason, code) => {
    const cloud = makeCloud();
    const wish = wishFor(1, { prove: true, visibility: 'public' });
    const mine = makePublisher(cloud, 'mine', wish);
    bringTo(cloud, mine, kind);
    const operation = mine.pending as Operation;
    mine.run = remember(mine.run, { operation, refusal: { reason, text: 'no' } });
    mine.pending = null;
    while (mine.stop === null) step(cloud, mine, 'none');
    expect(mine.stop).toMatchObject({ outcome: 'failed', code });
    expect(mine.stop.why).toContain('says: no');
    expect(cloud.images).toEqual([]);
  });

  it('is not uploaded for ever when it never arrives intact', () => {
    const cloud = makeCloud();
    const mine = makePublisher(cloud, 'mine', wishFor(1));
    while (mine.stop === null) step(cloud, mine, 'flipped');
    expect(kinds(mine.run).filter((kind) => kind === 'upload')).toHaveLength(policy.attempts);
    expect(mine.stop).toMatchObject({ outcome: 'failed', code: 'upload-damaged' });
    expect(cloud.images).toEqual([]);
  });
});

describe('nothing is published', () => {
  it.each<[string, PublishWish['verify'], string | null]>([
    ['that failed', { required: false, verdict: 'failed' }, 'not-verified'],
    ['without a verdict that is required', { required: true, verdict: 'missing' }, 'not-verified'],
  ])('%s', (_, verify, code) => {
    const cloud = makeCloud();
    expect(runToEnd(cloud, 'run', wishFor(1, { verify })).stop).toMatchObject({ code });
    expect(cloud.images).toEqual([]);
  });

  it('of older source than what is promoted', () => {
    const cloud = makeCloud();
    runToEnd(cloud, 'run-1', wishFor(2));
    const { run, stop } = runToEnd(cloud, 'run-2', wishFor(1));
    expect([stop.outcome, run.history]).toEqual(['superseded', []]);
  });

  it('of the same source while another build of it has just been', () => {
    const cloud = makeCloud();
    const late = makePublisher(cloud, 'late', wishFor(1, { buildId: 'other' }));
    cloud.nowMs += minute;
    runToEnd(cloud, 'first', wishFor(1));
    step(cloud, late, 'none');
    expect(late.stop).toMatchObject({ outcome: 'superseded' });
    expect(runToEnd(cloud, 'next day', late.wish).stop.outcome).toBe('published');
  });

  it('over an image of another maker that is newer and has the tags', () => {
    const { cloud, next } = withCandidate();
    addImage(cloud, { name: 'by hand', tags, createdAtMs: cloud.nowMs + 1 });
    expect(next().kind).toBe('delete');
  });

  it('that a person has withdrawn', () => {
    const cloud = makeCloud();
    runToEnd(cloud, 'run-1', wishFor(1));
    runToEnd(cloud, 'run-2', wishFor(2));
    runToEnd(cloud, 'back', goBack(cloud));
    expect(runToEnd(cloud, 'run-3', wishFor(2)).stop).toMatchObject({ code: 'build-withdrawn' });
    expect(states(cloud)).toEqual(['build-1 promoted', 'build-2 withdrawn']);
  });
});

describe('runs beside one another', () => {
  it('wait before they begin for one that publishes the same or something newer', () => {
    const { cloud } = withCandidate();
    const next = (number: number, run = startRun('other', cloud.nowMs)) =>
      decide(wishFor(number), lookAt(cloud), run);
    expect([next(0).kind, next(1).kind, next(2).kind]).toEqual(['wait', 'wait', 'create']);
    const operation = next(1) as Operation;
    const waits = Array.from({ length: policy.patienceMs / policy.pollMs }, () => ({
      operation,
      refusal: null,
    }));
    const tired = { ...startRun('other', cloud.nowMs), history: waits };
    expect(next(1, tired)).toMatchObject({ kind: 'stop', code: 'other-publisher' });
  });

  it('delete what a run has left that gives no sign of life, whatever became of it', () => {
    for (const status of ['queued', 'saving', 'active', 'killed']) {
      const { cloud } = withCandidate({ status });
      cloud.nowMs += policy.staleMs + minute;
      const next = decide(wishFor(1), lookAt(cloud), startRun('other', cloud.nowMs));
      expect(next).toMatchObject({ kind: 'delete', imageId: cloud.images[0]?.id });
    }
  });

  it('take a heartbeat from the future for none', () => {
    const { cloud } = withCandidate();
    cloud.nowMs += 24 * 60 * minute;
    const properties = cloud.images[0]?.properties as Record<string, string>;
    properties[buildProperties.heartbeat] = '2099-01-01T00:00:00Z';
    const next = decide(wishFor(1), lookAt(cloud), startRun('other', cloud.nowMs));
    expect(next.kind).toBe('delete');
  });

  it('do not promote an older one late, however they stall', () => {
    const cloud = makeCloud();
    const older = makePublisher(cloud, 'older', wishFor(1));
    const newer = makePublisher(cloud, 'newer', wishFor(2));
    bringTo(cloud, older, 'create');
    bringTo(cloud, newer, 'promote');
    // the record of the older one is the newer record, so Trove would choose it
    for (let steps = 0; steps < 7; steps += 1) step(cloud, older, 'none');
    expect(older.pending?.kind).toBe('wait');
    while (newer.stop === null) step(cloud, newer, 'none');
    while (older.stop === null) step(cloud, older, 'none');
    expect(older.stop.outcome).toBe('superseded');
    expect(states(cloud)).toEqual(['build-2 promoted']);
  });
});

describe('a live candidate of older source', () => {
  /** Ours, ready to be promoted, and an older one that something is the matter with. */
  function meetOlder(changes: Partial<SeenImage>) {
    const { cloud } = withCandidate(changes);
    const newer = makePublisher(cloud, 'newer', wishFor(2));
    bringTo(cloud, newer, 'upload');
    for (let steps = 0; steps < 3; steps += 1) step(cloud, newer, 'none');
    return { cloud, newer };
  }

  it('is deleted right before ours is promoted', () => {
    const { cloud, newer } = meetOlder({});
    expect(newer.pending).toMatchObject({ kind: 'delete', imageId: cloud.images[0]?.id });
    while (newer.stop === null) step(cloud, newer, 'none');
    expect(states(cloud)).toEqual(['build-2 promoted']);
  });

  it('that cannot be deleted stops ours, which goes', () => {
    const { cloud, newer } = meetOlder({});
    while (newer.stop === null) {
      const isOlder = newer.pending?.kind === 'delete' && newer.pending.imageId === 'image-1';
      step(cloud, newer, isOlder ? 'refused' : 'none');
    }
    expect(newer.stop).toMatchObject({ outcome: 'failed', code: 'glance-refused' });
    expect(states(cloud)).toEqual(['build-1 candidate']);
  });

  it('that somebody has protected is left alone', () => {
    const { cloud, newer } = meetOlder({ protected: true });
    while (newer.stop === null) step(cloud, newer, 'none');
    expect(states(cloud)).toEqual(['build-1 candidate', 'build-2 promoted']);
  });
});

describe('images that were replaced', () => {
  it('lose their tags in the order of their source: Trove never falls back', () => {
    const cloud = makeCloud();
    for (const number of [1, 2, 3]) runToEnd(cloud, `run-${number}`, wishFor(number));
    const created = [9, 10, 1];
    for (const [index, image] of cloud.images.entries()) {
      Object.assign(image, { tags, hidden: false, createdAtMs: created[index] });
      Object.assign(image.properties, { [buildProperties.state]: 'promoted' });
    }
    const chosen: (string | undefined)[] = [];
    const tidy = makePublisher(cloud, 'tidy', wishFor(3));
    while (tidy.stop === null) {
      step(cloud, tidy, 'none');
      chosen.push(findAsTrove(cloud.images, tags)?.id);
    }
    expect([...new Set(chosen)]).toEqual([cloud.images[1]?.id, cloud.images[2]?.id]);
  });

  /** Three builds, the grace period of the first over; what the fourth run does. */
  function rotate(change: (cloud: PretendCloud, first: SeenImage) => unknown, wish = wishFor(3)) {
    const cloud = makeCloud();
    for (const number of [1, 2, 3]) runToEnd(cloud, `run-${number}`, wishFor(number));
    cloud.nowMs += policy.graceMs + minute;
    change(cloud, cloud.images[0] as SeenImage);
    const { run } = runToEnd(cloud, 'run-4', wish);
    return [kinds(run), cloud.images.length] as const;
  }

  it.each<[string, Parameters<typeof rotate>[0], number]>([
    ['go after the grace period, but for those that are kept', () => 0, 2],
    ['stay until it is over', (cloud) => (cloud.nowMs -= 2 * minute), 3],
    ['stay while protected', (_, first) => Object.assign(first, { protected: true }), 3],
    ['stay while a server uses them', (cloud, { id }) => cloud.serverImageIds.push(id), 3],
    [
      'stay while a datastore version names them',
      (cloud, { id }) =>
        cloud.versions.push({
          ...(cloud.versions[0] as (typeof cloud.versions)[0]),
          id: 'v',
          name: '5.7',
          imageId: id,
        }),
      3,
    ],
  ])('%s', (_, change, left) => {
    expect(rotate(change)).toEqual([left === 2 ? ['delete'] : [], left]);
  });

  it('stay while their number is small enough, and two stay at least', () => {
    const keep = (number: number) => wishFor(3, { policy: { ...policy, keep: number } });
    expect(rotate(() => 0, keep(3))[1]).toBe(3);
    expect(rotate(() => 0, keep(0))[1]).toBe(2);
  });

  it('stay when nobody can tell whether a datastore version names them', () => {
    const cloud = makeCloud();
    for (const number of [1, 2, 3]) runToEnd(cloud, `run-${number}`, wishFor(number));
    cloud.nowMs += policy.graceMs + minute;
    const blind = { ...lookAt(cloud), versions: null };
    const stop = decide(wishFor(3), blind, startRun('blind', cloud.nowMs));
    expect(stop).toMatchObject({ kind: 'stop', outcome: 'already-published' });
  });

  it('stay when anything could not be done before', () => {
    const cloud = makeCloud();
    for (const number of [1, 2, 3]) runToEnd(cloud, `run-${number}`, wishFor(number));
    cloud.nowMs += policy.graceMs + minute;
    const operation = { kind: 'delete', imageId: 'leftover', why: 'Delete' } as const;
    const refusal = { reason: 'forbidden', text: 'no' } as const;
    const run = remember(startRun('run-4', cloud.nowMs), { operation, refusal });
    expect(decide(wishFor(3), lookAt(cloud), run).kind).toBe('stop');
  });
});

describe('datastore versions', () => {
  const named = { ...mysql, find: 'id' as const };

  it('that name an image follow the promoted one before the old one is hidden', () => {
    const cloud = makeCloud();
    runToEnd(cloud, 'run-1', wishFor(1, { versions: [named] }));
    const { run } = runToEnd(cloud, 'run-2', wishFor(2, { versions: [named] }));
    expect(kinds(run).slice(-3)).toEqual(['promote', 'update-version', 'retire']);
    expect(cloud.versions).toMatchObject([{ imageId: cloud.images[1]?.id, isDefault: true }]);
  });

  it('change in one call, get their parameters, and old ones are deactivated', () => {
    const cloud = makeCloud();
    runToEnd(cloud, 'run-1', wishFor(1, { versions: [named, { ...mysql, name: '5.7' }] }));
    const parameter = {
      name: 'wait_timeout',
      type: 'integer',
      restartRequired: false,
      min: 1,
      max: 9,
    };
    const wish = wishFor(1, {
      versions: [{ ...mysql, manager: 'mysql8', parameters: [parameter] }],
      deactivate: [{ datastore: 'mysql', name: '5.7' }],
    });
    cloud.versions[1] = { ...(cloud.versions[1] as (typeof cloud.versions)[0]), isDefault: false };
    const { run } = runToEnd(cloud, 'run-2', wish);
    expect(run.history.map(({ operation }) => operation)).toMatchObject([
      { kind: 'update-version', changes: { manager: 'mysql8', tags } },
      { kind: 'set-parameters', create: [parameter], update: [] },
      { kind: 'update-version', changes: { active: false } },
    ]);
    expect(cloud.versions).toMatchObject([
      { imageId: '', manager: 'mysql8', parameters: [parameter] },
      { name: '5.7', active: false },
    ]);
  });

  it('that Trove refuses end the run, and the old image keeps its tags', () => {
    const cloud = makeCloud();
    runToEnd(cloud, 'run-1', wishFor(1));
    const mine = makePublisher(cloud, 'mine', wishFor(2, { versions: [named] }));
    bringTo(cloud, mine, 'update-version');
    const operation = mine.pending as Operation;
    const refusal = { reason: 'forbidden', text: 'not an admin' } as const;
    const run = remember(mine.run, { operation, refusal });
    expect(decide(mine.wish, lookAt(cloud), run)).toMatchObject({ code: 'trove-refused' });
    expect(states(cloud)).toEqual(['build-1 promoted', 'build-2 promoted']);
  });
});

describe('going back', () => {
  it('promotes the predecessor, moves datastore versions, then hides the other', () => {
    const cloud = makeCloud();
    const versions = [{ ...mysql, find: 'id' as const }];
    for (const number of [1, 2]) runToEnd(cloud, `run-${number}`, wishFor(number, { versions }));
    const [first] = cloud.images.map(({ id }) => id);
    const wish = goBack(cloud);
    const { run, stop } = runToEnd(cloud, 'back', wish);
    expect(kinds(run)).toEqual(['withdraw', 'promote', 'update-version', 'retire']);
    expect(stop.outcome).toBe('rolled-back');
    expect(states(cloud)).toEqual(['build-1 promoted', 'build-2 withdrawn']);
    expect(findAsTrove(cloud.images, tags)?.id).toBe(first);
    expect(cloud.versions).toMatchObject([{ imageId: first }]);
    expect(runToEnd(cloud, 'again', wish)).toMatchObject({ run: { history: [] } });
  });

  it('is taken up where it was left, at every step', () => {
    for (let killedAfter = 1; killedAfter < 8; killedAfter += 1) {
      const cloud = makeCloud();
      for (const number of [1, 2, 3]) runToEnd(cloud, `run-${number}`, wishFor(number));
      const wish = goBack(cloud);
      const killed = makePublisher(cloud, 'killed', wish);
      for (let steps = 0; steps < killedAfter; steps += 1) {
        if (killed.stop === null) step(cloud, killed, 'none');
        expect(findAsTrove(cloud.images, tags)).not.toBeNull();
      }
      runToEnd(cloud, 'back', wish);
      expect(states(cloud)).toEqual(['build-1 retired', 'build-2 promoted', 'build-3 withdrawn']);
    }
  });

  it('may leave the build fit to be published again', () => {
    const cloud = makeCloud();
    for (const number of [1, 2]) runToEnd(cloud, `run-${number}`, wishFor(number));
    runToEnd(cloud, 'back', { ...goBack(cloud), becomes: 'retired' });
    expect(states(cloud)).toEqual(['build-1 promoted', 'build-2 retired']);
    expect(runToEnd(cloud, 'run-3', wishFor(2)).stop.outcome).toBe('published');
  });

  it('is refused when there is nothing to go back to, and changes nothing', () => {
    const cloud = makeCloud();
    expect(runToEnd(cloud, 'back', goBack(cloud)).stop.code).toBe('nothing-to-roll-back');
    runToEnd(cloud, 'run-1', wishFor(1));
    const { run, stop } = runToEnd(cloud, 'back', goBack(cloud));
    expect([stop.code, run.history]).toEqual(['nothing-to-roll-back', []]);
  });
});

it('every run ends, whatever a cloud shows', () => {
  const cloud = makeCloud();
  let run = startRun('lost', cloud.nowMs);
  for (let looks = 0; looks <= 1001; looks += 1) {
    const strange = makeCloud();
    strange.counter = looks * 10;
    const other = makePublisher(strange, `other-${looks}`, wishFor(looks));
    bringTo(strange, other, 'upload');
    strange.nowMs += 24 * 60 * minute;
    const operation = decide(wishFor(1), lookAt(strange), run);
    if (operation.kind === 'stop') return expect(operation.outcome).toBe('failed');
    run = remember(run, { operation, refusal: null });
  }
  throw new Error('it would go on for ever');
});
