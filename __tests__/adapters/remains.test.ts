import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { createRemainsReader } from '../../src/adapters/remains.ts';

const remains = createRemainsReader();
const directory = mkdtempSync(join(tmpdir(), 'remains-test-'));
const marker = basename(directory);
let undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of undo.reverse()) await step();
  undo = [];
});
afterAll(() => rmSync(directory, { recursive: true }));

async function startSleeper(...words: readonly string[]): Promise<ChildProcess> {
  const child = spawn('sh', ['-c', 'echo up; sleep 60; true', 'sleeper', ...words], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  undo.push(async () => {
    const ended = once(child, 'exit');
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    await ended;
  });
  await once(child.stdout as NodeJS.EventEmitter, 'data');
  return child;
}

describe('what the kernel tells of a build', () => {
  it('is each attached loop device with its file, and no device that is not attached', async () => {
    const image = join(directory, 'image 0.raw');
    writeFileSync(image, Buffer.alloc(1 << 20));
    const device = execFileSync('losetup', ['--find', '--show', image], {
      encoding: 'utf8',
    }).trim();
    undo.push(() => execFileSync('losetup', ['--detach', device]));
    const { loopDevices } = await remains.read(marker);
    expect(loopDevices).toContainEqual({ name: device, backingFile: image });
    expect(loopDevices.filter(({ backingFile }) => backingFile === '')).toEqual([]);

    rmSync(image);
    expect((await remains.read(marker)).loopDevices).toContainEqual({
      name: device,
      backingFile: `${image} (deleted)`,
    });
  });

  it('is each process that names the workspace, but not this one or those above it', async () => {
    const child = await startSleeper(`--work=${directory}/x`);
    const other = await startSleeper('--work=elsewhere');
    const { processes } = await remains.read(marker);
    expect(processes).toContainEqual({
      pid: child.pid,
      command: expect.stringContaining(`--work=${directory}/x`),
    });
    expect(processes.map(({ pid }) => pid)).not.toContain(other.pid);

    const own = readFileSync('/proc/self/cmdline', 'utf8').split('\0')[0] ?? '';
    const pids = (await remains.read(own)).processes.map(({ pid }) => pid);
    expect(pids).not.toContain(process.pid);
    expect(pids).not.toContain(process.ppid);
  });

  it('is the table of mounts', async () => {
    const place = join(directory, 'mount');
    mkdirSync(place);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', place]);
    undo.push(() => execFileSync('umount', [place]));
    expect((await remains.read(marker)).mountinfo).toContain(` ${place} `);
  });
});

describe('the identity of a process', () => {
  it('is its number, its start and the boot', async () => {
    const own = await remains.ownIdentity();
    expect(own.pid).toBe(process.pid);
    expect(own.bootId).toBe(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
    expect(own.startTicks).toBe(await remains.startTicksOf(process.pid));
    expect(own.startTicks).toMatch(/^\d+$/);
  });

  it('is read right although the name of the program has brackets and blanks', async () => {
    const program = join(directory, 'a) b (c');
    execFileSync('cp', ['/bin/sleep', program]);
    const child = spawn(program, ['60'], { stdio: 'ignore' });
    undo.push(async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    });
    await once(child, 'spawn');
    const expected = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ');
    expect(await remains.startTicksOf(child.pid ?? 0)).toBe(expected?.[19]);
  });

  it('is nothing for a process that is gone', async () => {
    const child = await startSleeper('gone');
    await (undo.pop() as () => Promise<void>)();
    expect(await remains.startTicksOf(child.pid ?? 0)).toBeNull();
  });
});
