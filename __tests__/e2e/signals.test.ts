import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { onMachine } from '../support/stand-in/private-machine.ts';
import type { Program } from '../support/stand-in/program.ts';
import { makeNoiseImage } from '../support/stand-in/stand-in.ts';
import {
  type BuildOptions,
  createWorkbench,
  nothing,
  type Workbench,
} from '../support/stand-in/workbench.ts';

let bench: Workbench;

beforeAll(async () => {
  bench = await createWorkbench();
}, 30_000);
afterAll(() => bench.close());

const flags = ['--json', '--verbose'];
const hang = (at: string): Record<string, string> => ({
  STAND_IN_AT: at,
  STAND_IN_DO: 'hang',
  STAND_IN_DISK: 'yes',
});
const start = (name: string, at: string, options: BuildOptions = {}): Program =>
  bench.build(name, { settings: hang(at), flags, ...options });
const running = (script: string): RegExp => new RegExp(`dib-run-parts Running \\S*${script}`);

describe('a build on the command line that gets a signal', () => {
  it.each([
    ['SIGINT', 'root.d/08-debootstrap'],
    ['SIGTERM', 'install.d/01-package-installs'],
    ['SIGHUP', 'finalise.d/50-bootloader'],
  ] as const)(
    'ends at %s in %s with exit code 130, says so, and leaves nothing',
    async (signal, at) => {
      const program = start(signal, at);
      await program.seen(running(at));
      const sentAt = performance.now();
      process.kill(program.child.pid ?? 0, signal);
      const { status, stdout, stderr } = await program.ended;
      expect(performance.now() - sentAt).toBeLessThan(7500);
      expect(status).toBe(130);
      expect(JSON.parse(stdout)).toMatchObject({
        error: { kind: 'cancelled', problems: [{ code: 'cancelled' }] },
      });
      expect(bench.residue(signal, stderr)).toEqual(nothing);
      expect(readdirSync(bench.outputDir(signal)).filter((name) => !name.endsWith('.log'))).toEqual(
        [],
      );
    },
  );

  it('ends at Ctrl-C, which every process of the terminal gets, in the same way', async () => {
    const program = start('group', 'finalise.d/50-bootloader');
    await program.seen(running('50-bootloader'));
    process.kill(-(program.child.pid ?? 0), 'SIGINT');
    const { status, stderr } = await program.ended;
    expect(status).toBe(130);
    expect(bench.residue('group', stderr)).toEqual(nothing);
  });

  it('ends at a signal before diskimage-builder was started, without starting it', async () => {
    bench.archive.fail('InRelease', 'hang', 3);
    const program = start('early', 'root.d/08-debootstrap', { timeLimitMs: 15_000 });
    await program.seen(/Look at the package archives/);
    const sentAt = performance.now();
    process.kill(program.child.pid ?? 0, 'SIGINT');
    const { status, stderr } = await program.ended;
    bench.archive.heal();
    expect({ status, stderr }).toMatchObject({ status: 130 });
    expect(performance.now() - sentAt).toBeLessThan(7500);
    expect(stderr).not.toContain('Building elements');
    expect(bench.residue('early', stderr)).toEqual(nothing);
  });

  it('ends at a signal while it waits for the keyring, without starting diskimage-builder', async () => {
    bench.archive.fail('keyring', 'hang', 1);
    const program = start('keyring', 'root.d/08-debootstrap', {
      within: coverKeyrings,
      timeLimitMs: 15_000,
    });
    await program.seen(/build id/);
    await waitFor(() => bench.archive.requests.some((path) => path.includes('keyring')));
    const sentAt = performance.now();
    process.kill(program.child.pid ?? 0, 'SIGINT');
    const { status, stderr } = await program.ended;
    bench.archive.heal();
    expect({ status, stderr }).toMatchObject({ status: 130 });
    expect(performance.now() - sentAt).toBeLessThan(7500);
    expect(stderr).not.toContain('Building elements');
    expect(bench.residue('keyring', stderr)).toEqual(nothing);
  });

  it('is cancelled, not failed, when the signal comes while the image is written', async () => {
    const image = join(bench.directory, 'noise.raw');
    makeNoiseImage(image, 400);
    const program = bench.build('convert', {
      settings: { STAND_IN_IMAGE: image },
      inputs: { compression: 'zlib' },
      flags,
    });
    await program.seen(/Writing trove-guest-debian-bookworm.qcow2/);
    await new Promise((resolve) => setTimeout(resolve, 700));
    const sentAt = performance.now();
    process.kill(program.child.pid ?? 0, 'SIGINT');
    const { status, stdout, stderr } = await program.ended;
    expect(performance.now() - sentAt).toBeLessThan(7500);
    expect({ status, kind: JSON.parse(stdout).error?.kind }).toEqual({
      status: 130,
      kind: 'cancelled',
    });
    expect(bench.residue('convert', stderr)).toEqual(nothing);
    const left = readdirSync(bench.outputDir('convert'));
    expect(left.filter((name) => !name.endsWith('.log'))).toEqual([]);
  });

  it('ends at once at the second signal; the command clean then clears away what is left', async () => {
    const program = start('twice', 'finalise.d/50-bootloader');
    await program.seen(running('50-bootloader'));
    process.kill(program.child.pid ?? 0, 'SIGINT');
    await program.seen(/Clean up/);
    const sentAt = performance.now();
    process.kill(program.child.pid ?? 0, 'SIGINT');
    const { status, stderr } = await program.ended;
    expect(performance.now() - sentAt).toBeLessThan(500);
    expect(status).toBe(130);

    const clean = await bench.command(['clean', '--work-dir', bench.workDir('twice')]).ended;
    expect(clean.status).toBe(0);
    expect(bench.residue('twice', stderr)).toEqual(nothing);
  });
});

const coverKeyrings = onMachine('mount -t tmpfs none /usr/share/keyrings');

async function waitFor(holds: () => boolean): Promise<void> {
  for (let round = 0; round < 200 && !holds(); round += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(holds()).toBe(true);
}
