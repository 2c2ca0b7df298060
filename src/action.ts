import { getInput, getState, saveState, setOutput, setSecret } from '@actions/core';
import { verifyAndTell } from './action-verify.ts';
import { createArtifacts } from './adapters/artifacts.ts';
import type { PendingUploads } from './adapters/github-layers/entries.ts';
import { uploadPending } from './adapters/github-layers/uploads.ts';
import { createGithubLog } from './adapters/github-log.ts';
import { createIdTokens } from './adapters/id-tokens.ts';
import { writeSummary } from './adapters/step-summary.ts';
import { build } from './commands/build.ts';
import { clean } from './commands/cleaning.ts';
import { dryRun } from './commands/dry-run.ts';
import { makeCancelled } from './commands/settings.ts';
import { readPublishRequest } from './core/inputs/publish-request.ts';
import { findSecrets, listSecrets } from './core/log/scrub.ts';
import { listYamlSecrets } from './core/openstack/access.ts';
import { composePublishOutputs } from './core/publish/outputs.ts';
import { renderPublishSummary } from './core/publish/summary.ts';
import { code } from './core/report/markdown.ts';
import { renderFailureSummary, renderSummary } from './core/report/summary.ts';
import { dropDefaults, readEntryInputs } from './entry-inputs.ts';
import { requestPublication, runPublishRequest } from './entry-publish.ts';
import { requestVerification } from './entry-verify.ts';
import { exitCodes, toTroveImageError } from './errors.ts';
import { inputTable } from './model/input-table.ts';
import type { InputSpec } from './model/inputs.ts';
import type { PublishRequest } from './model/publication.ts';
import { publishActionInputs } from './model/publish-inputs.ts';
import { secretName } from './model/secrets.ts';
import type { Log } from './ports/log.ts';
import { BuildFailure } from './stages/build.ts';
import { locateCache, locateInstallation, openCache, wire, wirePublish } from './wiring.ts';

/** The runner kills 10 s after its first signal. */
const cancelGraceMs = 5000;
const states = { isPost: 'is-post', workDir: 'work-dir', workspace: 'workspace', cache: 'cache' };

/** The action's main step, or its post step when main has run; returns the exit code. */
export async function runAction(bundleDir: string): Promise<number> {
  const log = createGithubLog(Date.now);
  if (getState(states.isPost) !== '') return runPost(log);
  saveState(states.isPost, 'true');
  const signal = listenForCancel();
  try {
    return await Promise.race([runMain(log, bundleDir, signal), rejectAfterCancel(signal)]);
  } catch (thrown) {
    return await reportError(thrown, log);
  } finally {
    log.close();
  }
}

async function runMain(log: Log, bundleDir: string, signal: AbortSignal): Promise<number> {
  const raw = Object.fromEntries(inputTable.map(({ name }) => [name, getInput(name)]));
  maskSecrets(raw);
  const caller = {
    cwd: process.cwd(),
    temporaryDir: process.env.RUNNER_TEMP || '/var/tmp',
    cacheDir: locateCache(process.env),
  };
  const inputs = readEntryInputs(dropDefaults(raw), caller);
  saveState(states.workDir, inputs.workDir);
  const ports = wire(log, process.env, signal);
  const own = locateInstallation(bundleDir, process.env);
  const cache = openCache(inputs, {
    environment: process.env,
    onPending: (pending) => saveState(states.cache, JSON.stringify(pending)),
  });
  if (inputs.dryRun) {
    await dryRun(ports, { inputs, own, cache });
    return 0;
  }
  const { outputs, manifest, layers } = await build(ports, {
    inputs,
    own,
    secrets: [...findSecrets(process.env), ...listSecrets(inputs.secrets)],
    artifacts: inputs.artifact === 'off' ? null : createArtifacts(process.env),
    cache,
    signal,
    onWorkspace: ({ path }) => saveState(states.workspace, path),
  });
  for (const [name, value] of Object.entries(outputs)) setOutput(name, value);
  await writeSummary(renderSummary(manifest, outputs['artifact-url'], layers), log);
  log.info(`${outputs['image-path']}  sha256 ${outputs.sha256}  in ${outputs.duration} s`);
  const verification = requestVerification(inputs, outputs);
  const exitCode =
    verification === null ? 0 : await verifyAndTell(verification, log, signal, bundleDir);
  const request = requestPublication(inputs, outputs);
  return exitCode !== 0 || request === null ? exitCode : publishAndTell(request, log, signal);
}

