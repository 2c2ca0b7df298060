import { createTerminalLog } from './adapters/terminal-log.ts';
import { runCache } from './cli-cache.ts';
import { runDiff } from './cli-diff.ts';
import { parseFlags, readRaw } from './cli-inputs.ts';
import { runPlan } from './cli-plan.ts';
import { publishAndTell, renderPublishHelpOf, runPublish } from './cli-publish.ts';
import { readTrovestack } from './cli-trovestack.ts';
import { runVerify, verifyBuilt } from './cli-verify.ts';
import { build } from './commands/build.ts';
import { clean } from './commands/cleaning.ts';
import { listDatastores } from './commands/datastores.ts';
import { dryRun } from './commands/dry-run.ts';
import { checkImages } from './core/catalogue/choose.ts';
import { renderImageList } from './core/catalogue/text.ts';
import { renderDatastores } from './core/datastores/text.ts';
import { renderDiffHelp } from './core/diff/help.ts';
import { alignRows } from './core/diff/spelling.ts';
import { renderBuildHelp, renderHelp } from './core/inputs/help.ts';
import { suggest } from './core/inputs/nearest.ts';
import { findSecrets, listSecrets } from './core/log/scrub.ts';
import { renderPlanHelp } from './core/matrix/help.ts';
import { renderCacheHelp } from './core/shelf/help.ts';
import { renderVerifyHelp } from './core/verify/help.ts';
import { findMistakes, openCatalogue } from './entry-inputs.ts';
import { requestPublication } from './entry-publish.ts';
import { exitCodes, failure, TroveImageError, toTroveImageError } from './errors.ts';
import { inputTable } from './model/input-table.ts';
import type { Inputs } from './model/inputs.ts';
import { planInputs } from './model/plan-inputs.ts';
import { version } from './model/version.ts';
import { BuildFailure } from './stages/build.ts';
import { locateInstallation, openCache, wire } from './wiring.ts';

const commandNames = [
  'build',
  'cache',
  'clean',
  'datastores',
  'diff',
  'help',
  'images',
  'plan',
  'publish',
  'status',
  'trovestack',
  'verify',
  'version',
];

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
    if (command === 'plan') {
      const call = {
        cwd: process.cwd(),
        bundleDir,
        log,
        signal: listenForSignals(),
        service: null,
      };
      return print(await runPlan(rest, call));
    }
    if (command === 'verify') {
      const { text, exitCode } = await runVerify(rest, log, listenForSignals(), bundleDir);
      print(text);
      return exitCode;
    }
    if (command === 'publish' || command === 'status') {
      const { text, exitCode } = await runPublish(command, rest, log, listenForSignals());
      print(text);
      return exitCode;
    }
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
    if (command === 'images') return print(listImages(raw.catalogue ?? '', json !== undefined));
    if (command === 'trovestack') {
      const translated = readTrovestack(misplaced.positionals, raw, log);
      const inputs = readRaw('build', translated, { ...misplaced, positionals: [] });
      return await run('build', inputs, json !== undefined, log, bundleDir);
    }
    return await run(command, readRaw(command, raw, misplaced), json !== undefined, log, bundleDir);
  } catch (thrown) {
    return reportError(thrown, log, values.json !== undefined);
  }
}

function renderHelpOf(command: string): string {
  if (command === 'diff') return renderDiffHelp();
  if (command === 'cache') return renderCacheHelp();
  if (command === 'publish' || command === 'status') return renderPublishHelpOf(command);
  if (command === 'verify') return renderVerifyHelp();
  if (command === 'plan') return renderPlanHelp(planInputs);
  if (['build', 'datastores', 'trovestack'].includes(command)) return renderBuildHelp(inputTable);
  return renderHelp(version);
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
  if (command === 'datastores') {
    const defaults = await listDatastores(ports, { inputs, own });
    log.close();
    return print(json ? JSON.stringify(defaults) : renderDatastores(defaults));
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
    secrets: [...findSecrets(process.env), ...listSecrets(inputs.secrets)],
    artifacts: null,
    cache,
    signal,
  };
  const { outputs } = await build(ports, { ...settings, onWorkspace: () => undefined });
  log.close();
  log.info(`${outputs['image-path']}  sha256 ${outputs.sha256}  in ${outputs.duration} s`);
  const verdict = await verifyBuilt(inputs, outputs, log, signal, bundleDir);
  const proven =
    verdict === null
      ? outputs
      : { ...outputs, 'verify-result': verdict.passed ? 'passed' : 'failed', verdict };
  const request = verdict?.passed === false ? null : requestPublication(inputs, outputs);
  if (request === null) {
    if (json) print(JSON.stringify(proven));
    return verdict?.passed === false ? exitCodes.check : 0;
  }
  const { text, data, exitCode } = await publishAndTell(request, log, signal);
  print(json ? JSON.stringify({ ...proven, publication: data }) : text);
  return exitCode;
}

/** The images of the catalogue, for people or as JSON. */
function listImages(catalogue: string, json: boolean): string {
  const opened = openCatalogue(catalogue, process.cwd());
  const problems = checkImages(opened, findMistakes);
  if (problems.length > 0) throw new TroveImageError('input', problems);
  const { images } = opened;
  return json
    ? JSON.stringify(images.map(({ id, from, raw }) => ({ id, from, inputs: raw })))
    : renderImageList(images, alignRows);
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
