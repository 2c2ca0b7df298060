import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { projectDirectory } from '../support/checkout.ts';

const program = join(projectDirectory, 'host/agent-packages');
const allowing = '#!/bin/sh\n# of somebody else\nexit 0\n';
const forbidding = '#!/bin/sh\n# of somebody else\nexit 101\n';
const unit = '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n';
/** An apt-get that says what it was called with, asks whether a service may start, and brings one that is enabled. */
const installing = `#!/bin/sh
echo "$*" >> "$seen.words"
case "$*" in *install*) ;; *) exit 0 ;; esac
/usr/sbin/policy-rc.d some start
echo "$?" > "$seen"
wants=/etc/systemd/system/multi-user.target.wants
ln -s ../new.service "$wants/new.service"
`;

describe('agent-packages, on a machine with directories of its own', () => {
  let directory: string;
  const path = (name: string): string => join(directory, name);
  const read = (name: string): string | null =>
    existsSync(path(name)) ? readFileSync(path(name), 'utf8') : null;
  const write = (name: string, text: string): void => {
    writeFileSync(path(name), text);
    chmodSync(path(name), 0o755);
  };
  const isEnabled = (name: string): boolean =>
    lstatSync(path(`units/multi-user.target.wants/${name}`), { throwIfNoEntry: false }) !==
    undefined;
  const environment = { PATH: '', seen: '' };
  const within = (...words: readonly string[]): readonly string[] => [
    ...['--mount', 'sh', '-c'],
    'mount --bind "$1" /usr/sbin; mount --bind "$2" /etc/systemd/system; shift 2; exec "$@"',
    ...['sh', path('sbin'), path('units'), program, ...words],
  ];
  const install = (...words: readonly string[]): string =>
    execFileSync('unshare', within(...words), { env: environment, encoding: 'utf8' });

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'agent-packages-'));
    for (const name of ['sbin', 'bin', 'units', 'units/multi-user.target.wants'])
      mkdirSync(path(name));
    environment.PATH = `${path('bin')}:/usr/bin:/bin`;
    environment.seen = path('seen');
    write('bin/apt-get', installing);
    for (const name of ['new', 'old']) write(`units/${name}.service`, unit);
    symlinkSync('../old.service', path('units/multi-user.target.wants/old.service'));
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
    expect(read('sbin/policy-rc.d')).toBe(before);
    expect(existsSync(path('sbin/policy-rc.d.before-trove-image'))).toBe(false);
  });

  it('keeps what came with the packages from starting at the next boot, and nothing else', () => {
    install('first');
    expect(isEnabled('new.service')).toBe(false);
    expect(isEnabled('old.service')).toBe(true);
  });

  it.each([
    ['none', null],
    ['one that allows services', allowing],
  ])('puts the policy back after a failure of apt-get: %s', (_, before) => {
    if (before !== null) write('sbin/policy-rc.d', before);
    write('bin/apt-get', '#!/bin/sh\nexit 100\n');
    expect(() => install('first')).toThrow();
    expect(read('sbin/policy-rc.d')).toBe(before);
  });

  it('puts back what a killed run has moved away', async () => {
    write('sbin/policy-rc.d', allowing);
    write('bin/apt-get', '#!/bin/sh\nkill -KILL "$PPID"\n');
    const killed = spawn('unshare', within('first'), { env: environment, stdio: 'ignore' });
    await once(killed, 'close');
    expect(read('sbin/policy-rc.d')).toContain('# trove-image: no service starts');
    write('bin/apt-get', installing);
    install('first');
    expect(read('sbin/policy-rc.d')).toBe(allowing);
  });
});
