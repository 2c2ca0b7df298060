import { describe, expect, it } from '@jest/globals';
import {
  describeMissing,
  isFitting,
  missingPackages,
  needsPythonIndex,
  planInstall,
} from '../../../src/core/host/install.ts';
import type { HostFacts } from '../../../src/model/host.ts';
import { type InstallMode, installModes } from '../../../src/model/inputs.ts';
import type { InstallPlan } from '../../../src/model/install.ts';
import { hostKeyrings } from '../../../src/model/keyrings.ts';
import { healthyHost, hostFacts, hostWithout } from '../support/host.ts';

const builder = healthyHost.diskimageBuilder;
/** What the machine has of diskimage-builder. */
const states = {
  'is there': hostFacts(),
  'is absent': hostFacts({ diskimageBuilder: null }),
  'is too old': hostFacts({ diskimageBuilder: { ...builder, version: '3.2.1' } }),
  'is in our own environment': hostFacts({ diskimageBuilder: { ...builder, from: 'venv' } }),
  'is too old in our own environment': hostFacts({
    diskimageBuilder: { ...builder, from: 'venv', version: '2.30.0' },
  }),
} as const satisfies Record<string, HostFacts>;

type State = keyof typeof states;
type Choice = InstallPlan['builder'];

/** [state, choice by mode: auto when an index answers, auto when none does, pip, apt, none] */
const decisions = [
  ['is there', 'present', 'present', 'pip', 'present', 'present'],
  ['is absent', 'pip', 'apt', 'pip', 'apt', 'present'],
  ['is too old', 'pip', 'apt', 'pip', 'apt', 'present'],
  ['is in our own environment', 'present', 'present', 'present', 'present', 'present'],
  ['is too old in our own environment', 'pip', 'apt', 'pip', 'apt', 'present'],
] as const satisfies readonly (readonly [State, Choice, Choice, Choice, Choice, Choice])[];

const packagesOf = {
  present: [],
  pip: ['python3-venv'],
  apt: ['python3-diskimage-builder'],
} as const;

describe.each(decisions)(
  'where diskimage-builder %s',
  (state, withIndex, withoutIndex, pip, apt, none) => {
    const cases = [
      ['auto', true, withIndex],
      ['auto', false, withoutIndex],
      ['auto', null, withoutIndex],
      ['pip', true, pip],
      ['pip', false, pip],
      ['pip', null, pip],
      ['apt', true, apt],
      ['apt', null, apt],
      ['none', true, none],
      ['none', null, none],
    ] as const satisfies readonly (readonly [InstallMode, boolean | null, Choice])[];

    it.each(cases)(
      'install: %s with an index that answers %j takes %s',
      (mode, answers, choice) => {
        expect(planInstall(mode, states[state], answers, 'debian')).toEqual({
          builder: choice,
          aptPackages: packagesOf[choice],
        });
      },
    );
  },
);

const forbidden = 'and install: none forbids to install it';

describe('the Python index', () => {
  it('is asked with install: auto only, and only when nothing fits', () => {
    for (const mode of installModes) {
      expect(needsPythonIndex(mode, states['is there'])).toBe(false);
      expect(needsPythonIndex(mode, states['is absent'])).toBe(mode === 'auto');
      expect(needsPythonIndex(mode, states['is too old'])).toBe(mode === 'auto');
    }
  });
});

describe('missing programs', () => {
  it('become packages, sorted, each once', () => {
    expect(missingPackages(hostWithout('unshare', 'fstrim', 'qemu-img', 'sgdisk'))).toEqual([
      ...['gdisk', 'qemu-utils', 'util-linux'],
    ]);
    expect(missingPackages(hostFacts())).toEqual([]);
  });

  it('are installed in the same call as diskimage-builder', () => {
    const host = { ...hostWithout('zstd', 'kpartx'), diskimageBuilder: null };
    expect(planInstall('apt', host, null, 'debian').aptPackages).toEqual([
      'kpartx',
      'python3-diskimage-builder',
      'zstd',
    ]);
    expect(planInstall('pip', host, null, 'debian').aptPackages).toEqual([
      'kpartx',
      'python3-venv',
      'zstd',
    ]);
  });

  it("come with Debian's keyring on an Ubuntu host that builds Debian, and on no other", () => {
    const ubuntu = { id: 'ubuntu', codename: 'noble', prettyName: 'Ubuntu 24.04' };
    const keyless = hostFacts({ os: ubuntu, keyrings: [] });
    const packages = (host: HostFacts, guest: 'debian' | 'ubuntu') =>
      planInstall('apt', host, null, guest).aptPackages;
    expect(packages(keyless, 'debian')).toEqual(['debian-archive-keyring']);
    expect(packages(keyless, 'ubuntu')).toEqual([]);
    expect(packages(hostFacts({ keyrings: [] }), 'debian')).toEqual([]);
    expect(packages({ ...keyless, keyrings: [hostKeyrings.debian] }, 'debian')).toEqual([]);
  });

  it('are not installed with install: none', () => {
    expect(planInstall('none', hostWithout('zstd'), null, 'debian')).toEqual({
      builder: 'present',
      aptPackages: [],
    });
  });

  it('are all told with install: none, each with its package', () => {
    const host = { ...hostWithout('zstd', 'mkfs.ext4'), diskimageBuilder: null };
    expect(
      describeMissing(host, forbidden).map(({ code, message, hint }) => [
        code,
        message.split(',')[0],
        hint.split(/[,(]/)[0]?.trim(),
      ]),
    ).toEqual([
      ['tool-missing', 'mkfs.ext4 is not installed', 'Install the package e2fsprogs'],
      ['tool-missing', 'zstd is not installed', 'Install the package zstd'],
      [
        'diskimage-builder-missing',
        'disk-image-create is not installed',
        'Install the package python3-diskimage-builder',
      ],
    ]);
    expect(describeMissing(hostFacts(), forbidden)).toEqual([]);
  });

  it('tell the version of a diskimage-builder that is too old', () => {
    expect(describeMissing(states['is too old'], forbidden)[0]?.message).toBe(
      'disk-image-create is version 3.2.1, older than 3.13.0, and install: none forbids to install it.',
    );
  });
});

describe('a version of diskimage-builder', () => {
  it.each([
    ['3.13.0', true],
    ['3.13.1', true],
    ['3.13', true],
    ['3.33.0', true],
    ['4.0.0', true],
    ['10.0', true],
    ['3.13.0.dev5', true],
    ['3.12.9', false],
    ['3.9.0', false],
    ['3.2.1', false],
    ['2.99.0', false],
    ['', false],
  ])('%j fits: %s', (version, expected) => {
    expect(isFitting(hostFacts({ diskimageBuilder: { ...builder, version } }))).toBe(expected);
  });
});
