import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readVerdict } from '../../src/core/verify/verdict.ts';
import { makeSpeakingCode, writeBootSector } from '../support/boot/boot-sector.ts';
import { projectDirectory } from '../support/checkout.ts';
import { readResidue } from '../support/residue.ts';
import { type Program, startProgram } from '../support/stand-in/program.ts';

const root = mkdtempSync(join(tmpdir(), 'verify-test-'));
afterAll(() => rmSync(root, { recursive: true }));
let directory = root;
beforeEach(() => {
  directory = mkdtempSync(join(root, 'case-'));
  mkdirSync(at('work'));
});
const at = (name: string): string => join(directory, name);

const start = (args: readonly string[]): Program =>
  startProgram(
    [process.execPath, join(projectDirectory, 'bin', 'trove-image'), 'verify', ...args],
    {
      cwd: directory,
      environment: {
        PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
        HOME: directory,
        RUNNER_TEMP: at('work'),
      },
    },
  );
const words = ['--image', 'disk.raw', '--level', 'boot', '--json', '--verbose'];
const run = (...more: readonly string[]) => start([...words, ...more]).ended;
const lastOf = (text: string) => JSON.parse(text.trimEnd().split('\n').at(-1) ?? '');

/** No process, mount, loop device or file is left of a run in this directory. */
async function expectNothingLeft(): Promise<void> {
  // what waits for half a second, and was not asked to end, ends by itself
  await wait(600);
  const { files: _own, ...rest } = readResidue(basename(directory));
  expect(rest).toEqual({ mounts: [], loops: [], processes: [], deviceMapper: [] });
  expect(readdirSync(at('work'))).toEqual([]);
}

describe('a guest that does not come up', () => {
  const silent = makeSpeakingCode('hello\r\n');
  // the keyboard controller resets the machine
  const restarting = [0xb0, 0xfe, 0xe6, 0x64, 0xf4];
  const panicking = makeSpeakingCode('Linux version 6\r\nKernel panic - not syncing: no init\r\n');

  it.each<[string, readonly number[], string, RegExp]>([
    ['has no boot loader', [], 'boot-no-bootloader', /No bootable device|not a bootable disk/],
    ['panics', panicking, 'boot-kernel-panic', /Kernel panic - not syncing: no init/],
    ['says nothing more', silent, 'boot-hangs', /hello/],
    ['starts again', restarting, 'boot-guest-ended', /Booting from Hard Disk/],
  ])(
    'since it %s is told apart, and leaves a verdict and its console',
    async (_, code, cause, line) => {
      if (code.length > 0) writeBootSector(at('disk.raw'), code);
      else writeFileSync(at('disk.raw'), Buffer.alloc(1 << 20));
      const startedAt = performance.now();
      const { status, stdout, stderr } = await run('--timeout', '10');
      expect({ status, stderr }).toMatchObject({ status: 5 });
      expect(performance.now() - startedAt).toBeLessThan(55_000);
      const verdict = readVerdict(readFileSync(at('verify.json'), 'utf8'));
      expect(lastOf(stdout)).toEqual(verdict);
      expect(verdict.causes[0]?.code).toBe(cause);
      expect(verdict.causes[0]?.lines.join('\n')).toMatch(line);
      expect(readFileSync(at('verify-console.log'), 'utf8')).toMatch(line);
      expect(stderr).toMatch(line);
      const unchanged = verdict.checks.find(({ id }) => id === 'image-unchanged');
      expect(unchanged).toMatchObject({ ok: true });
      await expectNothingLeft();
    },
    60_000,
  );
});

describe('a verification that is cut short', () => {
  const begin = async (): Promise<Program> => {
    writeBootSector(at('disk.raw'), makeSpeakingCode('hello\r\n'));
    const program = start([...words, '--timeout', '300']);
    await program.seen(/hello/);
    return program;
  };
  const findQemu = () =>
    readResidue(basename(directory), { fileRoots: [] }).processes.filter(({ commandLine }) =>
      commandLine.startsWith('qemu-system'),
    );

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'by %s ends with exit code 130 and leaves nothing',
    async (signal) => {
      const program = await begin();
      const sentAt = performance.now();
      program.child.kill(signal);
      const { status, stdout } = await program.ended;
      expect(performance.now() - sentAt).toBeLessThan(10_000);
      expect({ status, kind: lastOf(stdout).error.kind }).toEqual({
        status: 130,
        kind: 'cancelled',
      });
      expect(existsSync(at('verify.json'))).toBe(false);
      await expectNothingLeft();
    },
    60_000,
  );

  it('by the end of QEMU is no failure of the image', async () => {
    const program = await begin();
    for (const { pid } of findQemu()) process.kill(pid, 'SIGKILL');
    const { status, stdout } = await program.ended;
    expect(status).toBe(3);
    expect(lastOf(stdout).error.problems[0].code).toBe('qemu-failed');
    expect(existsSync(at('verify.json'))).toBe(false);
    await expectNothingLeft();
  }, 60_000);

  it('by SIGKILL takes its guest along, and the next one tidies up', async () => {
    const program = await begin();
    program.child.kill('SIGKILL');
    await program.ended;
    while (findQemu().length > 0) await wait(50);
    expect(readdirSync(at('work'))).toHaveLength(1);
    expect((await run('--timeout', '5')).status).toBe(5);
    await expectNothingLeft();
  }, 90_000);
});

describe('what cannot be verified', () => {
  const refuse = async (...args: readonly string[]) => {
    const { status, stdout } = await start([...args, '--json']).ended;
    const { problems } = lastOf(stdout).error as { problems: { code: string }[] };
    return { status, codes: problems.map(({ code }) => code) };
  };

  it('is told before anything is started', async () => {
    expect(await refuse()).toEqual({ status: 2, codes: ['bad-input'] });
    expect(await refuse('--image', 'nothing')).toEqual({ status: 2, codes: ['image-not-found'] });
    writeFileSync(at('manifest.json'), '{}');
    expect(await refuse('--image', 'manifest.json')).toEqual({
      status: 2,
      codes: ['image-form-unknown'],
    });
    expect(readdirSync(directory).sort()).toEqual(['manifest.json', 'work']);
  });
});
