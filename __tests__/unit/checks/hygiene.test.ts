import { describe, expect, it } from '@jest/globals';
import { checkHygiene, hygieneRules } from '../../../src/core/checks/hygiene.ts';
import type { ImageFacts } from '../../../src/model/image.ts';
import {
  cleanImage,
  fileEntry,
  textOf,
  violationsOf,
  withContent,
  withFiles,
  withoutFiles,
} from '../support/image.ts';

const unitDropIn = '/etc/systemd/system/trove-guestagent.service.d/10-trove-guest.conf';
const datasources = '/etc/cloud/cloud.cfg.d/91-dib-cloud-init-datasources.cfg';
const link = (target: string) => ({ type: 'l', mode: '0777', target });
const withShadow = (line: string): ImageFacts =>
  withContent('/etc/shadow', `${textOf('/etc/shadow')}${line}\n`);
const withUnits = (lost: string): ImageFacts => ({
  ...cleanImage,
  enabledUnits: cleanImage.enabledUnits.filter(([unit]) => unit !== lost),
});
const withResolvConf = (text: string, mode = '0644'): ImageFacts => ({
  ...withContent('/etc/resolv.conf', text),
  files: withFiles(fileEntry('/etc/resolv.conf', { mode })).files,
});
const withStatus = (line: string): ImageFacts =>
  withContent(
    '/var/lib/dpkg/status',
    textOf('/var/lib/dpkg/status').replace('Status: install ok installed', line),
  );

describe('a clean image', () => {
  it('is a real one, with its files, units and packages', () => {
    expect(cleanImage.osRelease.ID).toBe('debian');
    expect(cleanImage.files.length).toBeGreaterThan(50);
    expect(textOf('/var/lib/dpkg/status')).toContain('Package: trove-guestagent');
  });

  it('holds every rule', () => {
    const results = checkHygiene(cleanImage);
    expect(results.filter(({ violations }) => violations.length > 0)).toEqual([]);
    expect(results.map(({ rule }) => rule)).toEqual(hygieneRules.map(({ rule }) => rule));
    expect(new Set(results.map(({ rule }) => rule)).size).toBe(18);
  });
});

