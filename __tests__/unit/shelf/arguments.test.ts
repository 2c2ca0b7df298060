import { describe, expect, it } from '@jest/globals';
import { suggest } from '../../../src/core/inputs/nearest.ts';
import { isSafePath } from '../../../src/core/inputs/values.ts';
import { readWords } from '../../../src/core/inputs/words.ts';
import { readCacheArguments } from '../../../src/core/shelf/arguments.ts';
import { renderCacheHelp } from '../../../src/core/shelf/help.ts';
import { TroveImageError } from '../../../src/errors.ts';

const caller = { cwd: '/home/user', cacheDir: '/home/user/.cache/trove-image' };
const read = (args: readonly string[]) =>
  readCacheArguments(args, { ...caller, isSafePath, readWords, suggest });
const problemsOf = (args: readonly string[]) => {
  try {
    read(args);
  } catch (error) {
    if (error instanceof TroveImageError) return error.problems;
  }
  return [];
};
const gib = 1024 ** 3;
const plain = { cachePath: '/home/user/.cache/trove-image/layers', json: false };
const rm = (selection: object) => ({ ...plain, action: { name: 'rm', selection } });

describe('the arguments of cache', () => {
  it.each([
    [['ls'], { ...plain, action: { name: 'ls', mostBytes: 20 * gib } }],
    [['--json', 'ls'], { ...plain, json: true, action: { name: 'ls', mostBytes: 20 * gib } }],
    [['gc', '--cache-max-size', '3'], { ...plain, action: { name: 'gc', mostBytes: 3 * gib } }],
    [['show', 'abcd'], { ...plain, action: { name: 'show', id: 'abcd' } }],
    [
      ['show', '0123', '--cache-path', 'x/../c/'],
      { json: false, cachePath: '/home/user/c', action: { name: 'show', id: '0123' } },
    ],
    [['rm', 'abcd', 'a'.repeat(64)], rm({ by: 'ids', ids: ['abcd', 'a'.repeat(64)] })],
    [['rm', '--all', '--verbose'], rm({ by: 'all' })],
    [['rm', '--older-than', '0'], rm({ by: 'age', days: 0 })],
    [
      ['rm', '--older-than=30', '--cache-path=/c'],
      { ...rm({ by: 'age', days: 30 }), cachePath: '/c' },
    ],
  ])('%j are understood', (args, expected) => {
    expect(read(args)).toEqual(expected);
  });

  it.each([
    [[], 'unknown-command', /cache is not told what to do/],
    [['lss'], 'unknown-command', /cache "lss" is not a command. Did you mean "ls"\?/],
    [['ls', 'abcd'], 'stray-argument', /"abcd" is one word too many: cache ls takes no id/],
    [['gc', '--all'], 'unknown-input', /--all is not an option of cache gc/],
    [['ls', '--older-than', '1'], 'unknown-input', /--older-than is not an option of cache ls/],
    [['rm', 'abcd', '--cache-max-size', '1'], 'unknown-input', /not an option of cache rm/],
    [['show'], 'no-entry-named', /cache show is not told which entry/],
    [['show', 'abcd', 'ef01'], 'stray-argument', /"ef01" is one word too many: .* takes one/],
    [['show', 'abc'], 'bad-input', /ID: got "abc", accepts the beginning of an id/],
    [['show', '../x'], 'bad-input', /ID: got "..\/x"/],
    [['show', 'ABCD'], 'bad-input', /ID: got "ABCD"/],
    [['show', 'a'.repeat(65)], 'bad-input', /ID: got/],
    [['rm'], 'no-entry-named', /cache rm is not told what to remove/],
    [
      ['rm', 'abcd', '--all'],
      'stray-argument',
      /ids, --all or --older-than, and got more than one/,
    ],
    [['rm', '--all', '--older-than', '1'], 'stray-argument', /got more than one/],
    [['rm', '--older-than', '-1'], 'bad-input', /--older-than: got "-1"/],
    [['rm', '--older-than', '1.5'], 'bad-input', /--older-than: got "1.5"/],
    [['rm', '--older-than'], 'stray-argument', /--older-than has no value/],
    [['gc', '--cache-max-size', '0'], 'bad-input', /--cache-max-size: got "0", .* from 1 to 10000/],
    [['gc', '--cache-max-size', '10001'], 'bad-input', /got "10001"/],
    [['ls', '--cache-path', 'a b'], 'bad-input', /--cache-path: got "a b"/],
    [['ls', '--al'], 'unknown-input', /"--al" is not an option of cache. Did you mean "--all"\?/],
  ])('%j are refused', (args, code, message) => {
    const { length, ...first } = problemsOf(args);
    expect(Object.values(first)).toContainEqual(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
    expect(length).toBeGreaterThan(0);
  });

  it('are refused with every mistake at once', () => {
    const args = [
      'shwo',
      '--jsn',
      '--older-than',
      'x',
      '--cache-max-size',
      'y',
      '--cache-path',
      'a:b',
    ];
    expect(problemsOf(args).map(({ code }) => code)).toEqual([
      ...['unknown-input', 'bad-input', 'bad-input', 'unknown-command', 'bad-input'],
    ]);
  });
});

describe('the help of cache', () => {
  it('has every command, option and exit code, and is at most 100 characters wide', () => {
    const help = renderCacheHelp();
    for (const name of ['ls', 'show', 'rm', 'gc']) {
      expect(help).toMatch(new RegExp(`trove-image cache ${name}\\b`));
      expect(help).toMatch(new RegExp(`^ {2}${name} `, 'm'));
    }
    for (const name of ['all', 'older-than', 'cache-max-size', 'cache-path', 'json', 'help'])
      expect(help).toMatch(new RegExp(`^ {2}--${name}\\b`, 'm'));
    for (const code of [0, 2, 3, 70, 130]) expect(help).toMatch(new RegExp(`^ {2}${code} `, 'm'));
    expect(help.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });
});
