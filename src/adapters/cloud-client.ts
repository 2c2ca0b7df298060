import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { CloudClient } from '../ports/cloud-client.ts';

/** Of our environment the client sees what its login, its configuration and its way out need, and nothing else. */
const passedOn =
  /^(OS_[A-Z0-9_]+|XDG_CONFIG_(HOME|DIRS)|https?_proxy|no_proxy|REQUESTS_CA_BUNDLE)$/i;

/** A Keystone that takes a connection and never answers. */
const timeoutMs = 120_000;

/** The `openstack` of the caller's own search path. */
export function createCloudClient(
  environment: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): CloudClient {
  const kept = Object.entries(environment).filter(
    (entry): entry is [string, string] => passedOn.test(entry[0]) && entry[1] !== undefined,
  );
  // what was installed a moment ago is in one of the system's own directories
  const path = [environment.PATH ?? '', '/usr/local/bin:/usr/bin:/bin'].join(delimiter);
  const base = {
    ...Object.fromEntries(kept),
    PATH: path,
    HOME: environment.HOME || homedir(),
    LANG: 'C.UTF-8',
  };
  return {
    async run(words, more, standardInput = '') {
      const program = findProgram(path);
      if (program === undefined)
        return { exitCode: 127, stdout: '', stderr: 'there is no openstack command' };
      // not @actions/exec: a program that ends before it has read its input would end this one with it
      const child = spawn(program, [...words], {
        env: { ...base, ...more },
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
      });
      const end = (): void => void child.kill('SIGKILL');
      signal.addEventListener('abort', end, { once: true });
      child.stdin.on('error', () => undefined).end(standardInput);
      const [[code], stdout, stderr] = await Promise.all([
        once(child, 'close') as Promise<[number | null]>,
        text(child.stdout),
        text(child.stderr),
      ]);
      signal.removeEventListener('abort', end);
      const late = code === null ? `no answer within ${timeoutMs / 1000} s: timed out` : '';
      return { exitCode: code ?? 1, stdout, stderr: stderr || late };
    },
  };
}

const findProgram = (path: string): string | undefined =>
  path
    .split(delimiter)
    .filter((directory) => directory !== '')
    .map((directory) => join(directory, 'openstack'))
    .find(isProgram);

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
