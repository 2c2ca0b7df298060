import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { saveCache } from '@actions/cache';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { moveFiles } from '../../src/adapters/github-layers/entries.ts';
import { type CacheRuns, makeKey, startCacheRuns } from '../support/cache-runs.ts';

let runs: CacheRuns;

beforeAll(async () => {
  // the client tells much, with commands for the runner of whoever runs this test
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  runs = await startCacheRuns();
});
afterEach(() => expect(runs.leftovers()).toEqual([]));
afterAll(async () => {
  await runs.close();
  jest.restoreAllMocks();
});

/** Saves an entry as any other action of the repository could. */
async function saveByHand(key: string, fill: (directory: string) => void): Promise<void> {
  const { temporaryDir } = runs.start();
  const directory = join(runs.workspace, '.trove-image-cache/layer');
  mkdirSync(directory, { recursive: true });
  fill(directory);
  expect(await saveCache(['.trove-image-cache/layer'], `trove-image-layer-${key}`)).toBeGreaterThan(
    0,
  );
  rmSync(join(runs.workspace, '.trove-image-cache'), { recursive: true });
  for (const name of readdirSync(temporaryDir))
    rmSync(join(temporaryDir, name), { recursive: true });
}

describe('an entry that somebody else wrote', () => {
  const fill =
    (manifest: string) =>
    (directory: string): void => {
      writeFileSync(join(directory, 'manifest.json'), manifest);
      writeFileSync(join(directory, 'blob'), 'blob');
    };

  it.each([
    ['whose manifest is no JSON', fill('{"format":'), 'is not JSON'],
    [
      'without a manifest',
      (directory: string) => writeFileSync(join(directory, 'blob'), ''),
      'ENOENT',
    ],
    [
      'with a link',
      (directory: string) => {
        fill('{}')(directory);
        rmSync(join(directory, 'blob'));
        symlinkSync('/etc/passwd', join(directory, 'blob'));
      },
      'blob is no plain file',
    ],
    ['with an endless manifest', fill(' '.repeat(17 * 1024 * 1024)), 'is too long'],
  ])('%s is refused, and the store goes on', async (name, write, message) => {
    const key = makeKey(name);
    await saveByHand(key, write);
    const good = runs.makeLayer(makeKey(`after ${name}`));
    await runs.save(good);
    const { layers, post } = runs.start();
    await expect(layers.find(key)).rejects.toThrow(message);
    expect(await layers.find(good.manifest.key)).toEqual(good.manifest);
    await post();
  });

  it('is given as it is when it is JSON: the caller judges it', async () => {
    await saveByHand(makeKey('foreign'), fill('[1]'));
    const { layers, post } = runs.start();
    expect(await layers.find(makeKey('foreign'))).toEqual([1]);
    await post();
  });
});

describe('the files of an entry', () => {
  it('are moved to another file system, as in a container job', async () => {
    const from = mkdtempSync(join(tmpdir(), 'move-files-test-'));
    // the one other file system that every Linux machine has
    const to = mkdtempSync('/dev/shm/move-files-test-');
    expect(statSync(from).dev).not.toBe(statSync(to).dev);
    writeFileSync(join(from, 'blob'), 'bytes');
    await moveFiles(from, join(to, 'layer'));
    expect(existsSync(from)).toBe(false);
    expect(readdirSync(join(to, 'layer'))).toEqual(['blob']);
    expect(readFileSync(join(to, 'layer/blob'), 'utf8')).toBe('bytes');
    rmSync(to, { recursive: true });
  });
});
