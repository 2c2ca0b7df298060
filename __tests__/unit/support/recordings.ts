import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const directory = join(import.meta.dirname, '..', '..', 'fixtures', 'recordings');

/** The text of a recording: what a program or the kernel really said. */
export const readRecording = (name: string): string => readFileSync(join(directory, name), 'utf8');

/** A recording that is JSON, as the type that the caller knows it to be. */
export const readJson = <T>(name: string): T => JSON.parse(readRecording(name)) as T;

/** The build log as [milliseconds since the build began, line] pairs. */
export const readTimedLog = (name: string): readonly (readonly [number, string])[] =>
  readRecording(name)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const at = line.indexOf('\t');
      return [Number(line.slice(0, at)), line.slice(at + 1)] as const;
    });
