import { describe, expect, it } from '@jest/globals';
import { leftoverRules } from '../../../src/core/checks/leftover-rules.ts';
import type { ImageFacts } from '../../../src/model/image.ts';
import { fileEntry, violationsOf, withContent, withFiles, withoutFiles } from '../support/image.ts';

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
] as const satisfies readonly (readonly [string, string, string, ImageFacts])[];

describe('a leftover of the build', () => {
  it.each(violated)('violates %s alone: %s %s', (rule, path, reason, facts) => {
    expect(violationsOf(facts)).toEqual({
      [rule]: [{ path, reason: expect.stringContaining(reason) }],
    });
  });

  it('has an example here for every rule', () => {
    const shown = new Set<string>(violated.map(([rule]) => rule));
    expect(leftoverRules.map(({ rule }) => rule).filter((rule) => !shown.has(rule))).toEqual([]);
  });
});

/** [what is fine, the image] */
const harmless = [
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
    expect(violationsOf(facts)).toEqual({});
  });
});
