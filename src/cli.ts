import { parseArgs } from 'node:util';
import { createTerminalLog } from './adapters/terminal-log.ts';
import { runCache } from './cli-cache.ts';
import { runDiff } from './cli-diff.ts';
import { build } from './commands/build.ts';
import { clean } from './commands/cleaning.ts';
import { dryRun } from './commands/dry-run.ts';
import { renderDiffHelp } from './core/diff/help.ts';
import { renderBuildHelp, renderHelp } from './core/inputs/help.ts';
import { suggest } from './core/inputs/nearest.ts';
import { readInputs } from './core/inputs/read.ts';
import { findSecrets } from './core/log/scrub.ts';
import { renderCacheHelp } from './core/shelf/help.ts';
import { exitCodes, failure, TroveImageError, toTroveImageError } from './errors.ts';
import { inputTable } from './model/input-table.ts';
import type { InputSpec, Inputs } from './model/inputs.ts';
import { version } from './model/version.ts';
import { BuildFailure } from './stages/build.ts';
import { locateCache, locateInstallation, openCache, wire } from './wiring.ts';

const commandNames = ['build', 'cache', 'clean', 'diff', 'help', 'version'];

/** The command line: `args` without node and script; returns the exit code. */
export async function runCli(args: readonly string[], bundleDir: string): Promise<number> {
  const [command = 'help', ...rest] = args;
  const { values, ...misplaced } = parseFlags(rest);
  const log = createTerminalLog(process.stderr, Date.now, values.verbose !== undefined);
  try {
    if (command === 'help' || command === '--help' || command === '-h')
      return print(renderHelp(version));
    if (command === 'version' || command === '--version') return print(version);
    if (!commandNames.includes(command)) {
      const hint = `Use one of ${commandNames.join(', ')}.`;
      throw failure(
        'input',
        'unknown-command',
        `${JSON.stringify(command)} is not a command.${suggest(command, commandNames)}`,
        hint,
      );
    }
    if (values.help !== undefined) return print(renderHelpOf(command));
    if (command === 'diff' || command === 'cache') {
      const signal = listenForSignals();
      const { text, exitCode } =
        command === 'diff'
          ? await runDiff(rest, log, signal, bundleDir)
          : await runCache(rest, log, signal);
      print(text);
      return exitCode;
    }
    const { json, verbose: _verbose, ...raw } = values;
    return await run(command, readRaw(command, raw, misplaced), json !== undefined, log, bundleDir);
  } catch (thrown) {
    return reportError(thrown, log, values.json !== undefined);
  }
}

function renderHelpOf(command: string): string {
  if (command === 'diff') return renderDiffHelp();
  if (command === 'cache') return renderCacheHelp();
  return command === 'build' ? renderBuildHelp(inputTable) : renderHelp(version);
}

async function run(
  command: string,
  inputs: Inputs,
  json: boolean,
  log: ReturnType<typeof createTerminalLog>,
  bundleDir: string,
): Promise<number> {
  const signal = listenForSignals();
  const ports = wire(log, process.env, signal);
  const own = locateInstallation(bundleDir, process.env);
  if (command === 'clean') {
    await clean(ports, inputs.workDir, null);
    log.close();
    return 0;
  }
  const cache = openCache(inputs, null);
  if (inputs.dryRun) {
    const plan = await dryRun(ports, { inputs, own, cache });
    log.close();
    return json ? print(JSON.stringify(plan)) : 0;
  }
  const settings = {
    inputs,
    own,
    secrets: findSecrets(process.env),
    artifacts: null,
    cache,
    signal,
  };
  const { outputs } = await build(ports, { ...settings, onWorkspace: () => undefined });
  log.close();
  log.info(`${outputs['image-path']}  sha256 ${outputs.sha256}  in ${outputs.duration} s`);
  return json ? print(JSON.stringify(outputs)) : 0;
}

/** The inputs of a command; mistakes in the writing and in the values are told together. */
function readRaw(
  command: string,
  raw: Readonly<Record<string, string>>,
  { positionals, withoutValue }: Omit<ReturnType<typeof parseFlags>, 'values'>,
): Inputs {
  const misplaced = [
    ...positionals.map((word) => `${JSON.stringify(word)} belongs to no option.`),
    ...withoutValue.map((name) => `${name} has no value.`),
  ].map((message) => ({
    code: 'stray-argument',
    message,
    hint: `Options are written --NAME VALUE: see trove-image ${command} --help.`,
  }));
  const caller = {
    cwd: process.cwd(),
    temporaryDir: process.env.RUNNER_TEMP || '/var/tmp',
    cacheDir: locateCache(process.env),
  };
  try {
    const inputs = readInputs(raw, caller);
    if (misplaced.length === 0) return inputs;
  } catch (error) {
    if (!(error instanceof TroveImageError)) throw error;
    misplaced.push(...error.problems);
  }
  throw new TroveImageError('input', misplaced);
}

/** Flags as texts by name; what is not in the table is left for the input check to refuse. */
function parseFlags(args: readonly string[]): {
  values: Record<string, string>;
  positionals: readonly string[];
  withoutValue: readonly string[];
} {
  const specs = new Map<string, InputSpec>(inputTable.map((spec) => [spec.name, spec]));
  const isFlag = (name: string): boolean =>
    specs.get(name)?.flag === true || ['json', 'help', 'verbose'].includes(name);
  const options = Object.fromEntries(
    [...specs.keys(), 'json', 'help', 'verbose'].map((name) => [
      name,
      { type: isFlag(name) ? 'boolean' : 'string' } as const,
    ]),
  );
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values: Record<string, string> = {};
  const positionals: string[] = [];
  const withoutValue: string[] = [];
  let unknown = false;
  for (const token of tokens) {
    // the word after an option that does not exist was meant as its value
    if (token.kind === 'positional' && !unknown) positionals.push(token.value);
    unknown = token.kind === 'option' && options[token.name] === undefined && !token.value;
    if (token.kind !== 'option') continue;
    if (token.value === undefined && !isFlag(token.name) && !unknown) {
      withoutValue.push(token.rawName);
      continue;
    }
    const value = token.value ?? 'true';
    const before = specs.get(token.name)?.list === undefined ? undefined : values[token.name];
    values[token.name] = before === undefined ? value : `${before}\n${value}`;
  }
  return { values, positionals, withoutValue };
}

/** The first signal ends the build and cleans up; a second one ends this process at once. */
function listenForSignals(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(exitCodes.cancelled);
      controller.abort();
    });
  }
  return controller.signal;
}

function reportError(
  thrown: unknown,
  log: ReturnType<typeof createTerminalLog>,
  json: boolean,
): number {
  const error = toTroveImageError(thrown);
  log.close();
  for (const problem of error.problems) log.error(problem);
  if (error instanceof BuildFailure)
    for (const line of error.diagnosis.lines) log.info(`| ${line}`);
  if (error.kind === 'bug')
    log.info((error.cause as Error | undefined)?.stack ?? error.stack ?? '');
  if (json) print(JSON.stringify({ error: { kind: error.kind, problems: error.problems } }));
  return exitCodes[error.kind];
}

function print(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}
