import { describe, expect, it } from '@jest/globals';
import { findHindrance, isVisible, type Waiting } from '../../../src/core/publish/together.ts';
import type { Operation, Outcome, Stop } from '../../../src/model/publish-run.ts';

const stop = (outcome: Outcome, code: string | null = null): Stop => ({
  ...{ kind: 'stop', outcome, code, why: 'it says so', hint: 'do this' },
});
const promote = { kind: 'promote', imageId: 'a', changes: {}, why: 'Promote' } as const;
const waiting = (...next: readonly (Operation | Stop)[]): readonly Waiting[] =>
  next.map((each, index) => ({ label: `cloud-${index + 1}`, next: each }));

it('others see promotions and datastore versions, and nothing that comes before them', () => {
  const kinds: readonly Operation['kind'][] = [
    ...([
      'create',
      'upload',
      'digest',
      'prove',
      'promote',
      'withdraw',
      'retire',
      'delete',
    ] as const),
    ...(['create-version', 'update-version', 'set-parameters', 'wait'] as const),
  ];
  const visible = kinds.filter((kind) => isVisible({ kind } as Operation));
  expect(visible).toEqual([
    ...['promote', 'withdraw', 'retire', 'create-version', 'update-version', 'set-parameters'],
  ]);
});

describe('what keeps an image from all clouds', () => {
  it.each<[string, readonly Waiting[]]>([
    ['all are about to promote it', waiting(promote, promote)],
    ['some have it already', waiting(promote, stop('already-published'), stop('published'))],
    ['there is one cloud, which promotes it', waiting(promote)],
    ['there is none', []],
  ])('is nothing when %s', (_, clouds) => {
    expect(findHindrance(clouds)).toBeNull();
  });

  it('is the first cloud that has ended with an error, and it is an error for the others', () => {
    const clouds = waiting(promote, stop('failed', 'glance-refused'), stop('refused', 'x'));
    expect(findHindrance(clouds)).toEqual({
      ...{ kind: 'stop', outcome: 'failed', code: 'other-cloud' },
      why: 'cloud-2 does not get the image (it says so), so no cloud does',
      hint: 'See what cloud-2 says, and publish again.',
    });
  });

  it('is no error when newer source is promoted in one of them', () => {
    expect(findHindrance(waiting(stop('superseded'), promote))).toMatchObject({
      ...{ outcome: 'superseded', code: null, hint: '' },
    });
  });
});
