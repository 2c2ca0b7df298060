import { getInput, setOutput } from '@actions/core';
import { createGithubLog } from './adapters/github-log.ts';
import { writeSummary } from './adapters/step-summary.ts';
import { alignRows } from './core/diff/spelling.ts';
import { code } from './core/report/markdown.ts';
import { renderVerifySummary } from './core/verify/summary.ts';
import { renderVerdict } from './core/verify/text.ts';
import { readVerifyRequest, runVerification } from './entry-verify.ts';
import { exitCodes, toTroveImageError } from './errors.ts';
import type { VerifyRequest } from './model/verify.ts';
import { verifyInputs } from './model/verify-inputs.ts';
import type { Log } from './ports/log.ts';

/** The step of the action that verifies; returns the exit code. Everything that it starts ends with it. */
export async function runVerifyAction(bundleDir: string): Promise<number> {
  const log = createGithubLog(Date.now);
  const cancel = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => cancel.abort());
  try {
    const words = verifyInputs.flatMap(({ name }) => {
      const value = getInput(name);
      return value === '' ? [] : [name === 'image-path' ? '--image' : `--${name}`, value];
    });
    return await verifyAndTell(readVerifyRequest(words), log, cancel.signal, bundleDir);
  } catch (thrown) {
    const error = toTroveImageError(thrown);
    for (const problem of error.problems) log.error(problem);
    if (error.kind === 'bug') log.info((error.cause as Error | undefined)?.stack ?? '');
    return exitCodes[error.kind];
  } finally {
    log.close();
  }
}

/** Verifies; outputs, summary and annotations tell what was found. */
export async function verifyAndTell(
  request: VerifyRequest,
  log: Log,
  signal: AbortSignal,
  bundleDir: string,
): Promise<number> {
  const verdict = await runVerification(request, log, signal, bundleDir);
  setOutput('verify-result', verdict.passed ? 'passed' : 'failed');
  setOutput('verdict-path', request.verdictPath);
  setOutput('console-path', request.consolePath);
  const failed = verdict.checks.filter(({ ok }) => !ok).map(({ id }) => id);
  setOutput('failed-checks', failed.join(' '));
  await writeSummary(renderVerifySummary(verdict, code), log);
  log.close();
  log.info(renderVerdict(verdict, alignRows));
  for (const cause of verdict.causes) log.error(cause);
  return verdict.passed ? 0 : exitCodes.check;
}
