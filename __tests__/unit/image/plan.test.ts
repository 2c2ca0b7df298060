import { describe, expect, it } from '@jest/globals';
import type { HostFacts } from '../../../src/model/host.ts';
import type { Plan } from '../../../src/model/plan.ts';
import { healthyHost } from '../support/host.ts';
import type { RawInputs } from '../support/inputs.ts';
import { ownElements, planOf } from '../support/plan.ts';

describe('the plan of a Debian bookworm image', () => {
  const plan = planOf({ 'guest-release': 'bookworm' });

  it('says what the guest is, with the version of Trove that the release packages', () => {
    expect(plan.guest).toEqual({
      os: 'debian',
      release: 'bookworm',
      version: '12',
      isDevelopment: false,
      architecture: 'amd64',
      username: 'debian',
      agent: 'package',
      troveVersion: 18,
    });
  });

  it('builds one raw image without a tmpfs of diskimage-builder', () => {
    expect(plan.arguments).toEqual([
      ...['-a', 'amd64'],
      ...['-t', 'raw'],
      '--no-tmpfs',
      ...['--image-size', '5'],
      ...['base', 'vm', 'debian-minimal', 'block-device-mbr'],
      ...['trove-guest', 'trove-guest-agent-package', 'trove-image-layers'],
    ]);
  });

  it('is the same after a trip through JSON', () => {
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });
});

describe('the plan', () => {
  const rows = [
    [
      'of arm64 takes the EFI block device',
      { architecture: 'arm64' },
      {
        elements: [
          'base',
          'vm',
          'debian-minimal',
          'block-device-efi',
          'trove-guest',
          'trove-guest-agent-package',
          'trove-image-layers',
        ],
      },
    ],
    [
      'of ubuntu takes its minimal element',
      { 'guest-os': 'ubuntu', 'guest-agent': 'package' },
      {
        elements: [
          'base',
          'vm',
          'ubuntu-minimal',
          'block-device-mbr',
          'trove-guest',
          'trove-guest-agent-package',
          'trove-image-layers',
        ],
      },
    ],
    [
      'puts the elements of the user last, and none twice',
      { elements: 'vm my-own base' },
      {
        elements: [
          'base',
          'vm',
          'debian-minimal',
          'block-device-mbr',
          'trove-guest',
          'trove-guest-agent-package',
          'trove-image-layers',
          'my-own',
        ],
      },
    ],
    [
      'looks for elements in the directories of the user first',
      { 'elements-path': '/opt/a:/opt/b' },
      { elementsPath: ['/opt/a', '/opt/b', ownElements] },
    ],
    [
      'names one file per format',
      { formats: 'vhd qcow2', 'image-name': 'guest' },
      {
        files: [
          { format: 'vhd', fileName: 'guest.vhd' },
          { format: 'qcow2', fileName: 'guest.qcow2' },
        ],
      },
    ],
    ['has no check with verify: off', { verify: 'off' }, { verify: false }],
  ] as const satisfies readonly (readonly [string, RawInputs, Partial<Plan>])[];

  it.each(rows)('%s', (_title, raw, expected) => {
    expect(planOf(raw)).toMatchObject(expected);
  });

  it('has packages installed by an element of its own, where a layer can hold them', () => {
    const plan = planOf({ packages: 'vim curl', elements: 'my-own', 'image-size': '8' });
    const { arguments: argv, environment } = plan;
    expect(argv.slice(argv.indexOf('--image-size'), argv.indexOf('base'))).toEqual([
      ...['--image-size', '8'],
    ]);
    expect(argv).not.toContain('-p');
    expect(argv.slice(argv.indexOf('trove-image-layers'))).toEqual([
      ...['trove-image-layers', 'trove-guest-packages', 'my-own'],
    ]);
    expect(environment.TROVE_GUEST_PACKAGES).toBe('vim curl');
    expect(plan.packages).toEqual(['vim', 'curl']);
  });

  it('has neither the element nor the variable where no packages are asked for', () => {
    expect(planOf().elements).not.toContain('trove-guest-packages');
    expect(planOf().environment).not.toHaveProperty('TROVE_GUEST_PACKAGES');
  });
});

describe('the bootstrap', () => {
  const rows = [
    ['knows the release', 'debian', 'trixie', ['sid', 'trixie'], null],
    [
      'takes the script that newer Debian releases share',
      'debian',
      'trixie',
      ['sid', 'bookworm'],
      '/usr/share/debootstrap/scripts/sid',
    ],
    [
      'takes the script that newer Ubuntu releases share',
      'ubuntu',
      'jammy',
      ['gutsy'],
      '/usr/share/debootstrap/scripts/gutsy',
    ],
    ['decides nothing before debootstrap is there', 'debian', 'trixie', [], null],
  ] as const;

  it.each(rows)('%s: %s %s among %j', (_title, os, release, debootstrapScripts, script) => {
    const plan = planOf({ 'guest-os': os, 'guest-release': release }, { debootstrapScripts });
    expect(plan.bootstrap.script).toBe(script);
    expect(plan.environment.DIB_DEBIAN_DEBOOTSTRAP_SCRIPT).toBe(script ?? undefined);
  });

  const keyrings = [
    [
      'debian',
      healthyHost.keyrings,
      { kind: 'host', path: '/usr/share/keyrings/debian-archive-keyring.gpg' },
    ],
    [
      'ubuntu',
      healthyHost.keyrings,
      { kind: 'host', path: '/usr/share/keyrings/ubuntu-archive-keyring.gpg' },
    ],
    [
      'ubuntu',
      ['/usr/share/keyrings/debian-archive-keyring.gpg'],
      { kind: 'pinned', distribution: 'ubuntu' },
    ],
    ['debian', [], { kind: 'pinned', distribution: 'debian' }],
  ] as const satisfies readonly (readonly [
    'debian' | 'ubuntu',
    HostFacts['keyrings'],
    Plan['bootstrap']['keyring'],
  ])[];

  it.each(keyrings)('of %s on a machine with %j verifies with %j', (os, present, expected) => {
    expect(planOf({ 'guest-os': os }, { keyrings: present }).bootstrap.keyring).toEqual(expected);
  });
});
