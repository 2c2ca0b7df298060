import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readResidue } from '../../support/residue.ts';

const NOTHING = { mounts: [], loops: [], processes: [], deviceMapper: [], files: [] };

describe('the residue of a build', () => {
  let marker: string;
  let directory: string;
  let undo: (() => unknown)[];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'trove-image-residue test-'));
    marker = basename(directory);
    undo = [];
  });

  afterEach(async () => {
    for (const step of undo.reverse()) await step();
    rmSync(directory, { recursive: true });
    expect(readResidue(marker)).toEqual(NOTHING);
  });

  const attachLoop = (name: string): string => {
    const path = join(directory, name);
    writeFileSync(path, '');
    truncateSync(path, 1024 * 1024);
    const find = ['--find', '--show', path];
    const loop = execFileSync('losetup', find, { encoding: 'utf8' }).trim();
    undo.push(() => execFileSync('losetup', ['--detach', loop]));
    return loop;
  };
  const startSleeper = async (cwd: string, name: string) => {
    const child = spawn('bash', ['-c', 'echo up; exec -a "$0" sleep 60', name], {
      cwd,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    undo.push(() => end(child));
    await once(child.stdout, 'data');
    return child.pid;
  };
  const end = async (child: ChildProcess) => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };

  it('lists the folders left behind, and nothing for another marker', () => {
    expect(readResidue(marker)).toEqual({ ...NOTHING, files: [directory] });
    expect(readResidue(`${marker}-other`)).toEqual(NOTHING);
  });

  it('lists mounts, blanks in their paths included', () => {
    const mountPoint = join(directory, 'mnt');
    mkdirSync(mountPoint);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'scratch', mountPoint]);
    undo.push(() => execFileSync('umount', [mountPoint]));

    expect(readResidue(marker).mounts).toEqual([
      { mountPoint, source: 'scratch', filesystem: 'tmpfs' },
    ]);
  });

  it('lists loop devices by their backing file, also when that is deleted', () => {
    const device = attachLoop('disk.raw');
    const backingFile = join(directory, 'disk.raw');
    expect(readResidue(marker).loops).toEqual([{ device, backingFile }]);

    rmSync(backingFile);
    expect(readResidue(marker).loops).toEqual([
      { device, backingFile: `${backingFile} (deleted)` },
    ]);
  });

  it('lists processes by command line and by working directory', async () => {
    const byCommand = await startSleeper('/', `--work=/tmp/${marker}/x`);
    const byDirectory = await startSleeper(directory, 'sleeper');

    const { processes } = readResidue(marker);

    expect(processes).toContainEqual(
      expect.objectContaining({ pid: byCommand, seenIn: ['command line'] }),
    );
    expect(processes).toContainEqual(
      expect.objectContaining({ pid: byDirectory, seenIn: ['working directory'] }),
    );
  });

  it('lists processes by root', async () => {
    const shell = join(directory, 'root');
    mkdirSync(shell);
    for (const path of ['bin', 'lib', 'lib64', 'usr']) {
      mkdirSync(join(shell, path));
      execFileSync('mount', ['--bind', '-o', 'ro', `/${path}`, join(shell, path)]);
      undo.push(() => execFileSync('umount', [join(shell, path)]));
    }
    const child = spawn('chroot', ['.', 'sleep', '60'], { cwd: shell, stdio: 'ignore' });
    undo.push(() => end(child));
    const deadline = Date.now() + 5000;
    while (readResidue(marker).processes[0]?.commandLine !== 'sleep 60' && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }

    const { processes, mounts } = readResidue(marker);

    expect(processes).toEqual([
      { pid: child.pid, seenIn: ['working directory', 'root'], commandLine: 'sleep 60' },
    ]);
    expect(mounts).toHaveLength(4);
  });

  it('does not take this process or those above it for left ones', () => {
    for (const pid of [process.pid, process.ppid]) {
      const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      expect(commandLine).not.toBe('');

      const pids = readResidue(commandLine).processes.map((one) => one.pid);

      expect(pids).not.toContain(pid);
    }
  });

  it('lists partition nodes of its loop devices and of detached ones, not of foreign ones', () => {
    const mapperDirectory = join(directory, 'mapper');
    mkdirSync(mapperDirectory);
    const own = attachLoop('disk.raw');
    const foreignFile = mkdtempSync(join(tmpdir(), 'residue-foreign-'));
    writeFileSync(join(foreignFile, 'disk.raw'), Buffer.alloc(1024 * 1024));
    const show = ['--find', '--show', join(foreignFile, 'disk.raw')];
    const foreign = execFileSync('losetup', show, { encoding: 'utf8' }).trim();
    undo.push(() => rmSync(foreignFile, { recursive: true }));
    undo.push(() => execFileSync('losetup', ['--detach', foreign]));
    const numbers = readDeviceNumbers(own);
    execFileSync('mknod', [join(mapperDirectory, 'whole'), 'b', ...numbers]);
    symlinkSync(`${own}p1`, join(mapperDirectory, 'linked'));
    symlinkSync('/dev/loop4095p2', join(mapperDirectory, 'stale'));
    symlinkSync(foreign, join(mapperDirectory, 'foreign'));
    writeFileSync(join(mapperDirectory, 'control'), '');

    expect(readResidue(marker, { mapperDirectory }).deviceMapper).toEqual([
      { path: join(mapperDirectory, 'linked'), loop: basename(own) },
      { path: join(mapperDirectory, 'stale'), loop: 'loop4095' },
      { path: join(mapperDirectory, 'whole'), loop: basename(own) },
    ]);
  });
});

function readDeviceNumbers(device: string): string[] {
  const format = ['--format', '%t %T', device];
  return execFileSync('stat', format, { encoding: 'utf8' })
    .trim()
    .split(' ')
    .map((hex) => String(Number.parseInt(hex, 16)));
}
