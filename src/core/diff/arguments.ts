import { isAbsolute, join, normalize } from 'node:path/posix';
import { type Problem, TroveImageError } from '../../errors.ts';
import type { DiffRequest } from '../../model/diff.ts';
import type { WordReader } from '../../model/words.ts';

/** Who calls, and rules that the inputs of a build share. */
export interface DiffCaller {
  readonly cwd: string;
  readonly temporaryDir: string;
  readonly isSafePath: (path: string) => boolean;
  readonly readWords: WordReader;
}

const options = {
  command: 'diff',
  valued: ['--limit', '--ignore', '--work-dir'],
  flags: ['--json', '--verbose', '--help'],
} as const;
const help = 'See trove-image diff --help.';
const defaultLimit = 40;

/** Reads the words after `diff`; throws one error that lists every mistake in them. */
export function readDiffArguments(args: readonly string[], caller: DiffCaller): DiffRequest {
  const { values, names, mistakes: first } = caller.readWords(args, options);
  const mistakes: Problem[] = [...first];
  const absolute = (path: string): string =>
    normalize(isAbsolute(path) ? path : join(caller.cwd, path)).replace(/(.)\/$/, '$1');
  checkNames(names, mistakes);
  const workDir = absolute(values['--work-dir'] ?? caller.temporaryDir);
  if (!caller.isSafePath(workDir)) {
    mistakes.push({
      code: 'bad-input',
      message: `work-dir: got ${JSON.stringify(workDir)}, accepts a path without spaces, quotes and colons.`,
      hint: 'Correct the input work-dir.',
    });
  }
  const limit = values['--limit'] ?? String(defaultLimit);
  if (!/^\d{1,9}$/.test(limit)) {
    mistakes.push({
      code: 'bad-input',
      message: `--limit: got ${JSON.stringify(limit)}, accepts a number of rows; 0 shows all.`,
      hint: 'Correct the value of --limit.',
    });
  }
  if (mistakes.length > 0) throw new TroveImageError('input', mistakes);
  const ignore = values['--ignore'];
  return {
    oldPath: absolute(names[0] ?? ''),
    newPath: absolute(names[1] ?? ''),
    ignorePath: ignore === undefined ? null : absolute(ignore),
    workDir,
    limit: Number(limit),
    json: values['--json'] !== undefined,
  };
}

function checkNames(names: readonly string[], mistakes: Problem[]): void {
  for (const word of names.slice(2)) {
    mistakes.push({
      code: 'stray-argument',
      message: `${JSON.stringify(word)} is one name too many: diff compares two.`,
      hint: help,
    });
  }
  if (names.length < 2 || names.slice(0, 2).includes('')) {
    mistakes.push({
      code: 'nothing-to-compare',
      message: `diff compares two images or manifests, and got ${names.filter(Boolean).length}.`,
      hint: 'Write: trove-image diff OLD NEW',
    });
  }
}
