import { isAbsolute, join, normalize } from 'node:path/posix';
import { type Problem, TroveImageError } from '../../errors.ts';
import { inputTable } from '../../model/input-table.ts';
import type { Selection, ShelfAction, ShelfRequest } from '../../model/shelf.ts';
import type { WordReader, Words } from '../../model/words.ts';

/** Who calls, and rules that the inputs of a build share. */
export interface CacheCaller {
  readonly cwd: string;
  /** Where this user keeps what can be made again. */
  readonly cacheDir: string;
  readonly isSafePath: (path: string) => boolean;
  readonly readWords: WordReader;
  /** A sentence that proposes the nearest name, or nothing. */
  readonly suggest: (typed: string, candidates: readonly string[]) => string;
}

const actionNames = ['ls', 'show', 'rm', 'gc'] as const;
type ActionName = (typeof actionNames)[number];

const options = {
  command: 'cache',
  valued: ['--cache-path', '--cache-max-size', '--older-than'],
  flags: ['--all', '--json', '--verbose', '--help'],
} as const;
/** What only some of the actions know. */
const ownOptions: Readonly<Record<string, readonly ActionName[]>> = {
  '--cache-max-size': ['ls', 'gc'],
  '--older-than': ['rm'],
  '--all': ['rm'],
};
const help = 'See trove-image cache --help.';
const gib = 1024 ** 3;
const mostGib = 10_000;
const defaultGib = inputTable.find(({ name }) => name === 'cache-max-size')?.default ?? '';

/** Reads the words after `cache`; throws one error that lists every mistake in them. */
export function readCacheArguments(args: readonly string[], caller: CacheCaller): ShelfRequest {
  const words = caller.readWords(args, options);
  const mistakes: Problem[] = [...words.mistakes];
  const [name, ...ids] = words.names;
  const action = readAction(name, ids, words, mistakes, caller);
  const given = words.values['--cache-path'];
  if (given !== undefined && !caller.isSafePath(given)) {
    const accepts = 'a path without spaces, quotes and colons';
    mistakes.push(refuse('--cache-path', given, accepts));
  }
  if (mistakes.length > 0 || action === null) throw new TroveImageError('input', mistakes);
  const path = given ?? join(caller.cacheDir, 'layers');
  const absolute = isAbsolute(path) ? path : join(caller.cwd, path);
  return {
    action,
    cachePath: normalize(absolute).replace(/(.)\/$/, '$1'),
    json: words.values['--json'] !== undefined,
  };
}

function readAction(
  typed: string | undefined,
  ids: readonly string[],
  { values }: Words,
  mistakes: Problem[],
  { suggest }: CacheCaller,
): ShelfAction | null {
  // the values are looked at even if it is not known what they are for: all mistakes at once
  const mostBytes = readMostBytes(values['--cache-max-size'], mistakes);
  const days = readDays(values['--older-than'], mistakes);
  const name = actionNames.find((each) => each === typed);
  if (name === undefined) {
    const what = `cache ${JSON.stringify(typed)} is not a command.${suggest(typed ?? '', actionNames)}`;
    mistakes.push({
      code: 'unknown-command',
      message: typed === undefined ? 'cache is not told what to do.' : what,
      hint: `Use cache with one of ${actionNames.join(', ')}.`,
    });
    return null;
  }
  for (const [option, knownBy] of Object.entries(ownOptions)) {
    if (values[option] === undefined || knownBy.includes(name)) continue;
    const message = `${option} is not an option of cache ${name}.`;
    mistakes.push({ code: 'unknown-input', message, hint: help });
  }
  checkIds(name, ids, mistakes);
  switch (name) {
    case 'ls':
    case 'gc':
      return { name, mostBytes };
    case 'show':
      return { name, id: ids[0] ?? '' };
    case 'rm':
      return { name, selection: readSelection(ids, values['--all'] !== undefined, days, mistakes) };
  }
}

function checkIds(name: ActionName, ids: readonly string[], mistakes: Problem[]): void {
  const most = { ls: 0, gc: 0, show: 1, rm: Number.POSITIVE_INFINITY }[name];
  for (const word of ids.slice(most)) {
    const message = `${JSON.stringify(word)} is one word too many: cache ${name} takes ${most === 0 ? 'no id' : 'one'}.`;
    mistakes.push({ code: 'stray-argument', message, hint: help });
  }
  if (name === 'show' && ids.length === 0) {
    const message = 'cache show is not told which entry.';
    mistakes.push({ code: 'no-entry-named', message, hint: 'Write: trove-image cache show ID' });
  }
  for (const id of ids.slice(0, most)) {
    if (/^[0-9a-f]{4,64}$/.test(id)) continue;
    mistakes.push(refuse('ID', id, 'the beginning of an id: 4 of 64 hexadecimal digits at least'));
  }
}

function readSelection(
  ids: readonly string[],
  all: boolean,
  days: number | null,
  mistakes: Problem[],
): Selection {
  const given = [ids.length > 0, all, days !== null].filter(Boolean).length;
  if (given !== 1) {
    mistakes.push({
      code: given === 0 ? 'no-entry-named' : 'stray-argument',
      message:
        given === 0
          ? 'cache rm is not told what to remove.'
          : 'cache rm takes ids, --all or --older-than, and got more than one of them.',
      hint: 'Write: trove-image cache rm ID…, or --all, or --older-than DAYS',
    });
  }
  if (all) return { by: 'all' };
  return days === null ? { by: 'ids', ids } : { by: 'age', days };
}

function readMostBytes(given: string | undefined, mistakes: Problem[]): number {
  const size = given ?? defaultGib;
  const sizeGib = /^\d{1,5}$/.test(size) ? Number(size) : 0;
  if (sizeGib < 1 || sizeGib > mostGib)
    mistakes.push(refuse('--cache-max-size', size, `a whole number from 1 to ${mostGib}`));
  return sizeGib * gib;
}

function readDays(given: string | undefined, mistakes: Problem[]): number | null {
  if (given === undefined) return null;
  if (!/^\d{1,5}$/.test(given))
    mistakes.push(refuse('--older-than', given, 'a whole number of days'));
  return Number(given);
}

const refuse = (name: string, got: string, accepts: string): Problem => ({
  code: 'bad-input',
  message: `${name}: got ${JSON.stringify(got)}, accepts ${accepts}.`,
  hint: `Correct ${name === 'ID' ? 'the id' : `the value of ${name}`}.`,
});
