import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findTraces, waitUntil } from '../fixtures/small-image/run-read-image.ts';
import {
  answerOf,
  check,
  describeTree,
  layerProgram,
  openBench,
  runInNamespace,
  type SavedBlob,
} from '../support/layer/bench.ts';

const bench = openBench('layer-kill-');
const { folder, at } = bench;
const tree = bench.place('tree');
const fileCount = 40;

beforeAll(() => {
  for (let number = 0; number < fileCount; number += 1)
    writeFileSync(`${tree}/file-${number}`, randomBytes(2 << 20));
});
afterAll(() => bench.close());

/** Starts a call and kills it after a time; says whether it was still running. */
async function kill(words: readonly string[], afterMs: number): Promise<boolean> {
  const child = spawn('/usr/bin/python3', ['-I', layerProgram, ...words], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  child.kill('SIGKILL');
  const [, signal] = await ended;
  return signal === 'SIGKILL';
}

/** No mount, and no tar or zstd that goes on. */
const leavesNothing = (): Promise<boolean> =>
  waitUntil(() => findTraces(folder).length === 0, 3_000);

describe('a save that is killed', () => {
  it('leaves no mount, no process and nothing under the name of the blob, whenever it is', async () => {
    let count = 0;
    for (let afterMs = 20; afterMs < 3_000; afterMs += 60 + Math.random() * 60) {
      const blob = at(`blob-${Math.round(afterMs)}`);
      const wasRunning = await kill(['save', tree, at('state'), blob], afterMs);
      expect(await leavesNothing()).toBe(true);
      if (!wasRunning) break;
      count += 1;
      const refused = { path: blob, sha256: 'a'.repeat(64), sizeBytes: 1, treeBytes: 1 << 30 };
      if (!existsSync(blob)) expect(check(refused)).toBe('there is no blob');
      // it was killed after all was done: then it is whole
      else expect(check(refused)).toMatch(/^it has \d+ bytes instead of 1$/);
    }
    expect(count).toBeGreaterThan(1);
  });

  it('takes its tar and zstd with it: what they were writing stays a part', async () => {
    const part = at('cut.part');
    const words = ['save', tree, at('state-cut'), at('cut')];
    const child = spawn('/usr/bin/python3', ['-I', layerProgram, ...words], { stdio: 'ignore' });
    const ended = once(child, 'exit');
    const isUnderWay = (): boolean => existsSync(part) && statSync(part).size > 1 << 20;
    expect(await waitUntil(isUnderWay, 5_000)).toBe(true);
    child.kill('SIGKILL');
    await ended;
    expect(await leavesNothing()).toBe(true);
    expect(spawnSync('zstd', ['-q', '--test', part], { stdio: 'ignore' }).status).not.toBe(0);
    expect(existsSync(at('cut'))).toBe(false);
  });

  it('can be made again in the same place, wherever it was killed', async () => {
    for (const afterMs of [100, 200, 300, 400, 500]) {
      await kill(['save', tree, at('state-2'), at('again')], afterMs);
      expect(await leavesNothing()).toBe(true);
      if (existsSync(at('again'))) {
        // it was faster than the kill
        for (const name of ['again', 'state-2']) rmSync(at(name), { force: true });
        break;
      }
      expect(existsSync(at('state-2'))).toBe(false);
    }
    const answer = answerOf(['save', tree, at('state-2'), at('again')]);
    expect(check({ path: at('again'), ...answer } as unknown as SavedBlob)).toBeNull();
    expect(readdirSync(folder).filter((name) => name.startsWith('again'))).toEqual([
      ...['again', 'again.members'],
    ]);
  });
});

describe('a restore that is killed', () => {
  it('leaves no mount and no process, and can be made again over what is there', async () => {
    const target = bench.place('target');
    for (const afterMs of [100, 160, 220, 300]) {
      await kill(['restore', target, at('restored'), at('again')], afterMs);
      expect(await leavesNothing()).toBe(true);
    }
    answerOf(['restore', target, at('restored'), at('again')]);
    expect(describeTree(target)).toEqual(describeTree(tree));
  });
});

describe('a disk that is full', () => {
  const onSmallDisk = (script: string) =>
    runInNamespace(folder, `mkdir -p small; mount -t tmpfs -o size=4m none small; ${script}`);

  it('makes a save fail with that reason, and takes away what was written', () => {
    const { stdout, stderr } = onSmallDisk(
      'layer save "$PWD/tree" "$PWD/small/state" "$PWD/small/blob" || echo "status $?"; ls small',
    );
    expect(stdout.trim().split('\n')).toEqual(['status 1', 'view']);
    const said = JSON.parse(stderr.trim().split('\n').at(-1) ?? '') as { error: string };
    expect(said.error).toMatch(/^zstd ended with exit status \d+: .*No space left on device/);
  });

  it('makes a restore fail with that reason', () => {
    const { stdout, stderr } = onSmallDisk(
      'layer restore "$PWD/small" "$PWD/restored" "$PWD/again" || echo "status $?"',
    );
    expect(stdout.trim()).toBe('status 1');
    const said = JSON.parse(stderr.trim().split('\n').at(-1) ?? '') as { error: string };
    expect(said.error).toMatch(/^tar ended with exit status 2: .*No space left on device/);
  });

  it('is told when only the record of the tree does not fit', () => {
    const { stdout, stderr } = onSmallDisk(
      'mkdir one; echo x > one/file; head -c 8000000 /dev/zero > small/rest 2> /dev/null || true; ' +
        'layer save "$PWD/one" "$PWD/small/state" "$PWD/other-blob" || echo "status $?"',
    );
    expect(stdout.trim()).toBe('status 1');
    expect(stderr).toContain('No space left on device');
    expect(existsSync(at('other-blob'))).toBe(false);
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(folder);
  });
});
