import { describe, expect, it } from '@jest/globals';
import { chooseLimits } from '../../src/core/verify/machine.ts';
import { TroveImageError } from '../../src/errors.ts';
import type { GuestEnd } from '../../src/model/guest.ts';
import type { GuestOptions } from '../../src/ports/guests.ts';
import { type GuestRun, type RunPorts, runGuest } from '../../src/stages/boot-run.ts';
import { makeReport } from '../unit/verify/report.ts';
import {
  given,
  goodHints,
  injectionOf,
  machine,
  powerOn,
  type Recording,
} from '../unit/verify/support.ts';
import { fakeLog } from './fakes.ts';

/** Lets everything else have its turn. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const epochSeconds = 1_790_000_000;
const reportAt = (seconds: number): Recording[number] => {
  const report = makeReport({ epochSeconds: epochSeconds + seconds });
  return ['report', seconds * 1000, `${JSON.stringify(report)}\n`];
};
const call = { epochMs: (epochSeconds + 110) * 1000, greeting: '414d515000000901' };
/** A guest that comes up, and whose agent calls. */
const good: Recording = [
  ['injection', 0, JSON.stringify(given.injection.files)],
  ['console', 10_000, 'Linux version 6.1\nsystemd[1]: systemd 252 runn'],
  ['console', 20_000, 'ing in system mode\n'],
  reportAt(100),
  ['console', 105_000, 'guest login: '],
  ['broker', 110_200, `${JSON.stringify(call)}\n`],
  reportAt(120),
];

/** A world in which a recorded guest speaks again, as the time passes that the stage waits. */
function world(recording: Recording, dies?: { atMs: number; end: GuestEnd }) {
  const startMs = powerOn(recording);
  const rest = recording.filter(([source]) => source !== 'injection');
  let nowMs = startMs;
  let stopped = 0;
  let say: GuestOptions['onText'] = () => undefined;
  let die: (end: GuestEnd) => void = () => undefined;
  const ended = new Promise<GuestEnd>((resolve) => {
    die = resolve;
  });
  const written: string[] = [];
  const sleep = async (ms: number): Promise<void> => {
    nowMs += ms;
    while (rest[0] !== undefined && rest[0][1] <= nowMs - startMs) {
      const [source, , text] = rest.shift() as Recording[number];
      say(source, text);
    }
    if (dies && nowMs - startMs >= dies.atMs) die(dies.end);
    await turn();
  };
  const file = { write: (line: string) => void written.push(line), close: async () => undefined };
  const ports = {
    clock: { now: () => nowMs },
    sleep,
    log: fakeLog(),
    files: { openLog: () => file } as unknown as RunPorts['files'],
    guests: {
      start: (_command, { onText }) => {
        say = onText;
        return {
          ended,
          stop: async () => {
            stopped += 1;
            return { exitCode: 0, signal: null, said: '' };
          },
        };
      },
    },
  } satisfies RunPorts;
  const run = (changes: Partial<GuestRun> = {}) =>
    runGuest(ports, {
      machine,
      injection: injectionOf(recording),
      limits: chooseLimits('tcg', null, true),
      hostDir: '/opt/host',
      consolePath: '/images/console.log',
      hints: goodHints,
      prove: async () => undefined,
      ...changes,
    });
  return { ports, run, written, seconds: () => (nowMs - startMs) / 1000, stops: () => stopped };
}

describe('a guest that is run', () => {
  it('is switched off when all is known, and its console is kept with times', async () => {
    const { run, written, stops } = world(good);
    const { checks, causes } = await run();
    expect([checks.filter(({ ok }) => !ok), causes]).toEqual([[], []]);
    expect(stops()).toBe(1);
    expect(written).toEqual([
      '   10.00 Linux version 6.1',
      '   20.00 systemd[1]: systemd 252 running in system mode',
      '  110.50 guest login:',
    ]);
  });

  it('stays on until the second part has ended', async () => {
    const { run, seconds } = world(good);
    const prove = async (): Promise<void> => {
      while (seconds() < 700) await turn();
    };
    const { checks } = await run({ prove });
    expect(checks.every(({ ok }) => ok)).toBe(true);
    expect(seconds()).toBeGreaterThanOrEqual(700);
  });

  it('is not waited for by the second part for ever', async () => {
    const { run, seconds, stops } = world(good);
    const { checks, causes } = await run({ prove: () => new Promise(() => undefined) });
    expect(checks.filter(({ ok }) => !ok).map(({ id }) => id)).toEqual(['in-time']);
    expect(causes.map(({ code }) => code)).toEqual(['boot-hangs']);
    expect(seconds()).toBeCloseTo(chooseLimits('tcg', null, true).totalMs / 1000, 0);
    expect(stops()).toBe(1);
  });

  it('ends with the trouble of the second part', async () => {
    const { run, stops } = world(good);
    const prove = () => Promise.reject(new Error('the bus is gone'));
    await expect(run({ prove })).rejects.toThrow('the bus is gone');
    expect(stops()).toBe(1);
  });

  it('that QEMU could not run is no fault of the image', async () => {
    const end = { exitCode: 1, signal: null, said: 'warning\nCannot allocate memory' };
    const { run } = world([], { atMs: 1000, end });
    const error = await run().catch((thrown: unknown) => thrown as TroveImageError);
    expect(error).toBeInstanceOf(TroveImageError);
    expect(error).toMatchObject({
      kind: 'host',
      problems: [
        {
          code: 'qemu-failed',
          message: 'QEMU ended with exit code 1: Cannot allocate memory',
        },
      ],
    });
  });

  it('that switched itself off is a fault of the image', async () => {
    const { run } = world([['console', 10, 'Linux version 6\n']], {
      atMs: 1000,
      end: { exitCode: 0, signal: null, said: '' },
    });
    const { causes } = await run();
    expect(causes).toMatchObject([{ code: 'boot-guest-ended', lines: ['Linux version 6'] }]);
  });

  it('is switched off when the run is cancelled', async () => {
    const { ports, stops } = world(good);
    const cancelled = { ...ports, sleep: () => Promise.reject(new Error('cancelled')) };
    const run = runGuest(cancelled, {
      machine,
      injection: given.injection,
      limits: chooseLimits('tcg', null, false),
      hostDir: '/opt/host',
      consolePath: '/images/console.log',
      hints: goodHints,
      prove: async () => undefined,
    });
    await expect(run).rejects.toThrow('cancelled');
    expect(stops()).toBe(1);
  });
});
