import { describe, expect, it } from '@jest/globals';
import {
  countCompleted,
  emptyTimeline,
  fillGaps,
  findRunning,
  followLine,
} from '../../../src/core/log/timeline.ts';
import type { PhaseRun, Timeline } from '../../../src/model/timeline.ts';
import { readJson, readTimedLog } from '../support/recordings.ts';

const log = readTimedLog('debian-bookworm-build.log');
const buildMs = 162_016;
const follow = (lines: readonly (readonly [number, string])[]): Timeline =>
  lines.reduce((timeline, [atMs, line]) => followLine(timeline, line, atMs), emptyTimeline);

describe('the timeline of a real build', () => {
  const timeline = follow(log);
  const phases = fillGaps(timeline.phases, buildMs);

  it('has the phases in the order in which they ran, and the stretches between them', () => {
    expect(phases.map(({ name }) => name)).toEqual([
      ...['start', 'root', 'extra-data', 'pre-install', 'install', 'post-install'],
      ...['partition and copy', 'finalise', 'cleanup', 'unmount and trim'],
    ]);
  });

  it('has the times that were measured', () => {
    const measured = readJson<readonly PhaseRun[]>('debian-bookworm-phases.json');
    const startOf = ({ name, startMs }: PhaseRun) => [name, startMs];
    expect(phases.map(startOf)).toEqual(measured.map(startOf));
    expect(phases.filter(({ name }) => name !== 'finalise')).toEqual(
      measured.filter(({ name }) => name !== 'finalise'),
    );
  });

  it('adds up to the whole build, but for gaps of less than a second', () => {
    const sumMs = phases.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
    expect(sumMs).toBeLessThanOrEqual(buildMs);
    expect(buildMs - sumMs).toBeLessThan(1000 * phases.length);
    for (const [index, { startMs }] of phases.entries()) {
      expect(startMs).toBeGreaterThanOrEqual(phases[index - 1]?.endMs ?? 0);
    }
  });

  it('has the scripts of a phase one after the other, inside the phase', () => {
    for (const { scripts, startMs, endMs } of timeline.phases) {
      expect(scripts[0]?.startMs).toBe(startMs);
      for (const [index, script] of scripts.entries()) {
        expect(script.startMs).toBeGreaterThanOrEqual(scripts[index - 1]?.endMs ?? startMs);
        expect(script.endMs ?? endMs).toBeLessThanOrEqual(endMs);
      }
    }
  });

  it('knows that every script was completed, also one that ended without a line feed', () => {
    const scripts = timeline.phases.flatMap((phase) => phase.scripts);
    expect(scripts.filter(({ endMs }) => endMs === null)).toEqual([]);
    expect(countCompleted(timeline)).toBe(scripts.length);
    expect(findRunning(timeline)).toBeNull();
  });

  it('shows no script as running between two phases', () => {
    const end = log.findIndex(([, line]) => line.includes('99-write-dpkg-manifest completed'));
    expect(end).toBeGreaterThan(0);
    expect(findRunning(follow(log.slice(0, end + 1)))).toBeNull();
  });
});

describe('the running script', () => {
  it('is the one of the newest line that starts one', () => {
    const started = log.filter(([, line]) => line.startsWith('dib-run-parts Running '));
    expect(started.length).toBeGreaterThan(50);
    for (const entry of started) {
      const timeline = follow(log.slice(0, log.indexOf(entry) + 1));
      const running = findRunning(timeline);
      expect(entry[1]).toMatch(new RegExp(`/${running?.phase}\\.d/${running?.script}$`));
      expect(timeline.tail).toEqual([]);
    }
  });

  it('keeps its last 200 lines, oldest first, and loses them when the next one starts', () => {
    const lines = Array.from({ length: 500 }, (_, index) => [10, `line ${index}`] as const);
    const start = [0, 'dib-run-parts Running /tmp/in_target.d/install.d/01-a'] as const;
    const { tail } = follow([start, ...lines]);
    expect(tail).toHaveLength(200);
    expect([tail[0], tail.at(-1)]).toEqual(['line 300', 'line 499']);
    expect(follow([start, ...lines, [11, 'dib-run-parts 01-a completed']]).tail).toEqual([]);
  });

  it('is not started by a line that only looks alike', () => {
    const alike = [
      'dib-run-parts Running',
      'dib-run-parts Sourcing environment file /b/hooks/root.d/../environment.d/10-dpkg.bash',
      'echo dib-run-parts Running /tmp/in_target.d/install.d/01-a',
      'Running hooks from /b/hooks/cleanup.d',
      'dib-run-parts 01-a completed',
      'dib-run-parts 00-trove-guest-user                           0.003',
    ];
    expect(follow(alike.map((line) => [0, line] as const)).phases).toEqual([]);
  });
});

describe('the gaps', () => {
  const phase = (name: string, startMs: number, endMs: number): PhaseRun => ({
    name,
    startMs,
    endMs,
    scripts: [],
  });

  it.each([
    ['root', 'between phases'],
    ['post-install', 'partition and copy'],
    ['post-root', 'partition and copy'],
    ['block-device', 'partition and copy'],
    ['cleanup', 'unmount and trim'],
  ])('after %s are called %s', (name, expected) => {
    expect(fillGaps([phase(name, 0, 10)], 5000).map((each) => each.name)).toEqual([name, expected]);
  });

  it('of less than a second are left out', () => {
    expect(fillGaps([phase('root', 999, 2000), phase('install', 2999, 3000)], 3999)).toHaveLength(
      2,
    );
    expect(fillGaps([phase('root', 1000, 2000)], 3000).map(({ name }) => name)).toEqual([
      'start',
      'root',
      'between phases',
    ]);
  });

  it('of a build without any script are one stretch', () => {
    expect(fillGaps([], 4000)).toEqual([{ name: 'start', startMs: 0, endMs: 4000, scripts: [] }]);
  });
});
