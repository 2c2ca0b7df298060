import { type Problem, TroveImageError } from '../../errors.ts';
import type { IgnorePattern } from '../../model/diff.ts';

/** Reads the patterns of an ignore file; throws one error that lists every bad line. */
export function parseIgnoreFile(path: string, text: string): readonly IgnorePattern[] {
  const patterns = text
    .split(/\r?\n/)
    .map((line, index) => ({ line: index + 1, text: line.replace(/(^|\s)#.*$/, '').trim() }))
    .filter(({ text: pattern }) => pattern !== '');
  const mistakes: readonly Problem[] = patterns
    .filter(({ text: pattern }) => !/^(\/|disk:)/.test(pattern))
    .map(({ line, text: pattern }) => ({
      code: 'bad-ignore-file',
      message: `${path}, line ${line}: ${JSON.stringify(pattern)} is no pattern of paths of an image.`,
      hint: 'Begin it with /, or with disk: for what is not a file (docs/diff.md).',
    }));
  if (mistakes.length > 0) throw new TroveImageError('input', mistakes);
  return patterns;
}

/** Differences that the patterns take out of the count, and how many each took. */
export interface Ignorer {
  /** Whether a difference at this path does not count; the first pattern that fits is charged. */
  ignores(path: string): boolean;
  result(): { count: number; patterns: readonly { pattern: string; count: number }[] };
}

/** Makes an ignorer of patterns: `*` is anything but `/`, `**` is anything; all else is itself. */
export function createIgnorer(patterns: readonly IgnorePattern[]): Ignorer {
  const rows = patterns.map(({ text }) => ({ pattern: text, fits: toExpression(text), count: 0 }));
  return {
    ignores(path) {
      const row = rows.find(({ fits }) => fits.test(path));
      if (row !== undefined) row.count += 1;
      return row !== undefined;
    },
    result: () => ({
      count: rows.reduce((sum, { count }) => sum + count, 0),
      patterns: rows.map(({ pattern, count }) => ({ pattern, count })),
    }),
  };
}

function toExpression(pattern: string): RegExp {
  const parts = pattern.split(/(\*\*|\*)/).map((part) => {
    if (part === '**') return '[^]*';
    return part === '*' ? '[^/]*' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('')}$`);
}
