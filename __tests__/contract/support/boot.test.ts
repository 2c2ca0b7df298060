import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  makePrintCode,
  makeSpeakingCode,
  writeBootSector,
} from '../../support/boot/boot-sector.ts';
import { type BootOptions, bootImage } from '../../support/boot.ts';
import { readResidue } from '../../support/residue.ts';
import { createNoCloudSeed } from '../../support/seed.ts';

/** BIOS calls: one sector between memory and a disk, counted from 0x80 for the first. */
const WRITE_SECTOR_2 = [0xb8, 1, 3, 0xb9, 2, 0, 0xba, 0x80, 0, 0xbb, 0, 0x7c, 0xcd, 0x13];
const READ_SECOND_DISK_TO_8000 = [0xb8, 1, 2, 0xb9, 1, 0, 0xba, 0x81, 0, 0xbb, 0, 0x80, 0xcd, 0x13];
const FAT16_LABEL_OFFSET = 0x2b;

describe('a boot', () => {
  let directory: string;
  let diskPath: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'boot-test-'));
    diskPath = join(directory, 'disk.raw');
  });

  afterEach(() => {
    expect(readResidue(basename(directory)).processes).toEqual([]);
    rmSync(directory, { recursive: true });
  });

  const boot = (options: Partial<BootOptions> = {}) =>
    bootImage({
      image: { path: diskPath, format: 'raw' },
      directory: join(directory, 'console'),
      timeLimitMs: 20_000,
      accelerator: 'tcg',
      memoryMiB: 128,
      ...options,
    });
  const say = (...lines: string[]) =>
    writeBootSector(diskPath, makeSpeakingCode(['', ...lines].join('\r\n')));

  it('ends well at the login prompt, with the second of each thing it passed', async () => {
    say('Linux version 6.1.0-9 (gcc)', 'Welcome to \x1b[1;32mDebian 12\x1b[0m!', 'guest login: ');

    const { verdict, markers, seconds, serialLogPath, tail } = await boot();

    expect(verdict).toBe('login');
    expect(Object.keys(markers)).toEqual(['firmware', 'kernel', 'systemd', 'login']);
    const order = Object.values(markers);
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(seconds).toBeGreaterThanOrEqual(order.at(-1) ?? Number.NaN);
    expect(readFileSync(serialLogPath, 'utf8')).toMatch(
      /^ +\d+\.\d\d Linux version.*\n +\d+\.\d\d Welcome to Debian 12!\n +\d+\.\d\d guest login: $/m,
    );
    expect(tail.endsWith('guest login:')).toBe(true);
  });

  it.each([
    ['panic', 'Kernel panic - not syncing: VFS: Unable to mount root fs'],
    ['initramfs', 'ALERT!  LABEL=cloudimg-rootfs does not exist.  Dropping to a shell!'],
    ['initramfs', '(initramfs) '],
    ['emergency', '[  OK  ] Reached target \x1b[0;1;39memergency.target\x1b[0m - Emergency Mode.'],
    ['bootloader', 'grub rescue> '],
    ['bootloader', 'error: no such device: 3f0e. Entering rescue mode...'],
  ])('ends with %s at "%s", and waits for the last words', async (expected, line) => {
    say('Linux version 6.1.0', line, 'last words');

    const { verdict, tail, markers } = await boot();

    expect(verdict).toBe(expected);
    expect(markers).toHaveProperty([expected]);
    expect(tail).toMatch(/last words$/);
  });

  it('ends soon for a disk that holds nothing', async () => {
    writeFileSync(diskPath, '');
    truncateSync(diskPath, 1024 * 1024);

    const { verdict, seconds } = await boot();

    expect(verdict).toBe('no bootable device');
    expect(seconds).toBeLessThan(15);
  });

  it('does not take a seed for something to boot from', async () => {
    writeFileSync(diskPath, '');
    truncateSync(diskPath, 1024 * 1024);
    const path = join(directory, 'seed.img');
    createNoCloudSeed({ path, userData: '', metaData: '' });

    const { verdict } = await boot({ disks: [{ path, format: 'raw' }] });

    expect(verdict).toBe('no bootable device');
  });

  it('ends at the time limit when the guest says nothing', async () => {
    say('');

    const { verdict, seconds } = await boot({ timeLimitMs: 1500 });

    expect(verdict).toBe('time limit');
    expect(seconds).toBeGreaterThanOrEqual(1.5);
    expect(seconds).toBeLessThan(3);
  });

  it('waits for the words that were asked for, past the login prompt', async () => {
    say('guest login: ', '@@REPORT end', 'more');

    const { verdict, markers } = await boot({ until: /^@@REPORT end/ });

    expect(verdict).toBe('until');
    expect(markers).toHaveProperty('login');
  });

  it('says what the emulator complained about when it cannot start', async () => {
    const { verdict, tail } = await boot();

    expect(verdict).toBe('exited');
    expect(tail).toMatch(/Could not open .*disk\.raw.*No such file/);
  });

  it('leaves the image as it was, although the guest writes to it', async () => {
    writeBootSector(diskPath, makeSpeakingCode('written, login: ', WRITE_SECTOR_2));
    const path = join(directory, 'disk.qcow2');
    execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', diskPath, path]);
    const digest = () => createHash('sha256').update(readFileSync(path)).digest('hex');
    const before = digest();

    expect((await boot({ image: { path, format: 'qcow2' } })).verdict).toBe('login');
    expect(digest()).toBe(before);
  });

  it('gives the guest its other disks, in their order', async () => {
    const code = [...READ_SECOND_DISK_TO_8000, ...makePrintCode(0x8000 + FAT16_LABEL_OFFSET)];
    writeBootSector(diskPath, code);
    const path = join(directory, 'seed.img');
    createNoCloudSeed({ path, userData: '#cloud-config\n', metaData: 'instance-id: a\n' });

    const { verdict } = await boot({
      disks: [{ path, format: 'raw' }],
      until: /cidata {5}FAT16/,
    });

    expect(verdict).toBe('until');
  });
});
