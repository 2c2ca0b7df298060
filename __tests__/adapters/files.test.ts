import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { createFiles } from '../../src/adapters/files.ts';

const directory = mkdtempSync(join(tmpdir(), 'files-test-'));
const at = (name: string): string => join(directory, name);
const files = createFiles();
afterAll(() => rmSync(directory, { recursive: true }));

describe('files', () => {
  it('are written with their mode, text and bytes alike, and read back', async () => {
    await files.write(at('text'), 'grüße\n');
    await files.write(at('secret'), 'x', 0o600);
    await files.writeBytes(at('bytes'), new Uint8Array([0, 255, 10]));
    expect(await files.read(at('text'))).toBe('grüße\n');
    expect(statSync(at('secret')).mode & 0o777).toBe(0o600);
    expect([...readFileSync(at('bytes'))]).toEqual([0, 255, 10]);
  });

  it('of a directory that does not exist are none', async () => {
    expect(await files.list(at('nowhere'))).toEqual([]);
  });

  it('have a digest that sha256sum would give, and their size', async () => {
    const bytes = Buffer.alloc(3_000_001, 'digest me');
    writeFileSync(at('large'), bytes);
    expect(await files.digest(at('large'))).toEqual({
      sizeBytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
  });

  it('are removed without an error when they are not there; a directory is not', async () => {
    await files.removeFile(at('nowhere'));
    mkdirSync(at('kept'));
    await expect(files.removeFile(at('kept'))).rejects.toThrow();
    expect(readdirSync(directory)).toContain('kept');
  });
});

describe('a private directory', () => {
  it('is for this user alone, under a name that is not used twice', async () => {
    const names = Array.from({ length: 500 }, () => files.chooseUniqueName('trove-image-'));
    expect(new Set(names).size).toBe(500);
    for (const name of names) expect(name).toMatch(/^trove-image-[A-Za-z0-9]{6}$/);
    await files.makePrivateDirectory(at(names[0] as string));
    expect(statSync(at(names[0] as string)).mode & 0o777).toBe(0o700);
  });

  it('is never one that somebody has put there before', async () => {
    mkdirSync(at('before'));
    await expect(files.makePrivateDirectory(at('before'))).rejects.toThrow(/EEXIST/);
  });
});

describe('a log file', () => {
  it('holds every line in order, and nothing of what was in it', async () => {
    writeFileSync(at('build.log'), 'of an earlier build\n'.repeat(100));
    const log = files.openLog(at('build.log'));
    for (let line = 0; line < 50_000; line += 1) log.write(`line ${line}`);
    await log.close();
    const lines = readFileSync(at('build.log'), 'utf8').split('\n');
    expect(lines).toHaveLength(50_001);
    expect([lines[0], lines[49_999], lines[50_000]]).toEqual(['line 0', 'line 49999', '']);
  });

  it.each([
    ['a full disk', '/dev/full', /ENOSPC/],
    ['a missing directory', '/nowhere/build.log', /ENOENT/],
  ])('tells of %s when it is closed, not before', async (_, path, reason) => {
    const log = files.openLog(path);
    log.write('a line');
    await new Promise((resolve) => setTimeout(resolve, 50));
    log.write('another');
    await expect(log.close()).rejects.toThrow(reason);
  });
});
