import { describe, expect, it } from '@jest/globals';
import type { RemainsReader } from '../../src/ports/remains.ts';
import { cleanWorkspace, sweepWorkspaces } from '../../src/stages/clean.ts';
import { fakeCommands, fakeFiles, fakeLog } from './fakes.ts';

type Remains = Awaited<ReturnType<RemainsReader['read']>>;
const none: Remains = { mountinfo: '', loopDevices: [], mappings: [], processes: [] };
const name = 'trove-image-AAAAAA';
const workspace = { name, path: `/var/tmp/${name}` };
const mount = (point: string): string => `30 1 0:5 / ${point} rw - tmpfs none rw`;
const full: Remains = {
  mountinfo: [mount(`/var/tmp/${name}/a`), mount(`/var/tmp/${name}/a/b`), mount('/other')].join(
    '\n',
  ),
  loopDevices: [
    { name: '/dev/loop3', backingFile: `/${name}/x/image0.raw` },
    { name: '/dev/loop4', backingFile: '/elsewhere/image0.raw' },
  ],
  mappings: [
    { name: 'loop3p1', isLink: true },
    { name: 'loop4p1', isLink: false },
  ],
  processes: [{ pid: 42, command: `run-build /var/tmp/${name}` }],
};

/** A kernel that tells these remains one after the other, and the last one for ever. */
function remainsOf(...looks: readonly Remains[]): RemainsReader {
  let count = 0;
  return {
    read: async () => {
      count += 1;
      return looks[Math.min(count, looks.length) - 1] as Remains;
    },
    ownIdentity: async () => ({
      ...{ pid: 1, startTicks: '10', bootId: 'this' },
      pidNamespace: 'pid:[1]',
    }),
    startTicksOf: async (pid) => (pid === 7 ? '70' : null),
  };
}
const ports = (remains: RemainsReader, files = fakeFiles()) => ({
  ...{ commands: fakeCommands(), files, log: fakeLog(), remains },
});

describe('cleaning a workspace', () => {
  it('kills, unmounts the deepest first, unmaps and detaches, and removes the files last, all as root', async () => {
    const given = ports(remainsOf(full, full, none));
    await cleanWorkspace(given, workspace);
    const steps = given.commands.started.filter((line) => !line.startsWith('sleep'));
    expect(steps.map((line) => line.replace(/^# /, '#'))).toEqual([
      '#kill -KILL 42',
      '#kill -KILL 42',
      `#umount -- /var/tmp/${name}/a/b`,
      `#umount -- /var/tmp/${name}/a`,
      '#rm -f -- /dev/mapper/loop3p1',
      '#partx --delete /dev/loop3',
      '#losetup --detach /dev/loop3',
      `#rm -r -f --one-file-system -- /var/tmp/${name}`,
    ]);
  });

  it('removes no file while something cannot be ended, and says what and how', async () => {
    const given = ports(remainsOf({ ...full, loopDevices: [], processes: [] }));
    await expect(cleanWorkspace(given, workspace)).rejects.toMatchObject({
      problems: [
        {
          code: 'residue',
          message: expect.stringContaining(`mount /var/tmp/${name}/a`),
          hint: expect.stringContaining('trove-image clean'),
        },
      ],
    });
    expect(given.commands.started.filter((line) => line.includes('rm -r'))).toEqual([]);
  });
});

describe('sweeping', () => {
  const owner = (pid: number, startTicks: string, bootId: string): string =>
    JSON.stringify({ pid, startTicks, bootId, pidNamespace: 'pid:[1]' });
  const swept = async (files: Readonly<Record<string, string>>) =>
    sweepWorkspaces(ports(remainsOf(none), fakeFiles(files)), '/w');

  it.each([
    ['lives', owner(7, '70', 'this'), false],
    ['is gone', owner(8, '80', 'this'), true],
    ['has given its number to another process', owner(7, '69', 'this'), true],
    ['lived before the machine was started again', owner(7, '70', 'before'), true],
    ['died while it wrote its name', '{"pid": 7, "sta', true],
  ])('cleans a workspace or not, whose owner %s', async (_, text, expected) => {
    const names = await swept({ [`/w/${name}/owner.json`]: text });
    expect(names).toEqual(expected ? [name] : []);
  });

  it('leaves what has no owner and what is named otherwise', async () => {
    expect(
      await swept({
        '/w/trove-image-BBBBBB/precious': 'x',
        '/w/trove-image-notes/owner.json': owner(8, '80', 'this'),
        '/w/other/owner.json': owner(8, '80', 'this'),
      }),
    ).toEqual([]);
  });
});
