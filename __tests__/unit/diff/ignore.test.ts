import { describe, expect, it } from '@jest/globals';
import { createIgnorer, parseIgnoreFile } from '../../../src/core/diff/ignore.ts';

const ignores = (pattern: string, path: string): boolean =>
  createIgnorer([{ line: 1, text: pattern }]).ignores(path);

describe('a pattern', () => {
  it.each([
    ['/etc/hosts', '/etc/hosts', true],
    ['/etc/hosts', '/etc/hosts.d', false],
    ['/etc/hosts', '/x/etc/hosts', false],
    ['/var/log/*', '/var/log/syslog', true],
    ['/var/log/*', '/var/log/', true],
    ['/var/log/*', '/var/log/apt/term.log', false],
    ['/var/log/**', '/var/log/apt/term.log', true],
    ['/var/log/**', '/var/log', false],
    ['/**/__pycache__/*.pyc', '/usr/lib/a/__pycache__/b.pyc', true],
    ['/etc/a.c', '/etc/abc', false],
    ['/etc/[ab]+$', '/etc/[ab]+$', true],
    ['/n*', '/n\udc80\udce9', true],
    ['/n*', '/n\nline', true],
    ['/**', '/n\n/line', true],
    ['disk:partition-*', 'disk:partition-1-content', true],
  ])('%s and %j: %s', (pattern, path, expected) => {
    expect(ignores(pattern, path)).toBe(expected);
  });

  it('is charged for what it took out; the first that fits', () => {
    const ignorer = createIgnorer([
      { line: 1, text: '/a/*' },
      { line: 2, text: '/**' },
      { line: 3, text: '/never' },
    ]);
    for (const path of ['/a/b', '/a/c', '/d']) ignorer.ignores(path);
    expect(ignorer.result()).toEqual({
      count: 3,
      patterns: [
        { pattern: '/a/*', count: 2 },
        { pattern: '/**', count: 1 },
        { pattern: '/never', count: 0 },
      ],
    });
  });
});

describe('an ignore file', () => {
  it('has a pattern a line, reasons behind #, and empty lines', () => {
    const text = '# of every build\n\n/a  # a reason\r\n /b#c \n\t# more\ndisk:size';
    expect(parseIgnoreFile('/list', text)).toEqual([
      { line: 3, text: '/a' },
      { line: 4, text: '/b#c' },
      { line: 6, text: 'disk:size' },
    ]);
  });

  it('tells every line that no path could fit', () => {
    expect(() => parseIgnoreFile('/list', 'etc/hosts\n/ok\n*.pyc\n')).toThrow(
      expect.objectContaining({
        kind: 'input',
        problems: [
          expect.objectContaining({
            code: 'bad-ignore-file',
            message: expect.stringMatching(/line 1: "etc\/hosts"/),
          }),
          expect.objectContaining({ message: expect.stringMatching(/line 3: "\*\.pyc"/) }),
        ],
      }),
    );
  });
});
