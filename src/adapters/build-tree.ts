import { readFile } from 'node:fs/promises';
import type { Commands } from '../ports/commands.ts';
import type { BuildTree } from '../ports/layers.ts';

/** Calls `host/layer` in the namespaces of the build whose workspace this is, through the process that made them. */
export function createBuildTree(
  commands: Commands,
  workspacePath: string,
  hostDir: string,
): BuildTree {
  return {
    async call<T>(words: readonly [string, ...string[]]): Promise<T> {
      const pid = (await readFile(`${workspacePath}/build.pid`, 'utf8')).trim();
      const { exitCode, stdout, stderr } = await commands.run(
        [
          'nsenter',
          `--mount=/proc/${pid}/ns/mnt`,
          `--pid=/proc/${pid}/ns/pid_for_children`,
          ...['--', '/usr/bin/python3', '-I', `${hostDir}/layer`],
          ...words,
        ],
        { asRoot: true },
      );
      if (exitCode !== 0) throw new Error(readReason(stderr) || `exit code ${exitCode}`);
      return JSON.parse(stdout) as T;
    },
  };
}

function readReason(stderr: string): string {
  const last = stderr.trim().split('\n').at(-1) ?? '';
  try {
    return (JSON.parse(last) as { error: string }).error;
  } catch {
    return last;
  }
}
