import { exec } from '@actions/exec';
import type { CommandOptions, CommandResult, Commands } from '../ports/commands.ts';

/** Starts programs through @actions/exec; `baseEnvironment` is all that they see of ours. */
export function createCommands(
  baseEnvironment: Readonly<Record<string, string>>,
  isRoot: boolean,
): Commands {
  return {
    async run(argv, options = {}): Promise<CommandResult> {
      const [program, ...rest] =
        options.asRoot && !isRoot ? ['sudo', '--non-interactive', '--', ...argv] : argv;
      const stdout: Buffer[] = [];
      const stderr: Buffer[] = [];
      try {
        const exitCode = await exec(`"${program}"`, [...rest], {
          env: { ...baseEnvironment, ...options.environment },
          silent: true,
          ignoreReturnCode: true,
          listeners: listen(options, stdout, stderr),
        });
        return { exitCode, stdout: join(stdout), stderr: join(stderr) };
      } catch (error) {
        return { exitCode: 127, stdout: '', stderr: (error as Error).message };
      }
    },
  };
}

function listen({ onLine }: CommandOptions, stdout: Buffer[], stderr: Buffer[]) {
  if (onLine) return { stdline: onLine, errline: onLine };
  return {
    stdout: (data: Buffer) => void stdout.push(data),
    stderr: (data: Buffer) => void stderr.push(data),
  };
}

const join = (parts: readonly Buffer[]): string => Buffer.concat(parts).toString('utf8');
