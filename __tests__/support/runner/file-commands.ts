import { randomUUID } from 'node:crypto';
import { chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunnerUser } from './environment.ts';

const FILE_PREFIXES = {
  OUTPUT: 'set_output',
  STATE: 'save_state',
  ENV: 'set_env',
  PATH: 'add_path',
  STEP_SUMMARY: 'step_summary',
} as const;
type Kind = keyof typeof FILE_PREFIXES;

/** The paths of the files through which one step talks back, by the end of their variable's name. */
export type CommandFiles = Readonly<Record<Kind, string>>;

/** What a step wrote into its files. */
export interface FileCommands {
  outputs: Record<string, string>;
  state: Record<string, string>;
  environment: Record<string, string>;
  paths: string[];
  summary: string;
  /** Files that the runner would have refused, which fails the step there. */
  fileCommandErrors: string[];
}

/** Makes a fresh, empty set of files for one step, writable by the user that runs it. */
export function createCommandFiles(temp: string, user: RunnerUser | undefined): CommandFiles {
  const directory = join(temp, '_runner_file_commands');
  mkdirSync(directory, { recursive: true });
  const id = randomUUID();
  const entries = Object.entries(FILE_PREFIXES).map(([kind, prefix]) => {
    const path = join(directory, `${prefix}_${id}`);
    writeFileSync(path, '');
    if (user) chownSync(path, user.uid, user.gid);
    return [kind, path];
  });
  return Object.fromEntries(entries) as CommandFiles;
}

/** Reads back what a step wrote, as the runner does when the step has ended. */
export function readCommandFiles(files: CommandFiles): FileCommands {
  const fileCommandErrors: string[] = [];
  const readValues = (kind: Kind): Record<string, string> => {
    try {
      return parseValues(readFileSync(files[kind], 'utf8'));
    } catch (error) {
      fileCommandErrors.push(`GITHUB_${kind}: ${(error as Error).message}`);
      return {};
    }
  };
  return {
    outputs: readValues('OUTPUT'),
    state: readValues('STATE'),
    environment: readValues('ENV'),
    paths: readFileSync(files.PATH, 'utf8').split(/\r?\n/).filter(Boolean),
    summary: readFileSync(files.STEP_SUMMARY, 'utf8'),
    fileCommandErrors,
  };
}

/** Parses `NAME=VALUE` lines and `NAME<<DELIMITER` blocks; throws on anything else. */
export function parseValues(content: string): Record<string, string> {
  const values: Record<string, string> = {};
  const lines = content.split(/\r?\n/);
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    if (line === '') continue;
    const [, name, operator, rest = ''] = /^(.+?)(=|<<)(.*)$/.exec(line) ?? [];
    if (!name) throw new Error(`neither NAME=VALUE nor NAME<<DELIMITER: ${line}`);
    if (operator === '=') {
      values[name] = rest;
      continue;
    }
    const end = lines.indexOf(rest, index + 1);
    if (rest === '' || end < 0) throw new Error(`the value of ${name} has no closing delimiter`);
    values[name] = lines.slice(index + 1, end).join('\n');
    index = end;
  }
  return values;
}
