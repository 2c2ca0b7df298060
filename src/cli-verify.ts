import { alignRows } from './core/diff/spelling.ts';
import { renderVerdict } from './core/verify/text.ts';
import { readVerifyRequest, runVerification } from './entry-verify.ts';
import { exitCodes } from './errors.ts';
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
