import { mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { createCommands } from '../../src/adapters/commands.ts';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const commands = createCommands({ PATH, KEPT: 'kept' }, true);
const directory = mkdtempSync(join(tmpdir(), 'commands-test-'));
afterAll(() => rmSync(directory, { recursive: true }));

describe('a command', () => {
  it('gives exit code, standard output and standard error', async () => {
    const result = await commands.run(['sh', '-c', 'echo out; echo err >&2; exit 3']);
    expect(result).toEqual({ exitCode: 3, stdout: 'out\n', stderr: 'err\n' });
  });

  it('gets its arguments as they are: no shell looks at them', async () => {
    const odd = ['a b', '$HOME', '$(echo x)', '"', "'", '\\', '', '-n', 'line\nbreak', 'ü*?;|&'];
    const { stdout } = await commands.run(['printf', '%s\\0', ...odd]);
    expect(stdout.split('\0').slice(0, -1)).toEqual(odd);
  });

  it('sees the environment that it is given and nothing of ours', async () => {
    process.env.STRAY = 'stray';
    const { stdout } = await commands.run(['env'], { environment: { ADDED: 'added' } });
    delete process.env.STRAY;
    expect(stdout.trim().split('\n').sort()).toEqual(['ADDED=added', 'KEPT=kept', `PATH=${PATH}`]);
  });

  it('is looked up in that environment, not in ours', async () => {
    const ours = process.env.PATH;
    process.env.PATH = directory;
    writeFileSync(join(directory, 'losetup'), '#!/bin/sh\necho trap\n', { mode: 0o755 });
    const { stdout } = await commands.run(['losetup', '--version']);
    process.env.PATH = ours;
    expect(stdout).toMatch(/^losetup from util-linux/);
  });

  it('that is not there has exit code 127 and says which', async () => {
    const result = await commands.run(['no-such-program']);
    expect(result).toMatchObject({
      exitCode: 127,
      stderr: expect.stringMatching('no-such-program'),
    });
  });

  it('that was killed does not have exit code 0', async () => {
    const { exitCode } = await commands.run(['sh', '-c', 'kill -KILL $$']);
    expect(exitCode).not.toBe(0);
  });

  it('hands over every line of both streams as it comes, also the last one without an end', async () => {
    const lines: string[] = [];
    const result = await commands.run(
      ['sh', '-c', 'echo one; sleep 0.1; echo two >&2; sleep 0.1; printf "thr"; printf "ee"'],
      { onLine: (line) => lines.push(line) },
    );
    expect(lines).toEqual(['one', 'two', 'three']);
    expect(result).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });

  it('keeps characters whole that arrive in two pieces', async () => {
    const { stdout } = await commands.run([
      'sh',
      '-c',
      "printf '\\303'; sleep 0.1; printf '\\274'",
    ]);
    expect(stdout).toBe('ü');
  });

  it('keeps them whole in lines, too', async () => {
    const lines: string[] = [];
    await commands.run(['sh', '-c', "printf 'a\\303'; sleep 0.1; printf '\\274z\\n'"], {
      onLine: (line) => lines.push(line),
    });
    expect(lines).toEqual(['aüz']);
  });

  it('is not given our own standard input', async () => {
    const { stdout } = await commands.run(['readlink', '/proc/self/fd/0']);
    expect(stdout.trim()).toMatch(/^(socket|pipe):|^\/dev\/null$/);
    expect(stdout.trim()).not.toBe(readlinkSync('/proc/self/fd/0'));
  });

  it('may end before we look at it, many times at once', async () => {
    const runs = Array.from({ length: 100 }, () => commands.run(['true']));
    const exitCodes = (await Promise.all(runs)).map(({ exitCode }) => exitCode);
    expect(exitCodes.filter((exitCode) => exitCode !== 0)).toEqual([]);
  });

  it('that leaves a process behind which holds its output is waited for no longer than needed', async () => {
    const startedAt = performance.now();
    const { stdout } = await commands.run(['sh', '-c', 'sleep 25 & echo $!']);
    expect(performance.now() - startedAt).toBeLessThan(15_000);
    process.kill(Number(stdout), 'SIGKILL');
  });

  it('hands over a million lines in bounded time', async () => {
    let count = 0;
    const startedAt = performance.now();
    await commands.run(['seq', '1000000'], {
      onLine: () => {
        count += 1;
      },
    });
    expect(count).toBe(1_000_000);
    expect(performance.now() - startedAt).toBeLessThan(20_000);
  });
});

describe('a command as root', () => {
  it('is started by sudo for others, which never asks for a password', async () => {
    const user = createCommands({ PATH: directory }, false);
    writeFileSync(join(directory, 'sudo'), '#!/bin/sh\necho "$@"\n', { mode: 0o755 });
    expect(await user.run(['id', '-u'], { asRoot: true })).toMatchObject({
      stdout: '--non-interactive -- id -u\n',
    });
  });

  it('is started as it is for root', async () => {
    expect(await commands.run(['id', '-u'], { asRoot: true })).toMatchObject({ stdout: '0\n' });
  });
});
