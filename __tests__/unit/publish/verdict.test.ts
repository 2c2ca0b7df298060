import { describe, expect, it } from '@jest/globals';
import { readVerdictText } from '../../../src/core/publish/verdict.ts';
import { problemsOf } from '../support/inputs.ts';

const verdict = { verdictVersion: 1, level: 'boot', imageSha256: 'ABCDEF', passed: true };

describe('a verify.json', () => {
  it('gives its level, the image that it is about, and whether all held', () => {
    expect(readVerdictText(JSON.stringify(verdict))).toEqual({
      ...{ level: 'boot', imageSha256: 'abcdef', passed: true },
    });
  });

  it.each([
    ['no JSON', '{'],
    ['empty', ''],
    ['null', 'null'],
    ['a number', '5'],
    ['a list', '[]'],
    ['without a level', JSON.stringify({ ...verdict, level: undefined })],
    ['of a level that is none', JSON.stringify({ ...verdict, level: 'off' })],
    ['about no image', JSON.stringify({ ...verdict, imageSha256: 7 })],
    ['without a result', JSON.stringify({ ...verdict, passed: 'true' })],
  ])('is refused when it is %s: what cannot be read has not passed', (_, text) => {
    expect(problemsOf(() => readVerdictText(text))).toMatchObject([{ code: 'verdict-invalid' }]);
  });
});
