import { emptyTimeline, followLine } from '../../../src/core/log/timeline.ts';
import type { Element } from '../../../src/model/elements.ts';
import type { Timeline } from '../../../src/model/timeline.ts';
import { readJson } from './recordings.ts';

const { elements } = readJson<{ readonly elements: readonly Element[] }>(
  'debian-bookworm-elements.json',
);

/** What is known after these lines of a log. */
export const follow = (lines: readonly string[]): Timeline =>
  lines.reduce((timeline, line) => followLine(timeline, line, 0), emptyTimeline);

/** The element of a recorded build that has a script, and the file of the script. */
export function findOwner(phase: string, script: string) {
  const owner = elements.find((element) => element.scripts[phase]?.includes(script));
  return owner ? { element: owner.name, file: `${owner.path}/${phase}.d/${script}` } : null;
}

/** A log that ends in a script that runs in the guest. */
export const inScript = (
  phase: string,
  script: string,
  ...tail: readonly string[]
): readonly string[] => [`dib-run-parts Running /tmp/in_target.d/${phase}.d/${script}`, ...tail];
