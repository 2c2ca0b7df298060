import { alignRows } from './core/diff/spelling.ts';
import { renderVerdict } from './core/verify/text.ts';
import { readVerifyRequest, requestVerification, runVerification } from './entry-verify.ts';
import { exitCodes } from './errors.ts';
import type { Inputs } from './model/inputs.ts';
import type { Outputs } from './model/output-table.ts';
import type { Verdict } from './model/verify.ts';
import type { Log } from './ports/log.ts';

/** The command `verify`: the text for standard output, and the exit code (that of a failed check when one does not hold). */
export async function runVerify(
  args: readonly string[],
  log: Log,
  signal: AbortSignal,
  bundleDir: string,
): Promise<{ readonly text: string; readonly exitCode: number }> {
  const request = readVerifyRequest(args);
  const verdict = await runVerification(request, log, signal, bundleDir);
  log.close();
  // with --json only the verdict is printed: what a person reads goes to the log
  if (request.json) for (const cause of verdict.causes) log.error(cause);
  return {
    text: request.json ? JSON.stringify(verdict) : renderVerdict(verdict, alignRows),
    exitCode: verdict.passed ? 0 : exitCodes.check,
  };
}

/** The verification of what was just built, where that is asked for; the log tells what does not hold. */
export async function verifyBuilt(
  inputs: Inputs,
  outputs: Outputs,
  log: Log,
  signal: AbortSignal,
  bundleDir: string,
): Promise<Verdict | null> {
  const request = requestVerification(inputs, outputs);
  if (request === null) return null;
  const verdict = await runVerification(request, log, signal, bundleDir);
  log.close();
  for (const cause of verdict.causes) log.error(cause);
  return verdict;
}
