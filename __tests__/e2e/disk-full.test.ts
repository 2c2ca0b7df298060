import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { onMachine, withDisk, withMemory } from '../support/stand-in/private-machine.ts';
import { createWorkbench, nothing, type Workbench } from '../support/stand-in/workbench.ts';

let bench: Workbench;

beforeAll(async () => {
  bench = await createWorkbench();
}, 30_000);
afterAll(() => bench.close());

/** Lists a directory in the machine's own namespace, before that ends with the command. */
const thenList = (directory: string): readonly string[] => [
  ...['bash', '-c'],
  `"$@"; status=$?; find ${directory} -mindepth 1 -printf 'LEFT %P %s\\n'; exit $status`,
  'bash',
];
const leftIn = (stdout: string): readonly string[] =>
  [...stdout.matchAll(/^LEFT (\S+)/gm)].map(([, path = '']) => path).sort();

async function run(
  name: string,
  disk: 'work' | 'images',
  settings: Readonly<Record<string, string>>,
) {
  const place = disk === 'work' ? bench.workDir(name) : bench.outputDir(name);
  const little = withMemory(bench.directory, 3000);
  const size = disk === 'work' ? 6000 : 2000;
  const program = bench.build(name, {
    settings: disk === 'work' ? settings : { ...settings, STAND_IN_PLACE: place },
    flags: ['--verbose'],
    within: [...onMachine(little, withDisk(place, size)), ...thenList(place)],
  });
  return program.ended;
}

describe('a disk that becomes full', () => {
  it.each(['root.d/08-debootstrap', 'install.d/01-package-installs', 'finalise.d/50-bootloader'])(
    'in work-dir during %s fails the build there, with the phase and what to do',
    async (at) => {
      const [phase = '', script = ''] = at.split('.d/');
      const name = `work-${phase}`;
      const settings = { STAND_IN_AT: at, STAND_IN_DO: 'fill', STAND_IN_DISK: 'yes' };
      const { status, stdout, stderr } = await run(name, 'work', settings);
      expect({ status, stderr }).toMatchObject({ status: 4 });
      expect(stderr).toMatch(
        new RegExp(`Error: Script ${script} of element \\S+ failed in phase ${phase}`),
      );
      expect(stderr).toContain('A disk was full');
      expect(stderr).toContain('[guest-disk-full]');
      expect(leftIn(stdout)).toEqual([]);
      expect(bench.residue(name, stderr)).toEqual(nothing);
    },
  );

  it('in work-dir when the image is put together fails the build and says what was full', async () => {
    const settings = { STAND_IN_AT: 'cleanup.d/99-clean-up-cache', STAND_IN_DO: 'crowd' };
    const { status, stdout, stderr } = await run('work-end', 'work', settings);
    expect({ status, stderr }).toMatchObject({ status: 4 });
    expect(stderr).toContain("outside of the elements' scripts. A disk was full");
    expect(leftIn(stdout)).toEqual([]);
    expect(bench.residue('work-end', stderr)).toEqual(nothing);
  });

  it.each([
    ['during the build', 'install.d/01-package-installs'],
    ['when the image is written', 'cleanup.d/99-clean-up-cache'],
  ])('in output-dir %s is told as such, and no partial image can be seen', async (when, at) => {
    const name = `images-${when.replaceAll(' ', '-')}`;
    const settings = { STAND_IN_AT: at, STAND_IN_DO: 'crowd' };
    const { status, stdout, stderr } = await run(name, 'images', settings);
    expect([3, 4]).toContain(status);
    expect(stderr).toMatch(/^Error: .*([Nn]o space|disk was full)/m);
    expect(stderr).not.toContain('This is a bug');
    const left = leftIn(stdout).filter((path) => !path.startsWith('crowd'));
    expect(left).toEqual(['trove-guest-debian-bookworm.failed.log']);
    expect(bench.residue(name, stderr)).toEqual(nothing);
  });

  it('leaves no mount and no loop device of its own on the machine', () => {
    expect(execFileSync('losetup', ['--list', '--noheadings'], { encoding: 'utf8' })).not.toContain(
      bench.directory,
    );
  });
});
