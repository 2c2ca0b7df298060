import { composeCommand, composeEnvironment } from '../core/image/run.ts';
import { describeFailure, diagnose } from '../core/log/diagnose.ts';
import {
  countCompleted,
  emptyTimeline,
  fillGaps,
  findRunning,
  followLine,
} from '../core/log/timeline.ts';
import { type Problem, TroveImageError } from '../errors.ts';
import type { Element } from '../model/elements.ts';
import type { HostFacts } from '../model/host.ts';
import type { Plan, Workspace } from '../model/plan.ts';
import type { Diagnosis, PhaseRun, Timeline } from '../model/timeline.ts';
import type { Commands } from '../ports/commands.ts';
import type { Files } from '../ports/files.ts';
import type { Log } from '../ports/log.ts';
import type { Clock } from '../ports/machine.ts';

export interface BuildPorts {
  readonly clock: Clock;
  readonly commands: Commands;
  readonly files: Files;
  readonly log: Log;
}

export interface BuildRequest {
  readonly plan: Plan;
  readonly host: HostFacts;
  readonly workspace: Workspace;
  readonly keyring: string | null;
  readonly elements: readonly Element[];
  readonly hostDir: string;
  readonly logPath: string;
  readonly scrub: (line: string) => string;
  /** Where the stops of the layer cache wait for their answer, and who answers; null without a cache. */
  readonly layers: {
    readonly directory: string;
    onStop(name: string, hookPid: number): Promise<void>;
  } | null;
}

export interface BuiltImage {
  readonly rawPath: string;
  readonly phases: readonly PhaseRun[];
}

/** A build that failed, with what its log tells. */
export class BuildFailure extends TroveImageError {
  readonly diagnosis: Diagnosis;

  constructor(diagnosis: Diagnosis) {
    const { cause } = diagnosis;
    super('build', [
      {
        code: cause?.code ?? 'build-failed',
        message: `${describeFailure(diagnosis)}${cause === null ? '' : ` ${cause.message}`}`,
        hint: cause?.hint ?? 'Read the last lines below, and the whole build log.',
        ...(diagnosis.file === null ? {} : { file: diagnosis.file }),
      },
    ]);
    this.diagnosis = diagnosis;
  }
}

/** Runs diskimage-builder in its own namespaces and follows its log; returns the raw image. */
export async function buildImage(ports: BuildPorts, request: BuildRequest): Promise<BuiltImage> {
  await writeRun(ports.files, request);
  const startMs = ports.clock.now();
  const file = ports.files.openLog(request.logPath);
  const total = request.elements.flatMap((element) => Object.values(element.scripts)).flat().length;
  let timeline = emptyTimeline;
  const onLine = (raw: string): void => {
    const line = request.scrub(raw);
    file.write(line);
    const before = timeline;
    timeline = followLine(timeline, raw, ports.clock.now() - startMs, line);
    announce(ports.log, before, timeline, total);
    ports.log.detail(line);
    const stop = /^trove-image-layers: reached ([a-z0-9-]+) (\d+)$/.exec(raw);
    if (stop) void request.layers?.onStop(stop[1] as string, Number(stop[2]));
  };
  const { exitCode } = await ports.commands.run(composeRun(request), { asRoot: true, onLine });
  const trouble = await file.close().then(
    () => null,
    (error: Error) => error.message,
  );
  if (trouble !== null) ports.log.warning(describeLogTrouble(request.logPath, trouble));
  if (exitCode !== 0)
    throw new BuildFailure(
      diagnose(timeline, exitCode, (phase, script) => findOwner(request.elements, phase, script)),
    );
  return {
    rawPath: `${request.workspace.path}/out/image.raw`,
    phases: fillGaps(timeline.phases, ports.clock.now() - startMs),
  };
}

const describeLogTrouble = (path: string, trouble: string): Problem => ({
  code: 'log-incomplete',
  message: `The build log ${path} could not be written completely: ${trouble}`,
  hint: 'Free space in output-dir; the lines in the log of this run are complete.',
});

async function writeRun(
  files: Files,
  { plan, host, workspace, keyring, layers }: BuildRequest,
): Promise<void> {
  const environment = composeEnvironment(plan, host, workspace, keyring, layers?.directory ?? null);
  const assignments = Object.entries(environment).map(([name, value]) => `${name}=${value}\0`);
  const command = composeCommand(plan, host, workspace).map((argument) => `${argument}\0`);
  await files.write(`${workspace.path}/environment`, assignments.join(''), 0o600);
  await files.write(`${workspace.path}/arguments`, command.join(''), 0o600);
}

function composeRun({ plan, host, workspace, hostDir }: BuildRequest): [string, ...string[]] {
  return [
    // nothing of our own environment gets into the build
    ...(['env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin'] as const),
    `${hostDir}/run-build`,
    workspace.path,
    `${host.user.uid}:${host.user.gid}`,
    String(plan.host.tmpfsBytes ?? 0),
    plan.host.deviceMapper ? '-' : `${hostDir}/no-device-mapper`,
  ];
}

function announce(log: Log, before: Timeline, now: Timeline, total: number): void {
  const running = findRunning(now);
  const last = findRunning(before);
  if (running === null || (running.phase === last?.phase && running.script === last.script)) return;
  if (before.phases.at(-1)?.name !== running.phase) log.chapter(`Build: ${running.phase}`);
  log.progress(`${countCompleted(now) + 1}/${total} ${running.phase} ${running.script}`);
}

function findOwner(
  elements: readonly Element[],
  phase: string,
  script: string,
): { element: string; file: string } | null {
  for (const { name, path, scripts, linkedScripts } of elements) {
    const own = [...(scripts[phase] ?? []), ...(linkedScripts?.[phase] ?? [])];
    const found = own.find((each) => each === script || each.endsWith(`/${script}`));
    if (found !== undefined) return { element: name, file: `${path}/${phase}.d/${found}` };
  }
  return null;
}