/** The action of publish/action.yml; returns the exit code. */
export async function runPublishAction(): Promise<number> {
  const log = createGithubLog(Date.now);
  const signal = listenForCancel();
  try {
    const raw = Object.fromEntries(publishActionInputs.map(({ name }) => [name, getInput(name)]));
    maskSecrets(raw, publishActionInputs);
    const request = readPublishRequest(raw, process.cwd());
    return await Promise.race([publishAndTell(request, log, signal), rejectAfterCancel(signal)]);
  } catch (thrown) {
    return await reportError(thrown, log, 'Trove guest image: not published');
  } finally {
    log.close();
  }
}

/** Publishes; the outputs and the summary tell what became of it, also when it was refused. */
async function publishAndTell(
  request: PublishRequest,
  log: Log,
  signal: AbortSignal,
): Promise<number> {
  const github = { mask: setSecret, requestIdToken: createIdTokens(process.env) };
  const ports = wirePublish(log, process.env, signal, github);
  const temporaryDir = process.env.RUNNER_TEMP || '/var/tmp';
  const answer = await runPublishRequest(ports, { request, temporaryDir, signal });
  const outputs = composePublishOutputs(answer.reports);
  for (const [name, value] of Object.entries(outputs)) setOutput(name, value);
  if (answer.reports.length > 0)
    await writeSummary(renderPublishSummary(answer.reports, code), log);
  log.close();
  for (const problem of answer.problems) log.error(problem);
  log.info(answer.text);
  return answer.problems.length > 0 ? exitCodes.publish : 0;
}

/** The runner hides them from here on, in whatever form they were given. */
function maskSecrets(
  raw: Readonly<Record<string, string>>,
  table: readonly InputSpec[] = inputTable,
): void {
  for (const spec of table) {
    if (spec.secret !== true) continue;
    const text = raw[spec.name] ?? '';
    if (spec.name === 'clouds-yaml') listYamlSecrets(text, secretName).forEach(setSecret);
    const lines = spec.name === 'clouds-yaml' ? [] : text.split(/\r?\n/);
    // of a login only the password is secret, and it is the last word
    for (const line of lines) {
      const secret = line.trim().split(/\s+/).at(-1) ?? '';
      if (secret !== '') setSecret(secret);
    }
  }
}

/** Cleans the machine after main, whatever became of it; never fails the job. */
async function runPost(log: Log): Promise<number> {
  try {
    const ports = wire(log, process.env, new AbortController().signal);
    await clean(
      ports,
      getState(states.workDir) || process.env.RUNNER_TEMP || '/var/tmp',
      getState(states.workspace) || null,
    );
    await uploadLayers(log);
  } catch (thrown) {
    for (const problem of toTroveImageError(thrown).problems) log.warning(problem);
  } finally {
    log.close();
  }
  return 0;
}

/** Saves what main has left for the cache service; a layer that cannot be saved is missed, nothing else. */
async function uploadLayers(log: Log): Promise<void> {
  const state = getState(states.cache);
  if (state === '') return;
  log.chapter('Save layers');
  const pending = JSON.parse(state) as PendingUploads;
  const results = await uploadPending(pending, { environment: process.env });
  for (const { entry, result, reason } of results) {
    const name = `${entry.kind} ${entry.key.slice(0, 12)} (${Math.round(entry.sizeBytes / 1e6)} MB)`;
    if (result !== 'not-saved') log.info(`${name}: ${result.replaceAll('-', ' ')}`);
    else
      log.warning({
        code: 'cache-trouble',
        message: `The ${name} was not saved: ${reason}.`,
        hint: 'The next build makes it anew. See docs/caching.md.',
      });
  }
}

/** The runner cancels with SIGINT, and with SIGTERM 7.5 s later. */
function listenForCancel(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => controller.abort());
  return controller.signal;
}

/** A program that we must not kill (apt-get) may take longer than the runner waits: post cleans up after it. */
function rejectAfterCancel(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      setTimeout(() => reject(makeCancelled()), cancelGraceMs).unref();
    });
  });
}

async function reportError(
  thrown: unknown,
  log: Log,
  title = 'Trove guest image: failed',
): Promise<number> {
  const error = toTroveImageError(thrown);
  for (const problem of error.problems) log.error(problem);
  const lines = error instanceof BuildFailure ? error.diagnosis.lines : [];
  for (const line of lines) log.info(`| ${line}`);
  if (error.kind === 'bug') log.info((error.cause as Error | undefined)?.stack ?? '');
  await writeSummary(renderFailureSummary(title, error.problems, lines), log);
  return exitCodes[error.kind];
}
