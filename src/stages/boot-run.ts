import { checkGuest } from '../core/verify/checks.ts';
import { conclude } from '../core/verify/conclude.ts';
import { findMilestones } from '../core/verify/console.ts';
import { type Gathering, gather } from '../core/verify/evidence.ts';
import { explain } from '../core/verify/explain.ts';
import { composeQemu } from '../core/verify/machine.ts';
import { failure } from '../errors.ts';
import type {
  ConsoleLine,
  GuestEnd,
  GuestLimits,
  GuestMachine,
  ImageHints,
  Injection,
  Proof,
} from '../model/guest.ts';
import type { Check } from '../model/verify.ts';
import type { Files, LogFile } from '../ports/files.ts';
import type { GuestProcess, Guests } from '../ports/guests.ts';
import type { Log } from '../ports/log.ts';
import type { Clock, Sleep } from '../ports/machine.ts';

export interface RunPorts {
  readonly guests: Guests;
  readonly files: Files;
  readonly log: Log;
  readonly clock: Clock;
  readonly sleep: Sleep;
}

export interface GuestRun {
  readonly machine: GuestMachine;
  readonly injection: Injection;
  readonly limits: GuestLimits;
  readonly hostDir: string;
  readonly consolePath: string;
  readonly hints: ImageHints;
  /** Called at power-on: the guest stays on until this has ended, too. */
  readonly prove: () => Promise<unknown>;
}

const lookMs = 500;
const mostConsoleBytes = 32 * 1024 ** 2;

/** Switches a guest on, watches it until enough is known, and switches it off; the console goes to its file. */
export async function runGuest(ports: RunPorts, run: GuestRun): Promise<Proof> {
  const { limits, machine } = run;
  const powerOnMs = ports.clock.now();
  const elapsed = (): number => ports.clock.now() - powerOnMs;
  const gathering = gather(powerOnMs);
  const file = openConsole(ports.files, run.consolePath);
  ports.log.info(
    `Starting the guest (${machine.accelerator}, ${machine.processors} processors, ${machine.memoryMib} MiB), for ${Math.round(limits.totalMs / 1000)} s at most`,
  );
  const guest = ports.guests.start(composeQemu(machine, run.hostDir), {
    follow: { report: machine.reportPath, broker: machine.brokerLogPath },
    onText: (source, text) => {
      for (const line of gathering.write(source, text, elapsed())) {
        file.write(stamp(line));
        ports.log.detail(line.text);
      }
    },
  });
  try {
    return await watch(ports, run, guest, gathering, elapsed);
  } finally {
    await guest.stop();
    // a prompt is the end of a line that never comes
    const rest = gathering.write('console', '\n', elapsed()).filter(({ text }) => text !== '');
    for (const line of rest) {
      file.write(stamp(line));
      ports.log.detail(line.text);
    }
    await file.close();
  }
}

async function watch(
  ports: RunPorts,
  run: GuestRun,
  guest: GuestProcess,
  gathering: Gathering,
  elapsed: () => number,
): Promise<Proof> {
  void guest.ended.then((end) => gathering.end(end));
  const companion: { isDone: boolean; trouble?: unknown } = { isDone: false };
  run.prove().then(
    () => Object.assign(companion, { isDone: true }),
    (trouble: unknown) => Object.assign(companion, { trouble }),
  );
  const told = new Set<string>();
  for (;;) {
    await ports.sleep(lookMs);
    if (companion.trouble !== undefined) throw companion.trouble;
    const evidence = gathering.read();
    const checks = checkGuest(run, evidence);
    tellProgress(ports.log, told, evidence.console, checks);
    const conclusion = conclude(evidence, checks, run, elapsed());
    switch (conclusion.kind) {
      case 'go on':
        continue;
      case 'passed':
        if (companion.isDone) return { checks, causes: [] };
        if (elapsed() >= run.limits.totalMs) return describeLate(checks, elapsed());
        continue;
      case 'failed':
        refuseMachine(evidence.end);
        return { checks, causes: explain(evidence, checks, run.hints, conclusion.why) };
    }
  }
}

/** The guest is as it should be, and what else looks at it takes too long. */
const describeLate = (checks: readonly Check[], ms: number): Proof => ({
  checks: [
    ...checks,
    {
      id: 'in-time',
      expected: 'everything is known before the time is over',
      found: 'the time is over',
      ok: false,
      ms,
    },
  ],
  causes: [
    {
      code: 'boot-hangs',
      message: 'The guest is up, but not all was known of its agent when its time was over.',
      hint: 'On a slow or busy machine, give it more time: --timeout.',
      lines: [],
    },
  ],
});

/** QEMU that could not start, or was killed, says nothing about the image. */
function refuseMachine(end: GuestEnd | null): void {
  if (end === null || end.exitCode === 0) return;
  const how = end.signal === null ? `exit code ${end.exitCode}` : `signal ${end.signal}`;
  throw failure(
    'host',
    'qemu-failed',
    `QEMU ended with ${how}: ${end.said.split('\n').at(-1) || 'it said nothing'}`,
    'Look at the memory of this machine, and at what ends processes on it.',
  );
}

function tellProgress(
  log: Log,
  told: Set<string>,
  console: Parameters<typeof findMilestones>[0],
  checks: readonly Check[],
): void {
  const milestones = Object.entries(findMilestones(console));
  const held = checks.filter(
    ({ ok, id }) => ok && ['report', 'docker', 'agent-calls'].includes(id),
  );
  for (const [name, ms] of [...milestones, ...held.map(({ id, ms }) => [id, ms] as const)]) {
    if (told.has(name)) continue;
    told.add(name);
    log.progress(`${name}: ${Math.round(ms / 1000)} s after power-on`);
  }
}

const stamp = ({ ms, text }: ConsoleLine): string =>
  `${(ms / 1000).toFixed(2).padStart(8)} ${text}`;

/** The console's file; what a flood writes beyond its bound is left out. */
function openConsole(files: Files, path: string): LogFile {
  const file = files.openLog(path);
  let bytes = 0;
  return {
    write: (line) => {
      bytes += line.length;
      if (bytes <= mostConsoleBytes) file.write(line);
    },
    close: () => file.close(),
  };
}
