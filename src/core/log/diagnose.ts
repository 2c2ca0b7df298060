import type { Diagnosis, Timeline } from '../../model/timeline.ts';
import { knownCauses } from './causes.ts';
import { findRunning } from './timeline.ts';

const shownLines = 15;
const noise =
  /^\s*$|^(Reading package lists|Building dependency tree|Reading state information|Get:\d+ |Selecting previously|Preparing to unpack|Unpacking |Setting up |\(Reading database|Unmount |INFO |dib-run-parts |-+ PROFILING|-+ END PROFILING|\+ )/;

/** Says which element, phase and script a build failed in, why if the cause is known, and the lines that matter. */
export function diagnose(
  timeline: Timeline,
  exitCode: number,
  findOwner: (phase: string, script: string) => { element: string; file: string } | null,
): Diagnosis {
  const running = findRunning(timeline);
  const owner = running === null ? null : findOwner(running.phase, running.script);
  const cause =
    knownCauses.find(({ pattern }) => timeline.tail.some((line) => pattern.test(line))) ?? null;
  return {
    phase: running?.phase ?? null,
    script: running?.script ?? null,
    element: owner?.element ?? null,
    file: owner?.file ?? null,
    exitCode,
    lines: pickLines(timeline.tail, cause?.pattern ?? null),
    cause: cause === null ? null : { code: cause.code, message: cause.message, hint: cause.hint },
  };
}

/** The last lines without the chatter of the package manager; the line that told the cause is always among them. */
function pickLines(tail: readonly string[], telling: RegExp | null): readonly string[] {
  const matter = tail.filter((line) => !noise.test(line));
  const last = matter.slice(-shownLines);
  const told = telling === null ? undefined : matter.find((line) => telling.test(line));
  return told === undefined || last.includes(told) ? last : [told, '…', ...last.slice(2)];
}

/** One sentence that says where it failed. */
export function describeFailure(diagnosis: Diagnosis): string {
  const { phase, script, element, exitCode } = diagnosis;
  if (script === null)
    return `diskimage-builder failed with exit code ${exitCode}, outside of the elements' scripts.`;
  const of = element === null ? '' : ` of element ${element}`;
  return `Script ${script}${of} failed in phase ${phase} with exit code ${exitCode}.`;
}