/** [rule, path, a part of the reason, the image with this one fact changed] */
const violated = [
  [
    'apt-authentication',
    '/etc/apt/apt.conf.d/99x',
    'AllowUnauthenticated "true',
    withContent('/etc/apt/apt.conf.d/99x', 'APT::Get::AllowUnauthenticated "true";\n'),
  ],
  [
    'apt-authentication',
    '/etc/apt/apt.conf',
    'AllowInsecureRepositories "1',
    withContent('/etc/apt/apt.conf', 'Acquire::AllowInsecureRepositories "1";'),
  ],
  [
    'apt-authentication',
    '/etc/apt/apt.conf.d/99x',
    'Verify-Peer "false',
    withContent('/etc/apt/apt.conf.d/99x', 'Acquire::https::Verify-Peer "false";'),
  ],
  [
    'apt-authentication',
    '/etc/apt/apt.conf.d/99x',
    'AllowUnauthenticated "yes',
    withContent('/etc/apt/apt.conf.d/99x', 'APT {\n  Get { AllowUnauthenticated "yes"; };\n};'),
  ],
  [
    'apt-authentication',
    '/etc/apt/sources.list',
    'without its signature',
    withContent('/etc/apt/sources.list', 'deb [trusted=yes] http://archive.example.org/x ./'),
  ],
  [
    'apt-authentication',
    '/etc/apt/sources.list.d/x.sources',
    'without its signature',
    withContent(
      '/etc/apt/sources.list.d/x.sources',
      'Types: deb\nURIs: http://archive.example.org/x\nTrusted: yes\n',
    ),
  ],
  [
    'apt-proxy',
    '/etc/apt/apt.conf.d/60img-build-proxy',
    'names a proxy',
    withContent(
      '/etc/apt/apt.conf.d/60img-build-proxy',
      'Acquire::http::Proxy "http://127.0.0.1:3142";\n',
    ),
  ],
  [
    'apt-proxy',
    '/etc/apt/apt.conf',
    'names a proxy',
    withContent('/etc/apt/apt.conf', '  acquire::HTTPS::proxy "http://127.0.0.1:3142";'),
  ],
  [
    'start-stop-daemon',
    '/usr/sbin/start-stop-daemon',
    'has 76 bytes',
    withFiles(fileEntry('/usr/sbin/start-stop-daemon', { mode: '0755', sizeBytes: 76 })),
  ],
  [
    'start-stop-daemon',
    '/usr/sbin/start-stop-daemon',
    'is missing',
    withoutFiles(/\/start-stop-daemon$/),
  ],
  [
    'policy-rc.d',
    '/usr/sbin/policy-rc.d',
    'keeps services from starting',
    withFiles(fileEntry('/usr/sbin/policy-rc.d', { mode: '0755' })),
  ],
  [
    'diversions',
    '/usr/sbin/start-stop-daemon.REAL',
    'leftover',
    withFiles(fileEntry('/usr/sbin/start-stop-daemon.REAL', { sizeBytes: 44464 })),
  ],
  ['diversions', '/etc/apt/x.dib-orig', 'leftover', withFiles(fileEntry('/etc/apt/x.dib-orig'))],
  [
    'diversions',
    '/etc/resolv.conf.ORIG',
    'leftover',
    withFiles(fileEntry('/etc/resolv.conf.ORIG')),
  ],
  [
    'temporary-files',
    '/tmp/in_target.d',
    'left by the build',
    withFiles(fileEntry('/tmp/in_target.d', { type: 'd', mode: '0755' })),
  ],
  ['temporary-files', '/var/tmp/x', 'left by the build', withFiles(fileEntry('/var/tmp/x'))],
  [
    'environment-dump',
    '/etc/dib-manifests/dib_environment',
    'environment of the build',
    withFiles(fileEntry('/etc/dib-manifests/dib_environment', { mode: '0600' })),
  ],
  [
    'environment-dump',
    '/etc/dib-manifests/dib_arguments',
    'environment of the build',
    withFiles(fileEntry('/etc/dib-manifests/dib_arguments')),
  ],
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
  [
    'services-enabled',
    '/etc/systemd/system/multi-user.target.wants/docker.service',
    'docker.service is not enabled',
    withUnits('docker.service'),
  ],
  [
    'services-enabled',
    '/etc/systemd/system/multi-user.target.wants/trove-guestagent.service',
    'is not enabled',
    withUnits('trove-guestagent.service'),
  ],
  [
    'services-enabled',
    '/etc/systemd/system/multi-user.target.wants/ssh.service',
    'is not enabled',
    withUnits('ssh.service'),
  ],
  [
    'agent-configuration',
    '/etc/trove/conf.d',
    'is missing',
    withoutFiles(/^\/etc\/trove\/conf\.d$/),
  ],
  [
    'agent-configuration',
    '/etc/systemd/system/trove-guestagent.service.d',
    'does not read /etc/trove/conf.d',
    withContent(
      unitDropIn,
      '[Service]\nExecStart=\nExecStart=/usr/bin/trove-guestagent --config-file=/etc/trove/trove.conf\n',
    ),
  ],
  [
    'agent-configuration',
    '/etc/systemd/system/trove-guestagent.service.d',
    'does not read /etc/trove/conf.d',
    withContent(
      unitDropIn,
      '#ExecStart=/usr/bin/trove-guestagent --config-dir=/etc/trove/conf.d\n',
    ),
  ],
  [
    'datasources',
    '/etc/cloud/cloud.cfg.d',
    'ConfigDrive is not among',
    withContent(datasources, 'datasource_list: [ OpenStack, None ]\n'),
  ],
  [
    'datasources',
    '/etc/cloud/cloud.cfg.d',
    'OpenStack is not among',
    withContent('/etc/cloud/cloud.cfg.d/99-x.cfg', 'datasource_list: [ConfigDrive]\n'),
  ],
  [
    'root-file-system',
    '/etc/fstab',
    'no line for /',
    withContent('/etc/fstab', 'LABEL=boot /boot ext4 defaults 0 1\n'),
  ],
  ['root-file-system', '/etc/fstab', 'no line for /', withContent('/etc/fstab', { missing: true })],
  [
    'root-file-system',
    '/etc/fstab',
    'no line for /',
    withContent('/etc/fstab', '# / was on /dev/vda1 during installation\n'),
  ],
  [
    'packages-configured',
    '/var/lib/dpkg/status',
    'is "install ok half-configured"',
    withStatus('Status: install ok half-configured'),
  ],
  [
    'packages-configured',
    '/var/lib/dpkg/status',
    'is "install reinstreq half-installed"',
    withStatus('Status: install reinstreq half-installed'),
  ],
  [
    'packages-configured',
    '/var/lib/dpkg/status',
    'is "install ok unpacked"',
    withStatus('Status: install ok unpacked'),
  ],
  [
    'packages-configured',
    '/var/lib/dpkg/status',
    'is "install ok triggers-pending"',
    withStatus('Status: install ok triggers-pending'),
  ],
  [
    'packages-configured',
    '/var/lib/dpkg/status',
    'is missing',
    withContent('/var/lib/dpkg/status', { missing: true }),
  ],
] as const satisfies readonly (readonly [string, string, string, ImageFacts])[];

