import { describe, expect, it } from '@jest/globals';
import { type PlanContext, renderPlan } from '../../../src/core/image/plan-text.ts';
import { gib, healthyHost } from '../support/host.ts';
import { planOf } from '../support/plan.ts';

const ready = {
  install: { builder: 'present', aptPackages: [] },
  diskimageBuilder: '3.13.0',
  scripts: [
    { phase: 'root', script: '08-debootstrap', element: 'debootstrap' },
    { phase: 'pre-install', script: '03-baseline-tools', element: 'base' },
  ],
} as const satisfies PlanContext;

describe('the plan as text', () => {
  it('has one aligned line per fact', () => {
    const plan = planOf({ 'guest-release': 'bookworm', packages: 'vim', formats: 'qcow2 raw' });
    expect(renderPlan(plan, ready).split('\n')).toEqual([
      'image           trove-guest-debian-bookworm, 5 GiB, qcow2 raw',
      'guest           debian 12 (bookworm) amd64, guest agent of Trove 18 from package, user debian',
      'output          /srv/checkout/images/{trove-guest-debian-bookworm.qcow2,trove-guest-debian-bookworm.raw}',
      'elements        base vm debian-minimal block-device-mbr trove-guest trove-guest-agent-package trove-image-layers trove-guest-packages',
      'elements path   /opt/trove-image/elements',
      'packages        vim',
      'sources         http://archive.example.org/debian (from diskimage-builder)',
      '                http://archive.example.org/debian bookworm main',
      '                http://archive.example.org/debian bookworm-updates main',
      '                http://archive.example.org/debian-security bookworm-security main',
      'keyring         /usr/share/keyrings/debian-archive-keyring.gpg',
      'builder         disk-image-create 3.13.0',
      'install         nothing',
      expect.stringMatching(/^work directory {2}\/var\/tmp, on a tmpfs of \d+\.\d GB$/),
      expect.stringMatching(
        /^needs {11}\d\.\d GB to work in, \d\.\d GB for the output, \d\.\d GB of memory$/,
      ),
      'checks          qemu-img check and hygiene rules',
      'environment     DIB_APT_MINIMAL_CREATE_INTERFACES=0',
      expect.stringMatching(
        /^ {16}DIB_APT_SOURCES_CONF=default:deb \S+ bookworm main\\nupdates:deb /,
      ),
      '                DIB_CLOUD_INIT_DATASOURCES=ConfigDrive, OpenStack, NoCloud',
      '                DIB_DEBIAN_COMPONENTS=main',
      '                DIB_DISTRIBUTION_MIRROR=http://archive.example.org/debian',
      '                DIB_GRUB_TIMEOUT=1',
      '                DIB_PYTHON_VERSION=3',
      '                DIB_RELEASE=bookworm',
      '                GUEST_USERNAME=debian',
      '                TROVE_GUEST_PACKAGES=vim',
      'command         disk-image-create -a amd64 -t raw --no-tmpfs --image-size 5 base vm debian-minimal block-device-mbr trove-guest trove-guest-agent-package trove-image-layers trove-guest-packages',
      'scripts         root         08-debootstrap (debootstrap)',
      '                pre-install  03-baseline-tools (base)',
    ]);
  });

  it('says what is not known, and what is to be installed, on a bare machine', () => {
    const bare = {
      diskimageBuilder: null,
      keyrings: [],
      debootstrapScripts: ['sid'],
      memoryAvailableBytes: 2 * gib,
      kernelFeatures: { ...healthyHost.kernelFeatures, deviceMapper: false },
    };
    const install = { builder: 'pip', aptPackages: ['debootstrap', 'python3-venv'] } as const;
    const text = renderPlan(planOf({ verify: 'off' }, bare), {
      install,
      diskimageBuilder: null,
      scripts: null,
    });
    for (const line of [
      /^sources +not known yet \(from unknown until diskimage-builder is installed\)$/m,
      /^keyring +of debian, from its archive, known by digest$/m,
      /^debootstrap script +\/usr\/share\/debootstrap\/scripts\/sid$/m,
      /^builder +diskimage-builder, pinned, in a private virtual environment$/m,
      /^install +debootstrap python3-venv$/m,
      /^work directory +\/var\/tmp, on disk, partitions without device-mapper$/m,
      /^checks +off$/m,
    ]) {
      expect(text).toMatch(line);
    }
    expect(text).not.toMatch(/^scripts/m);
  });
});
