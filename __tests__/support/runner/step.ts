import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { RunnerUser } from './environment.ts';
import { type CommandFiles, type FileCommands, readCommandFiles } from './file-commands.ts';
import { createLogRecorder, type StepLog } from './log-recorder.ts';
import { killProcessTree, sendSignal } from './process-tree.ts';

/** When a running step is cancelled, and how patient the runner is with it. */
export interface Cancel {
  /** Cancels when a line of the log matches. */
  when?: RegExp;
  /** Cancels this long after the start. */
  afterMs?: number;
  /** From SIGINT to SIGTERM. */
  interruptMs?: number;
  /** From SIGTERM to SIGKILL of the whole tree. */
  terminateMs?: number;
}

export interface StepOptions {
  nodePath: string;
  script: string;
  workspace: string;
  variables: Record<string, string>;
  files: CommandFiles;
  masks: string[];
  timeLimitMs: number;
  user?: RunnerUser;
  cancel?: Cancel;
  killWhen?: RegExp;
}

export interface StepResult extends StepLog, FileCommands {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  durationMs: number;
  /** Who ended the step: the step, or one of the interventions, even if the step then ended in time. */
  endedBy: 'itself' | 'cancel' | 'kill' | 'time limit';
}

/** How long the runner waits for streams that a left-over child of the step still holds open. */
const STREAM_GRACE_MS = 5_000;
const INTERRUPT_MS = 7_500;
const TERMINATE_MS = 2_500;

/** Runs one step's script to its end, with whatever intervention was planned for it. */
export async function runStep(options: StepOptions): Promise<StepResult> {
  const { files, masks, variables } = options;
  const startedAt = performance.now();
  const child = start(options);
  const intervention = planIntervention(child, options);
  const recorder = createLogRecorder({
    masks,
    showDebug: variables.RUNNER_DEBUG === '1',
    onLine: intervention.onLine,
  });
  child.stdout?.on('data', (chunk: Buffer) => recorder.write('stdout', chunk));
  child.stderr?.on('data', (chunk: Buffer) => recorder.write('stderr', chunk));
  try {
    const ending = await waitForEnd(child);
    const durationMs = Math.round(performance.now() - startedAt);
    const endedBy = intervention.endedBy();
    return { ...ending, durationMs, endedBy, ...recorder.finish(), ...readCommandFiles(files) };
  } finally {
    intervention.stop();
  }
}

function start(options: StepOptions): ChildProcess {
  const { nodePath, script, workspace, variables, user } = options;
  return spawn(nodePath, [script], {
    cwd: workspace,
    env: variables,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(user ? { uid: user.uid, gid: user.gid } : {}),
  });
}

async function waitForEnd(
  child: ChildProcess,
): Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }> {
  child.once('exit', () => {
    const grace = setTimeout(() => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, STREAM_GRACE_MS);
    child.once('close', () => clearTimeout(grace));
  });
  const [exitCode, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { exitCode, signal };
}

interface Intervention {
  onLine(line: string): void;
  endedBy(): StepResult['endedBy'];
  stop(): void;
}

function planIntervention(child: ChildProcess, options: StepOptions): Intervention {
  const { cancel, killWhen, timeLimitMs } = options;
  const timers: NodeJS.Timeout[] = [];
  let endedBy: StepResult['endedBy'] = 'itself';
  const after = (delayMs: number, action: () => void): void => {
    timers.push(setTimeout(action, delayMs));
  };
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  const intervene = (by: StepResult['endedBy'], act: (pid: number) => void): void => {
    if (endedBy !== 'itself' || !isRunning() || child.pid === undefined) return;
    endedBy = by;
    act(child.pid);
  };
  const signalIfRunning = (act: (pid: number) => void) => (): void => {
    if (isRunning() && child.pid !== undefined) act(child.pid);
  };
  const cancelNow = (): void =>
    intervene('cancel', (pid) => {
      const interruptMs = cancel?.interruptMs ?? INTERRUPT_MS;
      sendSignal(pid, 'SIGINT');
      after(
        interruptMs,
        signalIfRunning((running) => sendSignal(running, 'SIGTERM')),
      );
      after(interruptMs + (cancel?.terminateMs ?? TERMINATE_MS), signalIfRunning(killProcessTree));
    });
  if (cancel?.afterMs !== undefined) after(cancel.afterMs, cancelNow);
  after(timeLimitMs, () => intervene('time limit', killProcessTree));
  return {
    onLine(line) {
      if (killWhen?.test(line)) intervene('kill', killProcessTree);
      if (cancel?.when?.test(line)) cancelNow();
    },
    endedBy: () => endedBy,
    stop() {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
