import { describe, expect, it } from '@jest/globals';
import { checkHost, type Demand } from '../../../src/core/host/fitness.ts';
import type { HostFacts } from '../../../src/model/host.ts';
import { gib, healthyHost, hostFacts } from '../support/host.ts';

const demand = {
  architecture: 'amd64',
  needs: { workBytes: 4 * gib, imageBytes: 2 * gib, outputBytes: gib, memoryBytes: gib },
  usesTmpfs: false,
} as const satisfies Demand;
const { user, kernelFeatures, workDir, outputDir } = healthyHost;

const noRoot = { ...user, canBeRoot: false, rootRefusal: 'sudo: a password is required' };
const nothing = { canMount: false, loopDevices: false, deviceMapper: false };

/** [title, facts, demand, codes] */
const rows = [
  ['is fit when everything is there', {}, {}, []],
  [
    'is fit without device-mapper',
    { kernelFeatures: { ...kernelFeatures, deviceMapper: false } },
    {},
    [],
  ],
  ['cannot become root', { user: noRoot }, {}, ['not-root']],
  [
    'cannot become root, and so could not be asked for mounts',
    { user: noRoot, kernelFeatures: nothing },
    {},
    ['not-root'],
  ],
  ['has another processor', { architecture: 'arm64' }, {}, ['other-architecture']],
  ['may not mount', { kernelFeatures: { ...kernelFeatures, canMount: false } }, {}, ['no-mounts']],
  [
    'has no loop device',
    { kernelFeatures: { ...kernelFeatures, loopDevices: false } },
    {},
    ['no-loop-devices'],
  ],
  [
    'may not write work-dir',
    { workDir: { ...workDir, writable: false, trouble: 'EACCES' } },
    {},
    ['directory-not-writable'],
  ],
  [
    'may not write output-dir',
    { outputDir: { ...outputDir, writable: false, trouble: 'EROFS' } },
    {},
    ['directory-not-writable'],
  ],
  [
    'has little space in work-dir',
    { workDir: { ...workDir, freeBytes: 4 * gib - 1 } },
    {},
    ['no-space'],
  ],
  ['has just enough space in work-dir', { workDir: { ...workDir, freeBytes: 4 * gib } }, {}, []],
  [
    'has space for the raw image when the build runs on a tmpfs',
    { workDir: { ...workDir, freeBytes: 2 * gib } },
    { usesTmpfs: true },
    [],
  ],
  [
    'has no space for the raw image though the build runs on a tmpfs',
    { workDir: { ...workDir, freeBytes: 2 * gib - 1 } },
    { usesTmpfs: true },
    ['no-space'],
  ],
  [
    'has little space in output-dir',
    { outputDir: { ...outputDir, freeBytes: 5 } },
    {},
    ['no-space'],
  ],
  [
    'mounts work-dir nodev',
    { workDir: { ...workDir, mountOptions: ['rw', 'nodev'] } },
    {},
    ['work-dir-mount-options'],
  ],
  [
    'mounts work-dir noexec',
    { workDir: { ...workDir, mountOptions: ['noexec', 'nosuid'] } },
    {},
    ['work-dir-mount-options'],
  ],
  [
    'mounts work-dir nodev, and builds on a tmpfs',
    { workDir: { ...workDir, mountOptions: ['nodev', 'noexec'] } },
    { usesTmpfs: true },
    [],
  ],
  ['mounts output-dir nodev', { outputDir: { ...outputDir, mountOptions: ['nodev'] } }, {}, []],
  ['has little memory', { memoryAvailableBytes: gib - 1 }, {}, ['no-memory']],
] as const satisfies readonly (readonly [
  string,
  Partial<HostFacts>,
  Partial<Demand>,
  readonly string[],
])[];

const codesOf = (facts: Partial<HostFacts>, wish: Partial<Demand> = {}) =>
  checkHost(hostFacts(facts), { ...demand, ...wish }).map(({ code }) => code);

describe('a machine', () => {
  it.each(rows)('%s', (_title, facts, wish, codes) => {
    expect(codesOf(facts, wish)).toEqual(codes);
  });

  it('gets everything told at once that is wrong with it', () => {
    expect(
      codesOf({
        architecture: 'arm64',
        kernelFeatures: nothing,
        workDir: { ...workDir, freeBytes: 0, mountOptions: ['nodev'] },
        outputDir: { ...outputDir, writable: false, trouble: 'EROFS' },
        memoryAvailableBytes: 0,
      }),
    ).toEqual([
      ...[
        'other-architecture',
        'no-mounts',
        'no-loop-devices',
        'no-space',
        'work-dir-mount-options',
      ],
      ...['directory-not-writable', 'no-memory'],
    ]);
  });

  it('that does not run Linux gets only that told', () => {
    const problems = checkHost(
      hostFacts({
        platform: 'darwin',
        user: noRoot,
        kernelFeatures: nothing,
        memoryAvailableBytes: 0,
      }),
      demand,
    );
    expect(problems.map(({ code, message }) => [code, message.split(';')[0]])).toEqual([
      ['not-linux', 'This machine runs darwin'],
    ]);
  });

  it('gets a fact and a next action for each', () => {
    const [root] = checkHost(hostFacts({ user: noRoot }), demand);
    expect(root).toEqual({
      code: 'not-root',
      message:
        'A build mounts file systems and needs root, and builder cannot become root: sudo: a password is required',
      hint: 'Run it as root, or as a user with passwordless sudo.',
    });
    const [other] = checkHost(hostFacts(), { ...demand, architecture: 'arm64' });
    expect(other?.hint).toContain('ubuntu-24.04-arm');
    const [space] = checkHost(hostFacts({ workDir: { ...workDir, freeBytes: 1e9 } }), demand);
    expect(space?.message).toBe(
      'work-dir: /var/tmp has 1.0 GB free, the build needs about 4.3 GB.',
    );
  });
});
