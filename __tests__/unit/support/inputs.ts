import { readInputs } from '../../../src/core/inputs/read.ts';
import { type Problem, TroveImageError } from '../../../src/errors.ts';
import type { InputName } from '../../../src/model/input-table.ts';
import type { Inputs } from '../../../src/model/inputs.ts';

export type RawInputs = Readonly<Partial<Record<InputName, string>>>;
export const caller = {
  cwd: '/srv/checkout',
  temporaryDir: '/var/tmp',
  cacheDir: '/home/builder/.cache/trove-image',
} as const;

/** Inputs as a workflow gives them, checked and complete. */
export const inputsOf = (raw: RawInputs = {}): Inputs => readInputs(raw, caller);

/** The mistakes that the check of these inputs reports; none when they are accepted. */
export function mistakesOf(raw: Readonly<Record<string, string>>): readonly Problem[] {
  return problemsOf(() => readInputs(raw, caller));
}

/** The problems of the error that a call throws; any other error is passed on. */
export function problemsOf(call: () => unknown): readonly Problem[] {
  try {
    call();
    return [];
  } catch (error) {
    if (error instanceof TroveImageError) return error.problems;
    throw error;
  }
}
