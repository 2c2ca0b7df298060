import { createIdTokens } from './adapters/id-tokens.ts';
import { findMisplaced, parseFlags, readSecretVariables } from './cli-inputs.ts';
import { renderFlag } from './core/inputs/help.ts';
import { readPublishRequest } from './core/inputs/publish-request.ts';
import { createScrubber } from './core/log/scrub.ts';
import { listYamlSecrets } from './core/openstack/access.ts';
import { renderPublishHelp, renderStatusHelp } from './core/publish/help.ts';
import { runPublishRequest } from './entry-publish.ts';
import { exitCodes, TroveImageError } from './errors.ts';
import type { PublishRequest } from './model/publication.ts';
import { publishActionInputs } from './model/publish-inputs.ts';
import { secretName } from './model/secrets.ts';
import type { Log } from './ports/log.ts';
import { wirePublish } from './wiring.ts';

/** The commands `publish` and `status`: the text for standard output, and the exit code. */
export async function runPublish(
  command: 'publish' | 'status',
  args: readonly string[],
  log: Log,
  signal: AbortSignal,
): Promise<{ readonly text: string; readonly exitCode: number }> {
  const { values, ...misplaced } = parseFlags(args, publishActionInputs);
  const { json, verbose: _verbose, ...raw } = values;
  const request = readRequest(command, raw, misplaced);
  const { text, data, exitCode } = await publishAndTell(request, log, signal);
  return { text: json === undefined ? text : JSON.stringify(data), exitCode };
}

/** Runs a request; the log shows no secret of it. */
export async function publishAndTell(
  request: PublishRequest,
  log: Log,
  signal: AbortSignal,
): Promise<{ readonly text: string; readonly data: unknown; readonly exitCode: number }> {
  const hidden = [...listYamlSecrets(request.publication.login.cloudsYaml, secretName)];
  const quiet = scrubLog(log, (text) => createScrubber(hidden)(text));
  const ports = wirePublish(quiet, process.env, signal, {
    mask: (secret) => void hidden.push(secret),
    requestIdToken: createIdTokens(process.env),
  });
  const temporaryDir = process.env.RUNNER_TEMP || '/var/tmp';
  const { text, data, problems } = await runPublishRequest(ports, {
    request,
    temporaryDir,
    signal,
  });
  quiet.close();
  for (const problem of problems) quiet.error(problem);
  return { text, data, exitCode: problems.length > 0 ? exitCodes.publish : 0 };
}

/** The texts of --help. */
export const renderPublishHelpOf = (command: 'publish' | 'status'): string =>
  (command === 'publish' ? renderPublishHelp : renderStatusHelp)(publishActionInputs, renderFlag);

function readRequest(
  command: 'publish' | 'status',
  raw: Readonly<Record<string, string>>,
  misplaced: Omit<ReturnType<typeof parseFlags>, 'values'>,
): PublishRequest {
  const problems = [...findMisplaced(command, misplaced)];
  try {
    const secrets = readSecretVariables(process.env, publishActionInputs);
    const request = readPublishRequest({ ...secrets, ...raw }, process.cwd(), command);
    if (problems.length === 0) return request;
  } catch (error) {
    if (!(error instanceof TroveImageError)) throw error;
    problems.push(...error.problems);
  }
  throw new TroveImageError('input', problems);
}

/** A log that shows no secret, also one that is known only later. */
function scrubLog(log: Log, scrub: (text: string) => string): Log {
  const scrubProblem = (problem: Parameters<Log['error']>[0]) => ({
    ...problem,
    message: scrub(problem.message),
  });
  return {
    chapter: (title) => log.chapter(title),
    close: () => log.close(),
    info: (message) => log.info(scrub(message)),
    detail: (line) => log.detail(scrub(line)),
    progress: (message) => log.progress(scrub(message)),
    warning: (problem) => log.warning(scrubProblem(problem)),
    error: (problem) => log.error(scrubProblem(problem)),
  };
}
