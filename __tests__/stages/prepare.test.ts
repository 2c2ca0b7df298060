import { describe, expect, it } from '@jest/globals';
import type { HostFacts } from '../../src/model/host.ts';
import type { Machine } from '../../src/ports/machine.ts';
import { prepare } from '../../src/stages/prepare.ts';
import { healthyHost, hostFacts, hostWithout } from '../unit/support/host.ts';
import { inputsOf, type RawInputs } from '../unit/support/inputs.ts';
import { fakeCommands, fakeLog } from './fakes.ts';

const own = {
  elementsDir: '/own/elements',
  hostDir: '/own/host',
  venvDir: '/cache/venv',
  cacheDir: '/cache',
};
const without = hostFacts({ diskimageBuilder: null });
const inVenv = hostFacts({
  diskimageBuilder: {
    ...healthyHost.diskimageBuilder,
    executable: '/cache/venv/bin/disk-image-create',
    from: 'venv',
  },
});

/** A machine that looks different each time that it is read; the last look stays. */
const machineOf = (...looks: readonly HostFacts[]): Machine & { reads: number } => ({
  reads: 0,
  async read() {
    const look = looks[Math.min(this.reads, looks.length - 1)];
    this.reads += 1;
    return look as HostFacts;
  },
});
function start(
  machine: Machine,
  raw: RawInputs = {},
  answers: Parameters<typeof fakeCommands>[0] = [],
) {
  const commands = fakeCommands(answers);
  const log = fakeLog();
  return { run: prepare({ commands, log, machine }, inputsOf(raw), own, null), commands, log };
}

describe('preparing the machine', () => {
  it('changes nothing on one that has everything', async () => {
    const machine = machineOf(hostFacts());
    const { run, commands } = start(machine);
    await run;
    expect(commands.started).toEqual([]);
    expect(machine.reads).toBe(1);
  });

  it('installs missing tools with one apt call as root, and looks again', async () => {
    const machine = machineOf(hostWithout('qemu-img', 'kpartx'), hostFacts());
    const { run, commands } = start(machine);
    await run;
    expect(commands.started).toEqual([
      expect.stringMatching(/^# apt-get update/),
      expect.stringMatching(
        /^# env DEBIAN_FRONTEND=noninteractive apt-get install .* kpartx qemu-utils$/,
      ),
    ]);
    expect(machine.reads).toBe(2);
  });

  it('installs diskimage-builder from pinned files when a Python index answers', async () => {
    const { run, commands } = start(machineOf(without, inVenv));
    const { host } = await run;
    expect(host.diskimageBuilder?.from).toBe('venv');
    const pip = commands.started.filter((line) => line.includes('--require-hashes'));
    expect(pip).toHaveLength(2);
    for (const line of pip) expect(line).toMatch(/^\/cache\/venv\/bin\/python -m pip install/);
    expect(commands.started).toContain('/usr/bin/python3 -m venv --clear /cache/venv');
  });

  it('takes the package of the distribution when no Python index answers', async () => {
    const { run, commands } = start(machineOf(without, hostFacts()), {}, [
      [/index versions/, { exitCode: 1 }],
    ]);
    await run;
    expect(commands.started.at(-1)).toMatch(/apt-get install .*python3-diskimage-builder$/);
    expect(commands.started.join()).not.toContain('venv');
  });

  it('takes the package, with a warning, when pip fails', async () => {
    const { run, commands, log } = start(machineOf(without, hostFacts()), {}, [
      [/require-hashes/, { exitCode: 1, stderr: 'a\nERROR: no matching distribution\n' }],
    ]);
    await run;
    expect(log.problems).toMatchObject([
      { code: 'pip-failed', message: expect.stringContaining('no matching distribution') },
    ]);
    expect(commands.started.at(-1)).toMatch(/apt-get install .*python3-diskimage-builder$/);
  });

  it('is an error when pip was asked for and fails', async () => {
    const { run } = start(machineOf(without), { install: 'pip' }, [
      [/require-hashes/, { exitCode: 1, stderr: 'ERROR: broken\n' }],
    ]);
    await expect(run).rejects.toMatchObject({ kind: 'host', problems: [{ code: 'pip-failed' }] });
  });

  it('is an error with the words of apt when apt fails', async () => {
    const lines = ['Reading package lists...', 'E: Unable to locate package qemu-utils'];
    const { run } = start(machineOf(hostWithout('qemu-img')), {}, [
      [/apt-get install/, { exitCode: 100, lines }],
    ]);
    await expect(run).rejects.toMatchObject({
      kind: 'host',
      problems: [
        {
          code: 'apt-failed',
          message: 'apt-get could not install qemu-utils: E: Unable to locate package qemu-utils',
        },
      ],
    });
  });

  it('is an error when something is missing still after it was installed', async () => {
    const { run } = start(machineOf(hostWithout('qemu-img')));
    await expect(run).rejects.toMatchObject({
      kind: 'host',
      problems: [{ code: 'tool-missing', message: expect.stringContaining('qemu-img') }],
    });
  });

  it('installs nothing on a machine that is not fit anyway', async () => {
    const unfit = hostFacts({ memoryAvailableBytes: 1, diskimageBuilder: null });
    const { run, commands } = start(machineOf(unfit), { install: 'apt' });
    await expect(run).rejects.toMatchObject({ problems: [{ code: 'no-memory' }] });
    expect(commands.started).toEqual([]);
  });

  it('installs nothing when that is forbidden, and tells all that is missing', async () => {
    const { run, commands } = start(machineOf(hostWithout('qemu-img', 'zstd')), {
      install: 'none',
    });
    await expect(run).rejects.toMatchObject({
      problems: [{ code: 'tool-missing' }, { code: 'tool-missing' }],
    });
    expect(commands.started).toEqual([]);
  });
});