describe('one thing that is wrong', () => {
  it.each(violated)('violates %s alone: %s %s', (rule, path, reason, facts) => {
    expect(violationsOf(facts)).toEqual({
      [rule]: [{ path, reason: expect.stringContaining(reason) }],
    });
  });

  it('has an example here for every rule', () => {
    expect([...new Set(violated.map(([rule]) => rule))].sort()).toEqual(
      hygieneRules.map(({ rule }) => rule).sort(),
    );
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
  ['a package on hold', withStatus('Status: hold ok installed')],
  ['a package of which the configuration is left', withStatus('Status: deinstall ok config-files')],
  [
    'a verification that is on',
    withContent(
      '/etc/apt/apt.conf.d/99x',
      'APT::Get::AllowUnauthenticated "false";\nAcquire::https::Verify-Peer "true";',
    ),
  ],
  [
    'a setting that is a comment',
    withContent(
      '/etc/apt/apt.conf.d/99x',
      '// APT::Get::AllowUnauthenticated "true";\n//Acquire::http::Proxy "x";',
    ),
  ],
  [
    'a datasource list that a later file replaces',
    withContent('/etc/cloud/cloud.cfg.d/90_dpkg.cfg', 'datasource_list: [ None ]\n'),
  ],
  [
    'names that only look alike',
    withFiles(
      fileEntry('/tmpfiles/x'),
      fileEntry('/opt/tmp/x'),
      fileEntry('/usr/sbin/policy-rc.d.example'),
      fileEntry('/usr/share/doc/ssh_host_rsa_key'),
    ),
  ],
  [
    'a file that holds bytes which are no text',
    withContent('/etc/apt/apt.conf.d/bin', { base64: 'AAEC/w==' }),
  ],
] as const satisfies readonly (readonly [string, ImageFacts])[];

describe('what is fine', () => {
  it.each(harmless)('is %s', (_title, facts) => {
    const sorted = {
      ...facts,
      contents: Object.fromEntries(
        Object.entries(facts.contents).sort(([a], [b]) => (a < b ? -1 : 1)),
      ),
    };
    expect(violationsOf(sorted)).toEqual({});
  });
});

describe('several things that are wrong', () => {
  it('are all told, each with its path', () => {
    const facts = withFiles(
      fileEntry('/tmp/a'),
      fileEntry('/tmp/b'),
      fileEntry('/etc/ssh/ssh_host_rsa_key'),
    );
    const found = violationsOf(facts);
    expect(Object.keys(found)).toEqual(['temporary-files', 'ssh-host-keys']);
    expect(found['temporary-files']?.map(({ path }) => path)).toEqual(['/tmp/a', '/tmp/b']);
  });

  it('never show the hash of a password', () => {
    const facts = withShadow('eve:$y$j9T$secretsalt$secrethash:20000:0:99999:7:::');
    expect(JSON.stringify(violationsOf(facts))).not.toMatch(/secretsalt|secrethash/);
  });
});
