import { describe, expect, it } from '@jest/globals';
import { foresee } from '../../../src/core/publish/foresee.ts';
import { reportPublication } from '../../../src/core/publish/report.ts';
import { describeStatus, renderDryRun } from '../../../src/core/publish/text.ts';
import { addImage, lookAt, makeCloud } from '../../support/pretend-cloud.ts';
import { mysql, policy, startRun, wishFor } from '../../support/publish-wishes.ts';
import { makePublisher, runToEnd, step } from '../../support/publisher.ts';

const how = {
  showName: (name: string) => name.replaceAll('\u001b', '\\e'),
  alignRows: (rows: readonly (readonly string[])[]) => rows.map((row) => row.join(' | ')),
  describeAge: (ms: number) => `${Math.floor(ms / 60_000)} min`,
};
const { line, tags } = wishFor(0);
const minute = 60_000;

describe('a dry run', () => {
  it('foresees every step of a first publication, and touches nothing', () => {
    const wish = wishFor(1, {
      prove: true,
      versions: [
        {
          ...mysql,
          parameters: [{ name: 'x', type: 'string', restartRequired: false, min: null, max: null }],
        },
      ],
    });
    const cloud = makeCloud();
    const seen = lookAt(cloud);
    const name = 'trove-guest-debian-bookworm-20261125T020000Z-1111111';
    expect(
      renderDryRun(foresee(wish, seen, startRun('dry', cloud.nowMs)), how).split('\n'),
    ).toEqual([
      `1. Create ${name}, hidden and without tags`,
      `2. Upload 1001 bytes to ${name}`,
      `3. Prove ${name} before anything points at it`,
      `4. Promote ${name}: tags, visibility and state in one call`,
      '5. Create datastore version mysql 8.4',
      '6. Set 1 configuration parameters of datastore version mysql 8.4',
      `End: published. ${name} is promoted`,
    ]);
    expect(seen).toEqual(lookAt(cloud));
  });

  it('foresees what a real run then does', () => {
    const cloud = makeCloud();
    const versions = [{ ...mysql, find: 'id' as const }];
    for (const number of [1, 2, 3]) runToEnd(cloud, `run-${number}`, wishFor(number, { versions }));
    cloud.nowMs += policy.graceMs + minute;
    const wish = wishFor(4, { versions });
    const kinds = foresee(wish, lookAt(cloud), startRun('dry', cloud.nowMs)).map(
      ({ kind }) => kind,
    );
    const { run } = runToEnd(cloud, 'real', wish);
    expect(kinds).toEqual([...run.history.map(({ operation }) => operation.kind), 'stop']);
    expect(kinds).toEqual([
      'create',
      'upload',
      'promote',
      'update-version',
      'retire',
      'delete',
      'delete',
      'stop',
    ]);
  });

  it('ends where another run would have to do something first', () => {
    const cloud = makeCloud();
    const other = makePublisher(cloud, 'other', wishFor(1));
    for (let steps = 0; steps < 3; steps += 1) step(cloud, other, 'none');
    const steps = foresee(wishFor(1), lookAt(cloud), startRun('dry', cloud.nowMs));
    expect(steps.map(({ kind }) => kind)).toEqual(['wait']);
  });
});

describe('the status', () => {
  it('says of every image what it is for, and why', () => {
    const cloud = makeCloud();
    for (const number of [1, 2, 3]) runToEnd(cloud, `run-${number}`, wishFor(number));
    cloud.nowMs += policy.graceMs + minute;
    const other = makePublisher(cloud, 'other\u001b[31m', wishFor(4));
    for (let steps = 0; steps < 3; steps += 1) step(cloud, other, 'none');
    const text = describeStatus({ ...lookAt(cloud), serverImageIds: null }, line, policy, how);
    expect(text.split('\n').map((row) => row.replace(/ \| (image|trove).*min/, ''))).toEqual([
      expect.stringContaining('state | image'),
      'waits | is being published by run other\\e[31m',
      'promoted | is what Trove shall find',
      'kept | can be put back',
      expect.stringMatching(/^would be deleted \| has been replaced since 2026/),
      'Servers cannot be seen with this login.',
    ]);
  });

  it('says when nothing is there', () => {
    expect(describeStatus(lookAt(makeCloud()), line, policy, how)).toBe(
      `Nothing of ${line} is there`,
    );
  });
});

describe('the report', () => {
  it('names what was promoted, replaced, kept and deleted, and how to go back', () => {
    const cloud = makeCloud();
    for (const number of [1, 2, 3]) runToEnd(cloud, `run-${number}`, wishFor(number));
    cloud.nowMs += policy.graceMs + minute;
    const first = lookAt(cloud);
    const { run, stop } = runToEnd(cloud, 'run-4', wishFor(4));
    const [third, fourth] = cloud.images.map(({ id }) => ({ id }));
    const gone = first.images.slice(0, 2).map(({ id, name }) => ({ id, name }));
    const report = reportPublication(wishFor(4), first, lookAt(cloud), run, stop);
    expect(report).toMatchObject({
      outcome: 'published',
      promoted: fourth,
      replaced: [third],
      kept: [third],
      deleted: gone,
      warnings: [],
      rollbackFrom: fourth?.id,
    });
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it('warns of what it may not see, could not delete, and of what Trove chooses instead', () => {
    const cloud = makeCloud();
    const { run, stop } = runToEnd(cloud, 'run-1', wishFor(1));
    const left = addImage(cloud, { name: 'left', hidden: true });
    addImage(cloud, { name: 'by hand', tags, createdAtMs: cloud.nowMs + minute });
    const operation = { kind: 'delete', imageId: left.id, why: 'Delete left' } as const;
    const history = [{ operation, refusal: { reason: 'forbidden', text: 'no' } as const }];
    const last = { ...lookAt(cloud), versions: null };
    expect(reportPublication(wishFor(1), last, last, { ...run, history }, stop).warnings).toEqual([
      'Delete left: no',
      expect.stringContaining('cannot be read without the admin role'),
      expect.stringContaining('Trove chooses by hand'),
    ]);
  });
});
