import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { RunnerUser } from '../runner/environment.ts';
import { killProcessTree } from '../runner/process-tree.ts';

export interface ProgramResult {
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  durationMs: number;
}

export interface Program {
  child: ChildProcess;
  /** Resolves when a line of either stream matches; rejects when the program ended without one. */
  seen(pattern: RegExp): Promise<void>;
  /** Resolves when the program has ended and its streams are closed. */
  ended: Promise<ProgramResult>;
}

export interface ProgramOptions {
  environment: Readonly<Record<string, string>>;
  cwd: string;
  user?: RunnerUser;
  timeLimitMs?: number;
}

/** Starts a program in a process group of its own and watches what it writes. */
export function startProgram(argv: readonly string[], options: ProgramOptions): Program {
  const [command = '', ...rest] = argv;
  const startedAt = performance.now();
  const child = spawn(command, rest, {
    cwd: options.cwd,
    env: options.environment,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.user ? { uid: options.user.uid, gid: options.user.gid } : {}),
  });
  const text = { stdout: '', stderr: '' };
  const watchers = new Set<() => void>();
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (chunk: string) => {
      text[stream] += chunk;
      for (const look of watchers) look();
    });
  }
  const limit = setTimeout(() => killProcessTree(child.pid ?? 0), options.timeLimitMs ?? 60_000);
  const ended = once(child, 'close').then(([status, signal]): ProgramResult => {
    clearTimeout(limit);
    return { status, signal, ...text, durationMs: Math.round(performance.now() - startedAt) };
  });
  const seen = (pattern: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!pattern.test(`${text.stdout}\n${text.stderr}`)) return;
        watchers.delete(look);
        resolve();
      };
      watchers.add(look);
      look();
      void ended.then(() =>
        reject(new Error(`${pattern} never came:\n${text.stdout}${text.stderr}`)),
      );
    });
  return { child, seen, ended };
}
