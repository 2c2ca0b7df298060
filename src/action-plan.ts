import { getInput, setOutput } from '@actions/core';
import { createGithubLog } from './adapters/github-log.ts';
import { writeSummary } from './adapters/step-summary.ts';
import { makePlan } from './cli-plan.ts';
import { toOutputs } from './core/matrix/jobs.ts';
import { renderMatrixSummary } from './core/matrix/text.ts';
import { code } from './core/report/markdown.ts';
import { exitCodes, toTroveImageError } from './errors.ts';
import { planInputs } from './model/plan-inputs.ts';

/** The step of the action that plans; returns the exit code. It has no post step: it leaves nothing behind. */
export async function runPlanAction(bundleDir: string): Promise<number> {
  const log = createGithubLog(Date.now);
  const cancel = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => cancel.abort());
  try {
    const raw = Object.fromEntries(planInputs.map(({ name }) => [name, getInput(name)]));
    const { plan, request } = await makePlan(raw, {
      ...{ cwd: process.cwd(), bundleDir, log, signal: cancel.signal },
      service: { environment: process.env, onPending: () => undefined },
    });
    for (const [name, value] of Object.entries(toOutputs(plan, request.runners)))
      setOutput(name, value);
    await writeSummary(renderMatrixSummary(plan, code), log);
    return 0;
  } catch (thrown) {
    const error = toTroveImageError(thrown);
    for (const problem of error.problems) log.error(problem);
    if (error.kind === 'bug') log.info((error.cause as Error | undefined)?.stack ?? '');
    return exitCodes[error.kind];
  } finally {
    log.close();
  }
}
