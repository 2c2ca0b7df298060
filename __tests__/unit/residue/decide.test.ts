import { describe, expect, it } from '@jest/globals';
import {
  decideCleaning,
  isGone,
  parseMountPoints,
  parseOwner,
  type Remains,
} from '../../../src/core/residue/decide.ts';
import { readRecording } from '../support/recordings.ts';

const name = 'trove-image-Ab3dE9';
const here = `/var/tmp/${name}`;
const nothing = {
  mountPoints: [],
  loopDevices: [],
  mappings: [],
  processes: [],
} as const satisfies Remains;
const decide = (remains: Partial<Remains>) => decideCleaning(name, { ...nothing, ...remains });

describe('mountinfo', () => {
  const points = parseMountPoints(readRecording('mountinfo'));

  it('is read as the kernel wrote it, with its octal escapes undone', () => {
    expect(points).toContain('/proc');
    expect(points.filter((point) => point.includes(`/${name}/`))).toEqual([
      `${here}/scratch`,
      `${here}/scratch/${name}/dib_build.5c4I2ftB/mnt`,
      `${here}/scratch/${name}/dib_build.5c4I2ftB/mnt/dev/pts`,
      `${here}/scratch/${name}/dib_build.5c4I2ftB/mnt/proc`,
      `${here}/scratch/with space`,
      `${here}/scratch/tab\tx`,
      `${here}/scratch/back\\slash`,
      `${here}/scratch/with space`,
    ]);
  });

  it('undoes every escape once: a backslash and digits in a name stay what they are', () => {
    const line = (point: string) => `50 49 0:25 / ${point} rw - tmpfs t rw`;
    expect(
      parseMountPoints([line('/a\\134040b'), line('/a\\012b'), line('/ä'), ''].join('\n')),
    ).toEqual(['/a\\040b', '/a\nb', '/ä']);
  });

  it('gives the mounts of our workspace alone, deepest first, one for each of two on one another', () => {
    expect(decide({ mountPoints: points }).unmount).toEqual([
      `${here}/scratch/${name}/dib_build.5c4I2ftB/mnt/dev/pts`,
      `${here}/scratch/${name}/dib_build.5c4I2ftB/mnt/proc`,
      `${here}/scratch/${name}/dib_build.5c4I2ftB/mnt`,
      `${here}/scratch/with space`,
      `${here}/scratch/with space`,
      `${here}/scratch/tab\tx`,
      `${here}/scratch/back\\slash`,
      `${here}/scratch`,
    ]);
  });

  it('never has a mount before one that lies below it', () => {
    const deep = ['/a/b', '', '/a', '/a/b/c', '/z', '/a/b/d', '/a-b/c'].map(
      (path) => `${here}${path}`,
    );
    const order = decide({ mountPoints: deep }).unmount;
    expect([...order].sort()).toEqual([...deep].sort());
    for (const [index, path] of order.entries()) {
      const later = order.slice(index + 1);
      expect(later.filter((each) => each.startsWith(`${path}/`))).toEqual([]);
    }
  });
});

describe('what is ours', () => {
  const neighbours = [
    `/var/tmp/${name}x`,
    `/var/tmp/${name}-old/mnt`,
    `/var/tmp/x${name}/mnt`,
    '/var/tmp/trove-image-Ab3dE/mnt',
    '/var/tmp/trove-image-',
    '/var/tmp',
    '/',
  ];

  it('is no mount of a neighbour with a name that begins alike', () => {
    expect(decide({ mountPoints: neighbours }).unmount).toEqual([]);
  });

  it('is no loop device of a neighbour', () => {
    const loopDevices = neighbours.map((path, index) => ({
      name: `/dev/loop${index}`,
      backingFile: `${path}/image.raw`,
    }));
    expect(decide({ loopDevices, mappings: ['loop0p1', 'loop1p1'] })).toMatchObject({
      detach: [],
      unmap: [],
    });
  });

  it('is no process of a neighbour', () => {
    const processes = neighbours.map((path, index) => ({
      pid: 100 + index,
      command: `bash ${path}/run`,
    }));
    const own = { pid: 99, command: `bash /opt/run-build ${here} 0:0 0 -` };
    expect(decide({ processes: [own, ...processes] }).kill).toEqual([99]);
  });

  it('is a loop device whatever the form of its backing file', () => {
    const loopDevices = [
      { name: '/dev/loop0', backingFile: `${here}/out/image.raw` },
      { name: '/dev/loop1', backingFile: `${here}/out/image.raw (deleted)` },
      { name: '/dev/loop2', backingFile: `/${name}/dib_image.aB/image0.raw` },
      { name: '/dev/loop3', backingFile: `/${name}/dib_image.aB/image0.raw (deleted)` },
      { name: '/dev/loop4', backingFile: `/${name} (deleted)` },
      { name: '/dev/loop5', backingFile: '/var/lib/snapd/snaps/core.snap' },
    ];
    expect(decide({ loopDevices }).detach).toEqual([
      '/dev/loop0',
      '/dev/loop1',
      '/dev/loop2',
      '/dev/loop3',
      '/dev/loop4',
    ]);
  });

  it('is a mapping of one of our loop devices, and of no device with a number that begins alike', () => {
    const loopDevices = [{ name: '/dev/loop3', backingFile: `${here}/image.raw` }];
    const mappings = [
      'loop3p1',
      'loop3p12',
      'loop31p1',
      'loop3',
      'loop13p1',
      'loop3p1-crypt',
      'vg-root',
      'control',
    ];
    expect(decide({ loopDevices, mappings }).unmap).toEqual(['loop3p1', 'loop3p12']);
  });

  it('is nothing where nothing is left', () => {
    expect(decide({})).toEqual({ kill: [], unmount: [], unmap: [], detach: [] });
  });
});

describe('an owner record', () => {
  const owner = {
    pid: 4711,
    startTicks: '123456',
    bootId: '8fa6ad1c-4a6c-4fb1-9d5e-0b5f1d2c3a4e',
    pidNamespace: 'pid:[4026531836]',
  } as const;

  it('is read back as it was written', () => {
    expect(parseOwner(JSON.stringify(owner))).toEqual(owner);
    expect(parseOwner(JSON.stringify({ ...owner, more: 1 }))).toEqual(owner);
  });

  const damaged = [
    '',
    '{',
    '{"pid":4711',
    'null',
    '[]',
    '4711',
    '"x"',
    '{}',
    JSON.stringify({ ...owner, pid: '4711' }),
    JSON.stringify({ ...owner, startTicks: 123456 }),
    JSON.stringify({ pid: 1, startTicks: '2' }),
  ];

  it.each(damaged)('that is damaged is none: %s', (text) => {
    expect(parseOwner(text)).toBeNull();
  });

  const other = { ...owner, pid: 1, startTicks: '1' };
  it.each([
    ['runs', owner, other, owner.startTicks, false],
    ['has ended', owner, other, null, true],
    ['has ended, and its id is of another process now', owner, other, '999', true],
    ['is of an earlier boot', { ...owner, bootId: 'earlier' }, other, owner.startTicks, true],
    [
      'is in a container, where its id is not ours to judge',
      { ...owner, pidNamespace: 'pid:[2]' },
      other,
      null,
      false,
    ],
  ] as const)('of a process that %s', (_, theirs, own, startTicks, gone) => {
    expect(isGone(theirs, own, startTicks)).toBe(gone);
  });
});
