import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectDirectory } from '../checkout.ts';

export const layerProgram = join(projectDirectory, 'host', 'layer');
const treeProgram = join(projectDirectory, '__tests__/fixtures/layer-trees/tree.py');

export interface Ended {
  readonly status: number | null;
  /** What it printed, as an object; null when it printed nothing. */
  readonly answer: Record<string, unknown> | null;
  /** What it said of its failure; empty without one. */
  readonly error: string;
  readonly stderr: string;
}

export interface SavedBlob {
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly treeBytes: number;
}

/** A directory of its own for a test of `host/layer`, which has to run as root. */
export function openBench(prefix: string) {
  if (process.getuid?.() !== 0)
    throw new Error('These tests make device nodes, owners and mounts: run them as root.');
  const folder = mkdtempSync(join(tmpdir(), prefix));
  return {
    folder,
    at: (name: string): string => join(folder, name),
    /** An empty directory. */
    place(name: string): string {
      mkdirSync(join(folder, name), { recursive: true });
      return join(folder, name);
    },
    /** Removes everything, and fails when something was left mounted. */
    close(): void {
      const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
      if (mounts.includes(folder)) throw new Error(`Something is still mounted below ${folder}`);
      spawnSync('chattr', ['-R', '-f', '-i', folder]);
      rmSync(folder, { recursive: true });
    },
  };
}

/** Runs one call; `before` is what it is started by, such as unshare. */
export function runLayer(
  words: readonly string[],
  options: {
    before?: readonly string[];
    environment?: Record<string, string>;
    timeoutMs?: number;
  } = {},
): Ended {
  const { before = [], environment = {}, timeoutMs = 25_000 } = options;
  const [name = '', ...rest] = [...before, '/usr/bin/python3', '-I', layerProgram, ...words];
  const { status, stdout, stderr } = spawnSync(name, rest, {
    encoding: 'utf8',
    timeout: timeoutMs,
    maxBuffer: 2 ** 27,
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...environment },
  });
  const said = stderr.trim().split('\n').at(-1) ?? '';
  return {
    status,
    stderr,
    answer: stdout === '' ? null : (JSON.parse(stdout) as Record<string, unknown>),
    error: said.startsWith('{') ? (JSON.parse(said) as { error: string }).error : '',
  };
}

/** Runs one call that has to succeed. */
export function answerOf(words: readonly string[], options = {}): Record<string, unknown> {
  const { status, answer, stderr } = runLayer(words, options);
  if (status !== 0 || answer === null)
    throw new Error(`layer ${words[0]} ended with ${status}: ${stderr}`);
  return answer;
}

/** Saves what changed in a tree; throws when that is refused. */
export function save(tree: string, state: string, blob: string): SavedBlob & { entries: number } {
  const answer = answerOf(['save', tree, state, blob]);
  if ('refused' in answer) throw new Error(String(answer.refused));
  return { path: blob, ...(answer as unknown as Omit<SavedBlob, 'path'> & { entries: number }) };
}

/** Why a blob is refused; null when it is not. */
export function check(blob: SavedBlob): string | null {
  const answer = answerOf([
    'check',
    blob.path,
    ...['--sha256', blob.sha256],
    ...['--size', String(blob.sizeBytes)],
    ...['--tree-bytes', String(blob.treeBytes)],
  ]);
  if (existsSync(`${blob.path}.members`) !== (answer.ok === true))
    throw new Error('The record of a check must be there exactly when it went well');
  return (answer.refused as string | undefined) ?? null;
}

function runTreeProgram(...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('python3', ['-I', treeProgram, ...words], {
    encoding: 'utf8',
    maxBuffer: 2 ** 27,
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

/** Fills a directory with something of everything that a tree can hold. */
export const makeTree = (tree: string): string => runTreeProgram('make', tree);

/** Brings it to its next state. */
export const changeTree = (tree: string, step: 1 | 2 | 3): string =>
  runTreeProgram('change', tree, String(step));

/** Everything in a tree that a layer has to keep, by path. */
export const describeTree = (tree: string): Record<string, Record<string, unknown>> =>
  JSON.parse(runTreeProgram('describe', tree));

/**
 * Runs a bash script where it may mount: nothing of that is seen outside. In it `layer` is the program, and the
 * working directory is the bench.
 */
export function runInNamespace(folder: string, script: string): { status: number | null } & Said {
  const head = `set -eu; layer() { /usr/bin/python3 -I ${layerProgram} "$@"; }\n`;
  const { status, stdout, stderr } = spawnSync(
    'unshare',
    ['--mount', '--propagation', 'private', 'bash', '-c', `${head}${script}`],
    {
      cwd: folder,
      encoding: 'utf8',
      timeout: 25_000,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    },
  );
  return { status, stdout, stderr };
}

export interface Said {
  readonly stdout: string;
  readonly stderr: string;
}

/** The same for a script that has to succeed: what it printed, line by line. */
export function linesInNamespace(folder: string, script: string): string[] {
  const { status, stdout, stderr } = runInNamespace(folder, script);
  if (status !== 0) throw new Error(`The script ended with ${status}: ${stderr}${stdout}`);
  return stdout.split('\n').filter((line) => line !== '');
}
