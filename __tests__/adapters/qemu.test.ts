import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, describe, expect, it } from '@jest/globals';
import { createGuests } from '../../src/adapters/qemu.ts';
import { composeProbe, composeProbeDisk, probeStatus } from '../../src/core/verify/machine.ts';
import { makeSpeakingCode, writeBootSector } from '../support/boot/boot-sector.ts';
import { readResidue } from '../support/residue.ts';

const directory = mkdtempSync(join(tmpdir(), 'qemu-test-'));
afterAll(() => rmSync(directory, { recursive: true }));
const guests = createGuests({ PATH: '/usr/sbin:/usr/bin:/sbin:/bin' });

/** A machine that boots this disk and speaks on its standard output. */
const machineOf = (disk: string): [string, ...string[]] => [
  'qemu-system-x86_64',
  ...['-machine', 'q35,graphics=off', '-accel', 'tcg', '-m', '64'],
  ...['-nodefaults', '-no-reboot', '-display', 'none', '-serial', 'stdio'],
  ...['-drive', `file=${disk},if=virtio,format=raw,snapshot=on`],
];

function start(command: [string, ...string[]], follow: Readonly<Record<string, string>> = {}) {
  const heard: Record<string, string> = {};
  const guest = guests.start(command, {
    follow,
    onText: (source, text) => {
      heard[source] = `${heard[source] ?? ''}${text}`;
    },
  });
  const hear = async (source: string, text: string): Promise<void> => {
    while (!heard[source]?.includes(text)) await wait(20);
  };
  return { guest, heard, hear };
}

describe('a virtual machine', () => {
  const disk = join(directory, 'speaking.raw');
  writeBootSector(disk, makeSpeakingCode('Grüße from the guest\r\n'));

  it('is heard while it runs, and is gone when it was stopped', async () => {
    const { guest, hear } = start(machineOf(disk));
    await hear('console', 'from the guest');
    expect(readResidue(basename(directory), { fileRoots: [] }).processes).toHaveLength(1);
    const end = await guest.stop();
    expect(end).toMatchObject({ exitCode: 0, signal: null });
    expect(await guest.ended).toBe(end);
    expect(readResidue(basename(directory), { fileRoots: [] }).processes).toEqual([]);
  });

  it('writes files that are followed from their beginning to the end', async () => {
    const path = join(directory, 'report');
    const { guest, heard, hear } = start(machineOf(disk), { report: path });
    await hear('console', 'guest');
    appendFileSync(path, 'first €');
    await hear('report', 'first €');
    appendFileSync(path, ', second');
    await hear('report', 'second');
    appendFileSync(path, ', last');
    await guest.stop();
    expect(heard.report).toBe('first €, second, last');
  });

  it('that is killed has ended by that signal', async () => {
    const { guest, hear } = start(machineOf(disk));
    await hear('console', 'guest');
    const [own] = readResidue(basename(directory), { fileRoots: [] }).processes;
    process.kill(own?.pid ?? 0, 'SIGKILL');
    expect(await guest.ended).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
    await guest.stop();
  });

  it('that cannot start says why', async () => {
    const { guest } = start(machineOf(join(directory, 'nothing.raw')));
    const end = await guest.ended;
    expect(end.exitCode).not.toBe(0);
    expect(end.said).toContain('nothing.raw');
  });

  it('whose program is missing has exit code 127', async () => {
    const { guest } = start(['qemu-system-of-nothing']);
    expect(await guest.ended).toMatchObject({ exitCode: 127 });
  });

  it('does not see the environment of this process', async () => {
    const guest = createGuests({ PATH: '/usr/bin:/bin', KEPT: '1' }).start(
      ['sh', '-c', `env > ${join(directory, 'environment')}`],
      { follow: {}, onText: () => undefined },
    );
    await guest.ended;
    const names = readFileSync(join(directory, 'environment'), 'utf8').match(/^\w+(?==)/gm);
    expect(names?.filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name)).sort()).toEqual(
      ['KEPT', 'PATH'],
    );
  });

  it('that shows whether an accelerator works ends with its own status', async () => {
    const probe = join(directory, 'probe.raw');
    appendFileSync(probe, composeProbeDisk());
    const { guest } = start([...composeProbe(probe, 'tcg')]);
    expect((await guest.ended).exitCode).toBe(probeStatus);
  });
});
