import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { projectDirectory } from '../support/checkout.ts';

const program = join(projectDirectory, '__tests__/support/openstack/install-packages');
const forbidding = '#!/bin/sh\n# of somebody else\nexit 101\n';
const allowing = '#!/bin/sh\n# of somebody else\nexit 0\n';

describe('install-packages, on a machine with a /usr/sbin of its own and an apt-get that looks around', () => {
  let directory: string;
  const policy = (): string | null => read('sbin/policy-rc.d');
  const read = (name: string): string | null =>
    existsSync(join(directory, name)) ? readFileSync(join(directory, name), 'utf8') : null;
  const write = (name: string, text: string): void => {
    writeFileSync(join(directory, name), text);
    chmodSync(join(directory, name), 0o755);
  };
  const within = (...words: readonly string[]): readonly string[] => [
    ...['--mount', 'sh', '-c', 'mount --bind "$1" /usr/sbin; shift; exec "$@"', 'sh'],
    ...[join(directory, 'sbin'), program, ...words],
  ];
  const environment = { PATH: '', seen: '' };
  const install = (...words: readonly string[]): void =>
    void execFileSync('unshare', within(...words), { env: environment });

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'install-packages-'));
    for (const name of ['sbin', 'bin']) mkdirSync(join(directory, name));
    environment.PATH = `${directory}/bin:/usr/bin:/bin`;
    environment.seen = join(directory, 'seen');
    write(
      'bin/apt-get',
      '#!/bin/sh\necho "$*" >> "$seen.words"\n/usr/sbin/policy-rc.d some start\necho "$?" > "$seen"\n',
    );
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it.each([
    ['none', null],
    ['one that allows services', allowing],
    ['one that forbids them already', forbidding],
  ])('lets no service start, and leaves the policy as it was: %s', (_, before) => {
    if (before !== null) write('sbin/policy-rc.d', before);
    install('first', 'second');
    expect(read('seen')).toBe('101\n');
    expect(read('seen.words')).toMatch(
      /--no-install-recommends --no-remove install first second\n$/,
    );
    expect(policy()).toBe(before);
    expect(existsSync(join(directory, 'sbin/policy-rc.d.before-trove-image'))).toBe(false);
  });

  it.each([
    ['none', null],
    ['one that allows services', allowing],
  ])('puts the policy back after a failure of apt-get: %s', (_, before) => {
    if (before !== null) write('sbin/policy-rc.d', before);
    write('bin/apt-get', '#!/bin/sh\nexit 100\n');
    expect(() => install('first')).toThrow();
    expect(policy()).toBe(before);
  });

  it.each([
    ['none', null],
    ['one that allows services', allowing],
  ])(
    'takes away what a killed run left, when it is called without a name: %s',
    async (_, before) => {
      if (before !== null) write('sbin/policy-rc.d', before);
      write('bin/apt-get', '#!/bin/sh\necho "$PPID" > "$seen"\nkill -KILL "$PPID"\n');
      const killed = spawn('unshare', within('first'), { env: environment, stdio: 'ignore' });
      await once(killed, 'close');
      expect(policy()).toContain('# trove-image: no service starts');
      install();
      expect(policy()).toBe(before);
    },
  );
});
