import { createImageFiles } from './adapters/image-files.ts';
import { diff } from './commands/diff.ts';
import { readDiffArguments } from './core/diff/arguments.ts';
import { renderDifference } from './core/diff/text.ts';
import { isSafePath } from './core/inputs/values.ts';
import { readWords } from './core/inputs/words.ts';
import type { Log } from './ports/log.ts';
import { locateInstallation, wire } from './wiring.ts';

/** The command `diff`: the text for standard output, and the exit code (1 when something differs). */
export async function runDiff(
  args: readonly string[],
  log: Log,
  signal: AbortSignal,
  bundleDir: string,
): Promise<{ readonly text: string; readonly exitCode: number }> {
  const temporaryDir = process.env.RUNNER_TEMP || '/var/tmp';
  const caller = { cwd: process.cwd(), temporaryDir, isSafePath, readWords };
  const request = readDiffArguments(args, caller);
  const ports = { ...wire(log, process.env, signal), imageFiles: createImageFiles() };
  const { hostDir } = locateInstallation(bundleDir, process.env);
  const difference = await diff(ports, { request, hostDir, signal });
  log.close();
  return {
    text: request.json ? JSON.stringify(difference) : renderDifference(difference, request.limit),
    exitCode: difference.equal ? 0 : 1,
  };
}
