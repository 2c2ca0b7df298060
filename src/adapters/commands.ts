import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { exec } from '@actions/exec';
import type { CommandResult, Commands } from '../ports/commands.ts';

/** Starts programs through @actions/exec; `baseEnvironment` is all that they see of ours. */
export function createCommands(
  baseEnvironment: Readonly<Record<string, string>>,
  isRoot: boolean,
): Commands {
  return {
    async run(argv, options = {}): Promise<CommandResult> {
      const [name, ...rest] =
        options.asRoot && !isRoot ? ['sudo', '--non-interactive', '--', ...argv] : argv;
      const stdout = createSink(options.onLine);
      const stderr = createSink(options.onLine);
      try {
        const program = findProgram(name, baseEnvironment.PATH ?? '');
        const exitCode = await exec(`"${program}"`, [...rest], {
          env: { ...baseEnvironment, ...options.environment },
          silent: true,
          ignoreReturnCode: true,
          listeners: { stdout: stdout.write, stderr: stderr.write },
        });
        return { exitCode, stdout: stdout.end(), stderr: stderr.end() };
      } catch (error) {
        return { exitCode: 127, stdout: '', stderr: (error as Error).message };
      }
    },
  };
}

/** Takes a stream's bytes and hands over whole lines, or keeps all of it until the end. */
function createSink(onLine?: (line: string) => void) {
  const decoder = new StringDecoder('utf8');
  const parts: string[] = [];
  let open = '';
  const writeLines = (text: string): void => {
    const lines = `${open}${text}`.split(/\r?\n/);
    open = lines.pop() ?? '';
    for (const line of lines) onLine?.(line);
  };
  const write = (text: string): void => {
    if (onLine) writeLines(text);
    else parts.push(text);
  };
  return {
    write: (data: Buffer): void => write(decoder.write(data)),
    end: (): string => {
      write(decoder.end());
      if (open !== '') onLine?.(open);
      return parts.join('');
    },
  };
}

/** @actions/exec would look in the search path of this process, which cron keeps short. */
function findProgram(name: string, searchPath: string): string {
  if (name.includes('/')) return name;
  const candidates = searchPath.split(':').map((directory) => join(directory, name));
  return candidates.find((path) => existsSync(path)) ?? name;
}
