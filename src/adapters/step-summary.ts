import { summary } from '@actions/core';
import type { Log } from '../ports/log.ts';

/** Adds to the step summary, which is a nicety: without it the job goes on. */
export async function writeSummary(markdown: string, log: Log): Promise<void> {
  try {
    await summary.addRaw(markdown).write();
  } catch (error) {
    log.warning({
      code: 'no-summary',
      message: `The step summary could not be written: ${(error as Error).message}`,
      hint: 'The log holds the same facts.',
    });
  }
}
