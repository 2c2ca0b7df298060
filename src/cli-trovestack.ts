import { existsSync, readFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { suggest } from './core/inputs/nearest.ts';
import { renderCommand } from './core/trovestack/command.ts';
import { overrideInputs } from './core/trovestack/options.ts';
import { type TrovestackFacts, translateTrovestack } from './core/trovestack/translate.ts';
import { failure, TroveImageError } from './errors.ts';
import { inputTable } from './model/input-table.ts';
import { troveElements } from './model/trove.ts';
import { otherCommands } from './model/trovestack.ts';
import type { Log } from './ports/log.ts';

/** What `trovestack build-image ARGS` means in our inputs; says so before anything runs. `options` are ours, and win. */
export function readTrovestack(
  words: readonly string[],
  options: Readonly<Record<string, string>>,
  log: Log,
): Readonly<Record<string, string>> {
  const [command = '', ...rest] = words;
  if (command !== 'build-image') throw refuseCommand(command);
  const { inputs, notes, refusals } = translateTrovestack(rest, process.env, readFacts());
  if (refusals.length > 0) throw new TroveImageError('input', refusals);
  const all = overrideInputs(inputs, options);
  log.chapter('As trovestack');
  for (const note of notes) log.info(note);
  log.info(`The same command: ${renderCommand(all, inputTable)}`);
  return all;
}

function refuseCommand(command: string): TroveImageError {
  const known = ['build-image', ...Object.keys(otherCommands)];
  return failure(
    'input',
    'trovestack-argument',
    `trovestack ${command || '(nothing)'} is not done here: of trovestack's commands only build-image builds images.${suggest(command, known)}`,
    (Object.hasOwn(otherCommands, command) && otherCommands[command]) ||
      "Use trovestack build-image ARGS, or Trove's own trovestack.",
  );
}

/** What trovestack would find on this machine. */
function readFacts(): TrovestackFacts {
  const checkout = findCheckout(process.cwd());
  return {
    home: process.env.HOME || homedir(),
    user: process.env.SUDO_USER || userInfo().username,
    checkout,
    defaultRelease: readDefaultRelease(process.env.PATH_TROVE || checkout),
    hasFile: existsSync,
  };
}

/** The default of the second argument of build-image, as the script of a checkout has it. */
function readDefaultRelease(checkout: string | null): string | null {
  const script = join(checkout ?? '/', 'integration', 'scripts', 'trovestack');
  if (checkout === null || !existsSync(script)) return null;
  return /guest_release=\$\{2:-'([a-z]+)'\}/.exec(readFileSync(script, 'utf8'))?.[1] ?? null;
}

/** The nearest directory above that has Trove's elements. */
function findCheckout(directory: string): string | null {
  if (existsSync(join(directory, troveElements))) return directory;
  const above = join(directory, '..');
  return above === directory ? null : findCheckout(above);
}
