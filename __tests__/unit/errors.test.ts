import { describe, expect, it } from '@jest/globals';
import { exitCodes, failure, TroveImageError, toTroveImageError } from '../../src/errors.ts';

describe('an error', () => {
  it('carries every problem, and joins their facts in its message', () => {
    const error = new TroveImageError('input', [
      { code: 'a', message: 'One.', hint: 'x' },
      { code: 'b', message: 'Two.', hint: 'y' },
    ]);
    expect(error.message).toBe('One.; Two.');
    expect(error.problems).toHaveLength(2);
  });

  it('that is ours is passed on', () => {
    const error = failure('host', 'no-apt', 'No apt.', 'Install it.');
    expect(toTroveImageError(error)).toBe(error);
  });

  it.each([[new TypeError('x is undefined')], ['x is undefined'], [undefined]])(
    'that nobody expected is a bug: %p',
    (thrown) => {
      const error = toTroveImageError(thrown);
      expect(error.kind).toBe('bug');
      expect(error.cause).toBe(thrown);
      expect(error.problems[0]?.hint).toContain('open an issue');
    },
  );

  it('of each kind has an exit code of its own, none of them success', () => {
    const codes = Object.values(exitCodes);
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes).not.toContain(0);
  });
});
