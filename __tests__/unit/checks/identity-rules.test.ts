import { describe, expect, it } from '@jest/globals';
import { identityRules } from '../../../src/core/checks/identity-rules.ts';
import type { ImageFacts } from '../../../src/model/image.ts';
import {
  fileEntry,
  textOf,
  violationsOf,
  withContent,
  withFiles,
  withoutFiles,
} from '../support/image.ts';

const link = (target: string) => ({ type: 'l', mode: '0777', target });
const withShadow = (line: string): ImageFacts =>
  withContent('/etc/shadow', `${textOf('/etc/shadow')}${line}\n`);
const withResolvConf = (text: string, mode = '0644'): ImageFacts => ({
  ...withContent('/etc/resolv.conf', text),
  files: withFiles(fileEntry('/etc/resolv.conf', { mode })).files,
});

/** [rule, path, a part of the reason, the image with this one fact changed] */
const violated = [
  [
    'ssh-host-keys',
    '/etc/ssh/ssh_host_ed25519_key',
    'same host key',
    withFiles(fileEntry('/etc/ssh/ssh_host_ed25519_key', { mode: '0600' })),
  ],
  [
    'ssh-host-keys',
    '/etc/ssh/ssh_host_rsa_key.pub',
    'same host key',
    withFiles(fileEntry('/etc/ssh/ssh_host_rsa_key.pub')),
  ],
  [
    'machine-id',
    '/etc/machine-id',
    'is set',
    withContent('/etc/machine-id', '0123456789abcdef0123456789abcdef\n'),
  ],
  [
    'machine-id',
    '/var/lib/dbus/machine-id',
    'is set',
    withFiles(fileEntry('/var/lib/dbus/machine-id', { sizeBytes: 33 })),
  ],
  [
    'random-seed',
    '/var/lib/systemd/random-seed',
    'same randomness',
    withFiles(fileEntry('/var/lib/systemd/random-seed', { sizeBytes: 512 })),
  ],
  [
    'random-seed',
    '/var/lib/urandom/random-seed',
    'same randomness',
    withFiles(fileEntry('/var/lib/urandom/random-seed', { sizeBytes: 512 })),
  ],
  ['resolv.conf', '/etc/resolv.conf', 'name servers', withResolvConf('nameserver 192.0.2.53\n')],
  [
    'resolv.conf',
    '/etc/resolv.conf',
    'name servers',
    withResolvConf('# by the build\n  search corp.example\n'),
  ],
  ['resolv.conf', '/etc/resolv.conf', 'has mode 0600', withResolvConf('', '0600')],
  [
    'resolv.conf',
    '/etc/resolv.conf',
    'is a link to /etc/resolv.conf.host',
    withFiles(fileEntry('/etc/resolv.conf', link('/etc/resolv.conf.host'))),
  ],
  [
    'private-keys',
    '/root/.ssh/authorized_keys',
    'gives access',
    withFiles(fileEntry('/root/.ssh/authorized_keys')),
  ],
  [
    'private-keys',
    '/home/debian/.ssh/id_ed25519',
    'gives access',
    withFiles(fileEntry('/home/debian/.ssh/id_ed25519', { mode: '0600' })),
  ],
  [
    'private-keys',
    '/home/debian/.ssh/work.pem',
    'gives access',
    withFiles(fileEntry('/home/debian/.ssh/work.pem')),
  ],
  [
    'passwords',
    '/etc/shadow',
    'eve has a password',
    withShadow('eve:$y$j9T$abc$def:20000:0:99999:7:::'),
  ],
  [
    'passwords',
    '/etc/shadow',
    'eve has a password',
    withShadow('eve:!$6$abc$def:20000:0:99999:7:::'),
  ],
  ['passwords', '/etc/shadow', 'eve has a password', withShadow('eve::20000:0:99999:7:::')],
  [
    'passwords',
    '/etc/shadow',
    'eve has a password',
    withShadow('eve:rl.3StKT.4T8M:20000:0:99999:7:::'),
  ],
  ['passwords', '/etc/shadow', 'is missing', withContent('/etc/shadow', { missing: true })],
] as const satisfies readonly (readonly [string, string, string, ImageFacts])[];

describe('an identity that is not to be shared', () => {
  it.each(violated)('violates %s alone: %s %s', (rule, path, reason, facts) => {
    expect(violationsOf(facts)).toEqual({
      [rule]: [{ path, reason: expect.stringContaining(reason) }],
    });
  });

  it('has an example here for every rule', () => {
    const shown = new Set<string>(violated.map(([rule]) => rule));
    expect(identityRules.map(({ rule }) => rule).filter((rule) => !shown.has(rule))).toEqual([]);
  });
});

/** [what is fine, the image] */
const harmless = [
  [
    'a machine id that says that there is none yet',
    withContent('/etc/machine-id', 'uninitialized\n'),
  ],
  ['no machine id at all', withContent('/etc/machine-id', { missing: true })],
  [
    'an empty machine id of D-Bus',
    withFiles(fileEntry('/var/lib/dbus/machine-id', { sizeBytes: 0 })),
  ],
  ['no resolv.conf', withoutFiles(/^\/etc\/resolv\.conf$/)],
  ['an empty resolv.conf', withResolvConf('# nothing\n')],
  [
    'a resolv.conf that links below /run',
    withFiles(fileEntry('/etc/resolv.conf', link('/run/systemd/resolve/resolv.conf'))),
  ],
  [
    'a public key',
    withFiles(fileEntry('/home/debian/.ssh/id_rsa.pub'), fileEntry('/root/.ssh/known_hosts')),
  ],
  [
    'locked accounts',
    withShadow(
      'eve:!:20000:0:99999:7:::\nbob:*:20000::::::\nkim:!!:20000::::::\nlee:!*:20000::::::',
    ),
  ],
] as const satisfies readonly (readonly [string, ImageFacts])[];

describe('what is fine', () => {
  it.each(harmless)('is %s', (_title, facts) => {
    expect(violationsOf(facts)).toEqual({});
  });
});

describe('the password rule', () => {
  it('never shows the hash of a password', () => {
    const facts = withShadow('eve:$y$j9T$secretsalt$secrethash:20000:0:99999:7:::');
    expect(JSON.stringify(violationsOf(facts))).not.toMatch(/secretsalt|secrethash/);
  });
});
