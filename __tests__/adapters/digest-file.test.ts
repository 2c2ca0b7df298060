import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { digestFile } from '../../src/adapters/digest-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'digest-test-'));
afterAll(() => rmSync(directory, { recursive: true }));

describe('the digests of a file', () => {
  const path = join(directory, 'file');
  const content = Buffer.alloc(2_500_000, 'abc');
  writeFileSync(path, content);
  const hex = (algorithm: string) => createHash(algorithm).update(content).digest('hex');

  it('are all made in one reading, with its size', async () => {
    expect(await digestFile(path, ['sha256', 'sha512', 'md5'])).toEqual({
      sizeBytes: content.length,
      digests: { sha256: hex('sha256'), sha512: hex('sha512'), md5: hex('md5') },
    });
  });

  it('leave out what is not known here, whatever a service calls its own', async () => {
    const algorithms = ['sha256', 'crc-of-a-store', '', '__proto__', 'constructor'];
    const { digests } = await digestFile(path, algorithms);
    expect(Object.entries(digests)).toEqual([['sha256', hex('sha256')]]);
  });

  it('are those of nothing for an empty file', async () => {
    const empty = join(directory, 'empty');
    writeFileSync(empty, '');
    const nothing = createHash('sha256').digest('hex');
    expect(await digestFile(empty, ['sha256'])).toEqual({
      sizeBytes: 0,
      digests: { sha256: nothing },
    });
  });

  it('take little memory, however large it is', async () => {
    const large = join(directory, 'large');
    writeFileSync(large, '');
    truncateSync(large, 300 << 20);
    const startBytes = process.memoryUsage().rss;
    expect(await digestFile(large, ['sha256'])).toMatchObject({ sizeBytes: 300 << 20 });
    expect(process.memoryUsage().rss - startBytes).toBeLessThan(100 << 20);
  });

  it.each([
    ['not there', join(directory, 'gone')],
    ['a directory', directory],
  ])('are none of what is %s', async (_, what) => {
    await expect(digestFile(what, ['sha256'])).rejects.toThrow(/ENOENT|EISDIR/);
  });
});
