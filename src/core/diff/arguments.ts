import { isAbsolute, join, normalize } from 'node:path/posix';
import { type Problem, TroveImageError } from '../../errors.ts';
import type { DiffRequest } from '../../model/diff.ts';

/** Who calls, and rules that the inputs of a build share. */
export interface DiffCaller {
  readonly cwd: string;
  readonly temporaryDir: string;
  readonly isSafePath: (path: string) => boolean;
  /** A sentence that proposes the nearest name, or nothing. */
  readonly suggest: (typed: string, candidates: readonly string[]) => string;
}

const valued = ['--limit', '--ignore', '--work-dir'] as const;
const flags = ['--json', '--verbose', '--help'] as const;
const help = 'See trove-image diff --help.';
const defaultLimit = 40;

type Values = Partial<Record<string, string>>;

/** Reads the words after `diff`; throws one error that lists every mistake in them. */
export function readDiffArguments(args: readonly string[], caller: DiffCaller): DiffRequest {
  const mistakes: Problem[] = [];
  const { values, names } = readWords(args, caller, mistakes);
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

function readWords(
  args: readonly string[],
  caller: DiffCaller,
  mistakes: Problem[],
): { readonly values: Values; readonly names: readonly string[] } {
  const values: Values = {};
  const names: string[] = [];
  const words = [...args];
  let onlyNames = false;
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (onlyNames || !word.startsWith('-') || word === '-') {
      names.push(word);
    } else if (word === '--') {
      onlyNames = true;
    } else {
      readOption(word, words, values, caller, mistakes);
    }
  }
  return { values, names };
}

function readOption(
  word: string,
  rest: string[],
  values: Values,
  caller: DiffCaller,
  mistakes: Problem[],
): void {
  const [, name = '', given] = /^([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
  const takesValue = (valued as readonly string[]).includes(name);
  if (!takesValue && !(flags as readonly string[]).includes(name)) {
    const message = `${JSON.stringify(name)} is not an option of diff.${caller.suggest(name, [...valued, ...flags])}`;
    mistakes.push({ code: 'unknown-input', message, hint: help });
    return;
  }
  if (!takesValue && given !== undefined) {
    mistakes.push({ code: 'stray-argument', message: `${name} takes no value.`, hint: help });
    return;
  }
  // what begins like an option is one: a value that was forgotten does not take it
  const next = rest[0]?.startsWith('--') ? undefined : rest[0];
  const value = takesValue ? (given ?? next) : 'true';
  if (takesValue && given === undefined && next !== undefined) rest.shift();
  if (value === undefined || value === '') {
    mistakes.push({ code: 'stray-argument', message: `${name} has no value.`, hint: help });
    return;
  }
  values[name] = value;
}
