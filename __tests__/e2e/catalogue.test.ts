import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createWorkbench, type Workbench } from '../support/stand-in/workbench.ts';

const text = `
version: 1
defaults:
  guest-os: debian
  packages: [htop]
images:
  site:
    image-name: site-{os}-{release}
    matrix:
      guest-release: [bookworm, trixie]
`;
let bench: Workbench;
let catalogue: string;

beforeAll(async () => {
  bench = await createWorkbench({ checkout: true });
  catalogue = join(bench.directory, 'trove-images.yml');
  writeFileSync(catalogue, text);
}, 60_000);
afterAll(() => bench.close());

describe('a catalogue', () => {
  it('lists its images with the inputs in which they differ', async () => {
    const { status, stdout } = await bench.command(['images']).ended;
    expect(status).toBe(0);
    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(/\s+/));
    expect(rows).toEqual([
      ['image', 'entry', 'guest-release'],
      ['site-bookworm', 'site', 'bookworm'],
      ['site-trixie', 'site', 'trixie'],
    ]);
  });

  it('gives a job matrix as JSON', async () => {
    const { stdout } = await bench.command(['images', '--json', '--catalogue', catalogue]).ended;
    expect(JSON.parse(stdout)).toMatchObject([
      { id: 'site-bookworm', inputs: { 'guest-release': 'bookworm', packages: 'htop' } },
      { id: 'site-trixie', inputs: { 'guest-release': 'trixie' } },
    ]);
  });

  it('gives a build its inputs, and those given beside win', async () => {
    const args = ['build', '--image', 'site-bookworm', '--packages', 'vim', '--dry-run', '--json'];
    const { status, stdout } = await bench.command(args).ended;
    expect(status).toBe(0);
    expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({
      imageName: 'site-debian-bookworm',
      packages: ['vim'],
    });
  });

  it('gives the action its inputs', async () => {
    const run = await bench.act('catalogue', {
      inputs: {
        'guest-os': '',
        'guest-release': '',
        image: 'site-bookworm',
        catalogue,
        packages: '',
        artifact: 'off',
      },
    });
    expect(run.main.annotations.filter(({ level }) => level === 'error')).toEqual([]);
    expect(basename(run.main.outputs['image-path'] ?? '')).toBe('site-debian-bookworm.qcow2');
  });

  it.each([
    [
      'an image that it does not have',
      ['build', '--image', 'site-bookwom'],
      'Did you mean "site-bookworm"?',
    ],
    [
      'a file that is not there',
      ['images', '--catalogue', 'none.yml'],
      'catalogue: none.yml cannot be read',
    ],
    [
      'a pipe in place of a file',
      ['images', '--catalogue', '/dev/stdin'],
      'catalogue: /dev/stdin cannot be read',
    ],
  ])('is told by its input for %s', async (_what, args, message) => {
    const { status, stderr } = await bench.command(args).ended;
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining(message) });
  });

  it('is checked by its list: mistakes in inputs with their places', async () => {
    const broken = join(bench.directory, 'broken.yml');
    writeFileSync(
      broken,
      'version: 1\nimages:\n  a:\n    guest-release: bookwurm\n    image-size: 999\n',
    );
    const { status, stderr } = await bench.command(['images', '--catalogue', broken]).ended;
    expect(status).toBe(2);
    expect(stderr).toMatch(/broken\.yml:4:\d+: guest-release: got "bookwurm"/);
    expect(stderr).toMatch(/broken\.yml:5:\d+: image-size: got "999"/);
  });
});
