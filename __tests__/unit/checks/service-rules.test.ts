import { describe, expect, it } from '@jest/globals';
import { serviceRules } from '../../../src/core/checks/service-rules.ts';
import type { ImageFacts } from '../../../src/model/image.ts';
import { cleanImage, violationsOf, withContent, withoutFiles } from '../support/image.ts';

const unitDropIn = '/etc/systemd/system/trove-guestagent.service.d/10-trove-guest.conf';
const datasources = '/etc/cloud/cloud.cfg.d/91-dib-cloud-init-datasources.cfg';
const withUnits = (lost: string): ImageFacts => ({
  ...cleanImage,
  enabledUnits: cleanImage.enabledUnits.filter(([unit]) => unit !== lost),
});

/** [rule, path, a part of the reason, the image with this one fact changed] */
const violated = [
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
] as const satisfies readonly (readonly [string, string, string, ImageFacts])[];

describe('a service that would not work', () => {
  it.each(violated)('violates %s alone: %s %s', (rule, path, reason, facts) => {
    expect(violationsOf(facts)).toEqual({
      [rule]: [{ path, reason: expect.stringContaining(reason) }],
    });
  });

  it('has an example here for every rule', () => {
    const shown = new Set<string>(violated.map(([rule]) => rule));
    expect(serviceRules.map(({ rule }) => rule).filter((rule) => !shown.has(rule))).toEqual([]);
  });
});

/** [what is fine, the image] */
const harmless = [
  [
    'a datasource list that a later file replaces',
    withContent('/etc/cloud/cloud.cfg.d/90_dpkg.cfg', 'datasource_list: [ None ]\n'),
  ],
] as const satisfies readonly (readonly [string, ImageFacts])[];

describe('what is fine', () => {
  it.each(harmless)('is %s', (_title, facts) => {
    expect(violationsOf(facts)).toEqual({});
  });
});
