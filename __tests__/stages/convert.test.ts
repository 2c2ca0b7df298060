import { describe, expect, it } from '@jest/globals';
import { convertImage, placeImages } from '../../src/stages/convert.ts';
import { planOf } from '../unit/support/plan.ts';
import { fakeCommands, fakeFiles, fakeLog } from './fakes.ts';

const plan = planOf({ formats: 'qcow2,vhd', 'output-dir': '/out', 'image-name': 'guest' });
const diskBytes = 5 * 1024 ** 3;
const diskFiles = () => ({ ...fakeFiles(), sizeOf: async () => diskBytes });
const convert = (answers: Parameters<typeof fakeCommands>[0] = [], files = diskFiles()) => {
  const commands = fakeCommands(answers);
  const ports = { commands, files, log: fakeLog() };
  const run = convertImage(ports, plan, '/ws/out/image.raw', 4).then((drafts) => {
    expect(files.done.filter((step) => step.startsWith('rename'))).toEqual([]);
    return placeImages(files, drafts);
  });
  return { run, files, commands };
};

describe('writing the image files', () => {
  it('converts, checks and compares all before the first gets its name', async () => {
    const { run, files, commands } = convert();
    expect((await run).map(({ fileName, path }) => [fileName, path])).toEqual([
      ['guest.qcow2', '/out/guest.qcow2'],
      ['guest.vhd', '/out/guest.vhd'],
    ]);
    expect(commands.started.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'qemu-img convert',
      'qemu-img check',
      'qemu-img compare',
      'qemu-img compare',
      'qemu-img convert',
      'qemu-img compare',
      'qemu-img compare',
    ]);
    expect(files.done.filter((step) => step.startsWith('rename'))).toEqual([
      'rename /out/.guest.qcow2.partial /out/guest.qcow2',
      'rename /out/.guest.vhd.partial /out/guest.vhd',
    ]);
  });

  it('compares both halves of the disk, each format by its own driver', async () => {
    const { run, commands } = convert();
    await run;
    const nodes = commands.started
      .filter((line) => line.startsWith('qemu-img compare'))
      .map((line) =>
        line
          .split(' ')
          .slice(3)
          .map((node) => JSON.parse(node.slice(5))),
      );
    const half = diskBytes / 2;
    const image = { driver: 'file', filename: '/ws/out/image.raw' };
    const expected = ['qcow2', 'vpc'].flatMap((driver, index) => {
      const filename = `/out/.guest.${['qcow2', 'vhd'][index]}.partial`;
      const file = { driver, file: { driver: 'file', filename } };
      return [{ offset: 0, size: half }, { offset: half }].map((range) => [
        { driver: 'raw', ...range, file: image },
        { driver: 'raw', ...range, file },
      ]);
    });
    expect(nodes).toEqual(expected);
  });

  it.each([
    ['the first', /compare .*"offset":0/],
    ['the second', /compare .*"offset":[1-9]/],
  ])('stops when %s half differs, whatever the other one says', async (_half, pattern) => {
    const { run, files } = convert([[pattern, { exitCode: 1, stdout: 'Content mismatch!\n' }]]);
    await expect(run).rejects.toMatchObject({
      kind: 'check',
      problems: [{ message: 'qemu-img compare of guest.qcow2 failed: Content mismatch!' }],
    });
    expect(files.done.filter((step) => !step.startsWith('remove'))).toEqual([]);
  });

  it('neither checks nor compares with verify: off', async () => {
    const commands = fakeCommands();
    await convertImage(
      { commands, files: fakeFiles(), log: fakeLog() },
      { ...plan, verify: false },
      '/r',
      1,
    );
    expect(commands.started.map((line) => line.split(' ')[1])).toEqual(['convert', 'convert']);
  });

  it.each([
    ['convert', 'build', 'Check the free space in output-dir'],
    ['check', 'check', 'differs from the image'],
    ['compare', 'check', 'differs from the image'],
  ])(
    'stops when %s fails: nothing gets a name and nothing partial stays',
    async (verb, kind, hint) => {
      const { run, files } = convert([
        [new RegExp(`qemu-img ${verb}`), { exitCode: 1, stderr: 'warning\nqemu-img: it broke\n' }],
      ]);
      await expect(run).rejects.toMatchObject({
        kind,
        problems: [
          {
            code: `qemu-img-${verb}`,
            message: `qemu-img ${verb} of guest.qcow2 failed: qemu-img: it broke`,
            hint: expect.stringContaining(hint),
          },
        ],
      });
      expect(new Set(files.done)).toEqual(
        new Set(['remove /out/.guest.qcow2.partial', 'remove /out/.guest.vhd.partial']),
      );
    },
  );
});
