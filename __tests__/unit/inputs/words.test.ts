import { describe, expect, it } from '@jest/globals';
import { readWords } from '../../../src/core/inputs/words.ts';

const options = { command: 'sort', valued: ['--by'], flags: ['--up', '--json'] } as const;
const read = (args: readonly string[]) => readWords(args, options);

describe('the words after a command', () => {
  it.each([
    [[], {}, []],
    [['a', '--up', 'b'], { '--up': 'true' }, ['a', 'b']],
    [['--by', 'size', 'a'], { '--by': 'size' }, ['a']],
    [['--by=a=b'], { '--by': 'a=b' }, []],
    [['--by', '-'], { '--by': '-' }, []],
    [['--by', 'a', '--by', 'b'], { '--by': 'b' }, []],
    [['-', ''], {}, ['-', '']],
    [['--', '--up', '-x'], {}, ['--up', '-x']],
  ])('%j are taken apart', (args, values, names) => {
    expect(read(args)).toEqual({ values, names, mistakes: [] });
  });

  it.each([
    [['--by'], 'stray-argument', '--by has no value.'],
    [['--by='], 'stray-argument', '--by has no value.'],
    [['--by', '--up'], 'stray-argument', '--by has no value.'],
    [['--up=1'], 'stray-argument', '--up takes no value.'],
    [['--upp'], 'unknown-input', '"--upp" is not an option of sort. Did you mean "--up"?'],
    [['-u'], 'unknown-input', '"-u" is not an option of sort.'],
    [['--__proto__=x'], 'unknown-input', '"--__proto__" is not an option of sort.'],
  ])('%j are a mistake', (args, code, message) => {
    const hint = 'See trove-image sort --help.';
    expect(read(args).mistakes).toEqual([
      { code, message: expect.stringContaining(message), hint },
    ]);
  });

  it('keep what is right beside what is wrong', () => {
    const { values, names, mistakes } = read(['--no', 'a', '--by', '--up', 'b']);
    expect({ values, names, count: mistakes.length }).toEqual({
      ...{ values: { '--up': 'true' }, names: ['a', 'b'], count: 2 },
    });
  });
});
