import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const programs = join(import.meta.dirname, '..', '..', 'host', 'no-device-mapper');

function run(program: string, ...args: string[]) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (error) throw error;
  return { exitCode: status, stdout, stderr };
}

const kpartx = (...args: string[]) => run(join(programs, 'kpartx'), ...args);
const dmsetup = (...args: string[]) => run(join(programs, 'dmsetup'), ...args);

describe('kpartx without device-mapper', () => {
  let folder: string;
  let loop: string;
  let hadMapper: boolean;

  beforeEach(() => {
    hadMapper = existsSync('/dev/mapper');
    folder = mkdtempSync(join(tmpdir(), 'elements-loop-'));
    const image = join(folder, 'image.raw');
    writeFileSync(image, '');
    truncateSync(image, 16 << 20);
    partition(image, '2048,8192\n10240,8192\n');
    const attached = run('losetup', '--find', '--show', image);
    expect(attached.stderr).toBe('');
    loop = attached.stdout.trim();
  });

  afterEach(() => {
    kpartx('-d', loop);
    run('losetup', '--detach', loop);
    rmSync(folder, { recursive: true });
  });

  function partition(device: string, table: string): void {
    const made = spawnSync('sfdisk', ['--quiet', '--no-reread', '--no-tell-kernel', device], {
      input: `label: dos\n${table}`,
      encoding: 'utf8',
    });
    expect(made.stderr).toBe('');
  }

  const mapped = (number: number) => `${loop.replace('/dev/', '/dev/mapper/')}p${number}`;

  it.each([['-uvs'], ['-av']])('with %s shows every partition where it is looked for', (flags) => {
    const { exitCode, stdout } = kpartx(flags, loop);
    expect(exitCode).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(2);
    for (const number of [1, 2]) {
      expect(readlinkSync(mapped(number))).toBe(`${loop}p${number}`);
      const size = run('blockdev', '--getsize64', mapped(number)).stdout.trim();
      expect(size).toBe(String(8192 * 512));
    }
  });

  it('with -d leaves no device, no link and no directory that was not there', () => {
    kpartx('-uvs', loop);
    expect(kpartx('-d', loop)).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(existsSync(`${loop}p1`)).toBe(false);
    expect(existsSync(mapped(1))).toBe(false);
    expect(existsSync('/dev/mapper')).toBe(hadMapper);
  });

  it('can be asked twice to add and twice to remove', () => {
    for (const flags of ['-uvs', '-uvs', '-d', '-d']) {
      expect(kpartx(flags, loop).exitCode).toBe(0);
    }
  });

  it('follows a table that changed, as after a build that was killed', () => {
    kpartx('-uvs', loop);
    partition(loop, '2048,4096\n');
    expect(kpartx('-uvs', loop).exitCode).toBe(0);
    expect(run('blockdev', '--getsize64', mapped(1)).stdout.trim()).toBe(String(4096 * 512));
    const links = readdirSync('/dev/mapper').filter((name) =>
      name.startsWith(`${basename(loop)}p`),
    );
    expect(links).toEqual([basename(mapped(1))]);
  });

  it.each([[['-l']], [['-a']], [['-a', '/dev/sda']], [['-a', '/dev/loop0/../sda']], [[]]])(
    'refuses %j with a sentence',
    (args) => {
      const { exitCode, stderr } = kpartx(...args);
      expect(exitCode).toBe(64);
      expect(stderr).toContain('without device-mapper');
    },
  );
});

describe('dmsetup without device-mapper', () => {
  it('has nothing to do for the one call of diskimage-builder', () => {
    const done = { exitCode: 0, stdout: '', stderr: '' };
    expect(dmsetup('--noudevsync', 'mknodes')).toEqual(done);
  });

  it('refuses every other', () => {
    expect(dmsetup('remove', 'x').exitCode).toBe(64);
  });
});
