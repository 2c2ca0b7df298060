import { describe, expect, it } from '@jest/globals';
import { parseValues } from '../../../support/runner/file-commands.ts';

describe('the file of a step', () => {
  it('holds values on one line and in blocks', () => {
    const content = 'a=1\nb=x=y<<z\n\nc<<END\none\n\ntwo=2\nEND\nd=\ne<<E\nE\na=2\n';

    expect(parseValues(content)).toEqual({
      a: '2',
      b: 'x=y<<z',
      c: 'one\n\ntwo=2',
      d: '',
      e: '',
    });
  });

  it.each([
    ['just words\n', /neither NAME=VALUE/],
    ['=value\n', /neither NAME=VALUE/],
    ['a<<END\none\n', /a has no closing delimiter/],
    ['a<<\none\n\n', /a has no closing delimiter/],
  ])('is refused when it holds %j', (content, message) => {
    expect(() => parseValues(content)).toThrow(message);
  });
});
