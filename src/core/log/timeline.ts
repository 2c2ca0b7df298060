import type { PhaseRun, ScriptRun, Timeline } from '../../model/timeline.ts';

export const emptyTimeline: Timeline = { phases: [], tail: [] };
const tailLength = 200;

/** Takes one line of diskimage-builder's log, `atMs` after its start, and returns what is known now; `shown` is what may be kept of it. */
export function followLine(
  timeline: Timeline,
  line: string,
  atMs: number,
  shown: string = line,
): Timeline {
  const running = /^dib-run-parts Running \S*\/([a-z-]+)\.d\/([^/\s]+)$/.exec(line);
  if (running) return startScript(timeline, running[1] as string, running[2] as string, atMs);
  const completed = /(?:^|,)dib-run-parts ([^/\s]+) completed$/.exec(line);
  if (completed) return endScript(timeline, completed[1] as string, atMs);
  return { ...timeline, tail: [...timeline.tail.slice(1 - tailLength), shown] };
}

function startScript(timeline: Timeline, phase: string, name: string, atMs: number): Timeline {
  const script: ScriptRun = { name, startMs: atMs, endMs: null };
  const last = timeline.phases.at(-1);
  const phases =
    last?.name === phase
      ? [
          ...timeline.phases.slice(0, -1),
          { ...last, endMs: atMs, scripts: [...last.scripts, script] },
        ]
      : [...timeline.phases, { name: phase, startMs: atMs, endMs: atMs, scripts: [script] }];
  return { phases, tail: [] };
}

function endScript(timeline: Timeline, name: string, atMs: number): Timeline {
  const last = timeline.phases.at(-1);
  if (last === undefined) return timeline;
  const scripts = last.scripts.map((script) =>
    script.name === name && script.endMs === null ? { ...script, endMs: atMs } : script,
  );
  return { phases: [...timeline.phases.slice(0, -1), { ...last, endMs: atMs, scripts }], tail: [] };
}

/** The script that runs now, or that was running when the log ended. */
export function findRunning(timeline: Timeline): { phase: string; script: string } | null {
  const last = timeline.phases.at(-1);
  const script = last?.scripts.find((each) => each.endMs === null);
  return last && script ? { phase: last.name, script: script.name } : null;
}

/** How many scripts have been completed. */
export function countCompleted(timeline: Timeline): number {
  return timeline.phases.flatMap((phase) => phase.scripts).filter((script) => script.endMs !== null)
    .length;
}

/** Adds the stretches between phases, where diskimage-builder itself works, so that the times add up. */
export function fillGaps(phases: readonly PhaseRun[], totalMs: number): readonly PhaseRun[] {
  const filled: PhaseRun[] = [];
  let end = 0;
  for (const phase of [...phases, null]) {
    const start = phase?.startMs ?? totalMs;
    if (start - end >= 1000) {
      filled.push({ name: nameGap(filled.at(-1)?.name), startMs: end, endMs: start, scripts: [] });
    }
    if (phase) filled.push(phase);
    end = phase?.endMs ?? totalMs;
  }
  return filled;
}

function nameGap(after: string | undefined): string {
  switch (after) {
    case undefined:
      return 'start';
    case 'post-install':
    case 'post-root':
    case 'block-device':
      return 'partition and copy';
    case 'cleanup':
      return 'unmount and trim';
  }
  return 'between phases';
}
