import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { exec } from '@actions/exec';
import type { CommandOptions, CommandResult, Commands } from '../ports/commands.ts';

/** Starts programs through @actions/exec; `baseEnvironment` is all that they see of ours. */
export function createCommands(
  baseEnvironment: Readonly<Record<string, string>>,
  isRoot: boolean,
): Commands {
  return {
    async run(argv, options = {}): Promise<CommandResult> {
      const [name, ...rest] =
        options.asRoot && !isRoot ? ['sudo', '--non-interactive', '--', ...argv] : argv;
      const stdout: Buffer[] = [];
      const stderr: Buffer[] = [];
      try {
        const program = findProgram(name, baseEnvironment.PATH ?? '');
        const exitCode = await exec(`"${program}"`, [...rest], {
          env: { ...baseEnvironment, ...options.environment },
          silent: true,
          ignoreReturnCode: true,
          listeners: listen(options, stdout, stderr),
        });
        return { exitCode, stdout: decode(stdout), stderr: decode(stderr) };
      } catch (error) {
        return { exitCode: 127, stdout: '', stderr: (error as Error).message };
      }
    },
  };
}

/** @actions/exec would look in the search path of this process, which cron keeps short. */
function findProgram(name: string, searchPath: string): string {
  if (name.includes('/')) return name;
  const candidates = searchPath.split(':').map((directory) => join(directory, name));
  return candidates.find((path) => existsSync(path)) ?? name;
}

function listen({ onLine }: CommandOptions, stdout: Buffer[], stderr: Buffer[]) {
  if (onLine) return { stdline: onLine, errline: onLine };
  return {
    stdout: (data: Buffer) => void stdout.push(data),
    stderr: (data: Buffer) => void stderr.push(data),
  };
}

const decode = (parts: readonly Buffer[]): string => Buffer.concat(parts).toString('utf8');
