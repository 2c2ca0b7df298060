import { describe, expect, it } from '@jest/globals';
import { mistakesOf, type RawInputs } from '../support/inputs.ts';
import { planOf } from '../support/plan.ts';

describe('the environment of a build', () => {
  it('of debian is this and nothing else', () => {
    expect(planOf({ 'guest-release': 'bookworm' }).environment).toEqual({
      DIB_APT_MINIMAL_CREATE_INTERFACES: '0',
      DIB_APT_SOURCES_CONF: [
        'default:deb http://archive.example.org/debian bookworm main',
        'updates:deb http://archive.example.org/debian bookworm-updates main',
        'security:deb http://archive.example.org/debian-security bookworm-security main',
      ].join('\n'),
      DIB_CLOUD_INIT_DATASOURCES: 'ConfigDrive, OpenStack, NoCloud',
      DIB_DEBIAN_COMPONENTS: 'main',
      DIB_DISTRIBUTION_MIRROR: 'http://archive.example.org/debian',
      DIB_GRUB_TIMEOUT: '1',
      DIB_PYTHON_VERSION: '3',
      DIB_RELEASE: 'bookworm',
      GUEST_USERNAME: 'debian',
    });
  });

  it('of ubuntu is this and nothing else', () => {
    expect(
      planOf({ 'guest-os': 'ubuntu', 'guest-agent': 'package', 'guest-username': 'agent' })
        .environment,
    ).toEqual({
      DIB_APT_MINIMAL_CREATE_INTERFACES: '0',
      DIB_CLOUD_INIT_DATASOURCES: 'ConfigDrive, OpenStack, NoCloud',
      DIB_DEBIAN_COMPONENTS: 'main,universe',
      DIB_DISTRIBUTION_MIRROR: 'http://archive.example.org/ubuntu',
      DIB_GRUB_TIMEOUT: '1',
      DIB_PYTHON_VERSION: '3',
      DIB_RELEASE: 'jammy',
      DIB_UBUNTU_KERNEL: 'linux-image-virtual',
      DIB_UBUNTU_MIRROR_DISTS: 'updates,security',
      GUEST_USERNAME: 'agent',
    });
  });

  it('is sorted, so that two plans can be compared line by line', () => {
    const names = Object.keys(planOf({ environment: 'ZZ=1\nAA=2' }).environment);
    expect(names).toEqual([...names].sort());
    expect(names).toEqual(expect.arrayContaining(['AA', 'ZZ']));
  });

  it('lets the bootstrapped system speak https when an archive does', () => {
    const https = { mirror: 'https://mirror.example.org/debian' };
    expect(planOf(https).environment.DIB_DEBOOTSTRAP_EXTRA_ARGS).toBe('--include=ca-certificates');
    expect(planOf().environment).not.toHaveProperty('DIB_DEBOOTSTRAP_EXTRA_ARGS');
  });

  const builds = [
    { 'guest-os': 'debian', mirror: 'https://mirror.example.org/debian' },
    { 'guest-os': 'ubuntu', mirror: 'https://mirror.example.org/ubuntu' },
  ] as const satisfies readonly RawInputs[];
  /** Each says what another part of the plan says, too: a value of the user's would make the plan untrue. */
  const twiceSaid = new Set([
    ...['DIB_RELEASE', 'DIB_DISTRIBUTION_MIRROR', 'DIB_APT_SOURCES_CONF', 'DIB_DEBIAN_COMPONENTS'],
    ...['DIB_UBUNTU_MIRROR_DISTS', 'DIB_DEBIAN_DEBOOTSTRAP_SCRIPT', 'DIB_DEBOOTSTRAP_EXTRA_ARGS'],
    ...['GUEST_USERNAME', 'TROVE_GUEST_PACKAGES'],
  ]);

  it.each(builds)('of %j lets the user name nothing that the plan says elsewhere', (raw) => {
    const asked = { ...raw, packages: 'vim' };
    const own = Object.keys(planOf(asked, { debootstrapScripts: ['sid', 'gutsy'] }).environment);
    const free = own
      .filter((name) => twiceSaid.has(name))
      .filter((name) => mistakesOf({ environment: `${name}=x` }).length === 0);
    expect(free).toEqual([]);
  });
});
