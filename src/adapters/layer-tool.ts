import { readFile } from 'node:fs/promises';
import type { Commands } from '../ports/commands.ts';
import type { LayerTool } from '../ports/layers.ts';

/** Calls `host/layer` as this user: enough to look at a blob. */
export function createLayerTool(commands: Commands, hostDir: string): LayerTool {
  return {
    call: (words) =>
      call(commands, ['/usr/bin/python3', '-I', `${hostDir}/layer`, ...words], false),
  };
}

/** Calls `host/layer` as root in the namespaces of the build whose workspace this is, once it runs. */
export function createBuildTool(
  commands: Commands,
  hostDir: string,
  workspacePath: string,
): LayerTool {
  return {
    async call(words) {
      const pid = (await readFile(`${workspacePath}/build.pid`, 'utf8')).trim();
      const enter = [
        'nsenter',
        `--mount=/proc/${pid}/ns/mnt`,
        `--pid=/proc/${pid}/ns/pid_for_children`,
        '--',
      ] as const;
      return call(
        commands,
        [...enter, '/usr/bin/python3', '-I', `${hostDir}/layer`, ...words],
        true,
      );
    },
  };
}

async function call<T>(
  commands: Commands,
  argv: readonly [string, ...string[]],
  asRoot: boolean,
): Promise<T> {
  const { exitCode, stdout, stderr } = await commands.run(argv, { asRoot });
  if (exitCode !== 0) throw new Error(readReason(stderr) || `exit code ${exitCode}`);
  return JSON.parse(stdout) as T;
}

function readReason(stderr: string): string {
  const last = stderr.trim().split('\n').at(-1) ?? '';
  try {
    return (JSON.parse(last) as { error: string }).error;
  } catch {
    return last;
  }
}
