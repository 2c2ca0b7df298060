import { describe, expect, it } from '@jest/globals';
import { findNearest, suggest } from '../../../src/core/inputs/nearest.ts';

describe('the nearest candidate', () => {
  it.each([
    ['trove-gest', ['trove-guest', 'trove-guest-clean'], 'trove-guest'],
    ['DEBIAN-MINIMAL', ['debian', 'debian-minimal'], 'debian-minimal'],
    ['vm', ['wm', 'vm'], 'vm'],
    ['bat', ['cat', 'hat'], 'cat'],
    ['zzzzzz', ['debian', 'ubuntu'], null],
    ['anything', [], null],
    ['', ['abc'], null],
  ] as const)('to %s among %j is %j', (typed, candidates, expected) => {
    expect(findNearest(typed, candidates)).toBe(expected);
  });

  it('is not suggested when it is what was typed', () => {
    expect(suggest('vm', ['vm'])).toBe('');
    expect(suggest('vn', ['vm'])).toBe(' Did you mean "vm"?');
  });
});
