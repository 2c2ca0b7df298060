import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createImageFiles } from '../../src/adapters/image-files.ts';

let folder = '';
const look = (name: string) => createImageFiles().look(join(folder, name));

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'image-files-'));
  writeFileSync(join(folder, 'small'), 'abc');
  writeFileSync(join(folder, 'large'), 'abc');
  truncateSync(join(folder, 'large'), 2 ** 40);
  symlinkSync('small', join(folder, 'link'));
  execFileSync('mkfifo', [join(folder, 'fifo')]);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a look at a path', () => {
  it('gives the size and the first bytes of a file, also behind a link', async () => {
    const expected = { kind: 'file', sizeBytes: 3, head: Buffer.from('abc') };
    expect(await look('small')).toEqual(expected);
    expect(await look('link')).toEqual(expected);
  });

  it('reads no more than the beginning of a large file', async () => {
    const facts = await look('large');
    expect(facts).toMatchObject({ kind: 'file', sizeBytes: 2 ** 40 });
    expect('head' in facts && facts.head.length).toBe(4096);
  });

  it('tells what is no file, and does not wait for the other end of a FIFO', async () => {
    expect(await look('.')).toEqual({ kind: 'directory' });
    expect(await look('fifo')).toEqual({ kind: 'other' });
    expect(await look('gone')).toEqual({
      kind: 'unreadable',
      reason: expect.stringContaining('ENOENT'),
    });
  });
});
