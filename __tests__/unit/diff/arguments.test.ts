import { describe, expect, it } from '@jest/globals';
import { readDiffArguments } from '../../../src/core/diff/arguments.ts';
import { renderDiffHelp } from '../../../src/core/diff/help.ts';
import { isSafePath } from '../../../src/core/inputs/values.ts';
import { readWords } from '../../../src/core/inputs/words.ts';
import { TroveImageError } from '../../../src/errors.ts';

const caller = { cwd: '/home/user', temporaryDir: '/var/tmp', isSafePath, readWords };
const read = (args: readonly string[]) => readDiffArguments(args, caller);
const mistakesOf = (args: readonly string[]): readonly string[] => {
  try {
    read(args);
  } catch (error) {
    if (error instanceof TroveImageError) return error.problems.map(({ message }) => message);
  }
  return [];
};
const plain = {
  ...{ oldPath: '/home/user/a', newPath: '/b', ignorePath: null },
  ...{ workDir: '/var/tmp', limit: 40, json: false },
};

describe('the arguments of diff', () => {
  it.each([
    [['a', '/b'], plain],
    [['--json', './a', '--limit', '0', '/b/'], { ...plain, json: true, limit: 0 }],
    [
      ['a', '--limit=7', '/x/../b', '--ignore', 'list'],
      {
        ...plain,
        limit: 7,
        ignorePath: '/home/user/list',
      },
    ],
    [['--work-dir', 'w', '--', 'a', '/b'], { ...plain, workDir: '/home/user/w' }],
    [['--', '--json', '/b'], { ...plain, oldPath: '/home/user/--json' }],
    [['--verbose', 'a', '/b'], plain],
  ])('%j are understood', (args, expected) => {
    expect(read(args)).toEqual(expected);
  });

  it.each([
    [[], /compares two images or manifests, and got 0/],
    [['a'], /got 1/],
    [['a', ''], /got 1/],
    [['a', 'b', 'c'], /"c" is one name too many/],
    [['a', 'b', '--limit'], /--limit has no value/],
    [['a', 'b', '--ignore', '--json'], /--ignore has no value/],
    [['a', 'b', '--limit', '-1'], /--limit: got "-1"/],
    [['a', 'b', '--limit', 'all'], /--limit: got "all"/],
    [['a', 'b', '--json=yes'], /--json takes no value/],
    [['a', 'b', '--work-dir', '/a b'], /work-dir: got "\/a b"/],
    [['a', 'b', '--ingore', 'x'], /"--ingore" is not an option of diff. Did you mean "--ignore"\?/],
    [['a', 'b', '-j'], /"-j" is not an option/],
  ])('%j are refused', (args, message) => {
    expect(mistakesOf(args)).toContainEqual(expect.stringMatching(message));
  });

  it('are refused with every mistake at once', () => {
    expect(mistakesOf(['a', '--limit', 'x', '--jsn', '--work-dir', 'a:b'])).toHaveLength(4);
  });
});

describe('the help of diff', () => {
  it('has every option and exit code, and is at most 100 characters wide', () => {
    const help = renderDiffHelp();
    for (const name of ['json', 'limit', 'ignore', 'work-dir', 'verbose', 'help'])
      expect(help).toMatch(new RegExp(`^ {2}--${name}\\b`, 'm'));
    for (const code of [0, 1, 2, 3, 70, 130])
      expect(help).toMatch(new RegExp(`^ {2}${code} `, 'm'));
    expect(help.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });
});
