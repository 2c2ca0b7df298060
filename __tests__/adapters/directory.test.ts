import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { readDirectory } from '../../src/adapters/directory.ts';

const directory = mkdtempSync(join(tmpdir(), 'directory-test-'));
afterAll(() => rmSync(directory, { recursive: true }));

describe('what can be done in a directory', () => {
  it('is told with its free space and mount options', async () => {
    const facts = await readDirectory(directory);
    expect(facts).toMatchObject({ path: directory, exists: true, writable: true, trouble: '' });
    const { bavail, bsize } = statfsSync(directory);
    expect(Math.abs(facts.freeBytes - bavail * bsize)).toBeLessThan(1e9);
    expect(facts.mountOptions).toContain('rw');
  });

  it('is what its nearest parent says when it does not exist yet', async () => {
    const facts = await readDirectory(join(directory, 'a', 'b', 'c'));
    expect(facts).toMatchObject({ exists: false, writable: true, trouble: '' });
    expect(facts.freeBytes).toBeGreaterThan(0);
  });

  it('is nothing below a file', async () => {
    writeFileSync(join(directory, 'file'), '');
    for (const path of ['file', 'file/below']) {
      const facts = await readDirectory(join(directory, path));
      expect(facts).toMatchObject({ exists: path === 'file', writable: false });
      expect(facts.trouble).toMatch(/not a directory/);
    }
  });

  it('is told of the file system that a link leads to', async () => {
    symlinkSync('/dev/shm', join(directory, 'link'));
    const viaLink = await readDirectory(join(directory, 'link'));
    const direct = await readDirectory('/dev/shm');
    expect(viaLink.mountOptions).toEqual(direct.mountOptions);
  });

  it('is told of the innermost mount, whatever is in its name', async () => {
    const place = join(directory, 'mount point');
    mkdirSync(place);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'nodev,noexec,size=64k', 'none', place]);
    try {
      const facts = await readDirectory(join(place, 'new'));
      expect(facts.mountOptions).toEqual(expect.arrayContaining(['nodev', 'noexec']));
      expect(facts.freeBytes).toBeLessThanOrEqual(65_536);
    } finally {
      spawnSync('umount', [place]);
    }
  });

  it('is no writing on a read-only file system', async () => {
    const place = join(directory, 'read-only');
    mkdirSync(place);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro,size=64k', 'none', place]);
    try {
      const facts = await readDirectory(place);
      expect(facts).toMatchObject({ writable: false, trouble: expect.stringContaining('EROFS') });
    } finally {
      spawnSync('umount', [place]);
    }
  });
});
