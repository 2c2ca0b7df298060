import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeBootSector } from './boot-sector.ts';

/** How QEMU runs the guest's instructions. */
export type Accelerator = 'kvm' | 'tcg';

export const ACCELERATOR_ARGUMENTS: Readonly<Record<Accelerator, readonly string[]>> = {
  kvm: ['-accel', 'kvm', '-cpu', 'host'],
  tcg: ['-accel', 'tcg,thread=multi', '-cpu', 'max'],
};

const PROBE_LIMIT_MS = 5_000;
/** `out 0xf4, 0x21`: the debug exit device ends QEMU with (0x21 << 1) | 1. */
const EXIT_CODE = [0xb0, 0x21, 0xe6, 0xf4, 0xf4];
const EXIT_STATUS = 67;

/**
 * Picks KVM only if a guest really runs under it: there are machines where the device opens and the
 * guest's first instruction never comes.
 */
export function findAccelerator(): Accelerator {
  return runsGuest('kvm') ? 'kvm' : 'tcg';
}

/** Whether a guest of one instruction ends as it should under this accelerator. */
export function runsGuest(accelerator: Accelerator): boolean {
  const directory = mkdtempSync(join(tmpdir(), 'accelerator-probe-'));
  try {
    const diskPath = join(directory, 'probe.raw');
    writeBootSector(diskPath, EXIT_CODE);
    const { status } = spawnSync(
      'qemu-system-x86_64',
      [
        ['-machine', 'q35', '-m', '64', '-nodefaults', '-display', 'none', '-no-reboot'],
        ACCELERATOR_ARGUMENTS[accelerator],
        ['-device', 'isa-debug-exit,iobase=0xf4,iosize=1'],
        ['-drive', `file=${diskPath},if=virtio,format=raw,snapshot=on`],
      ].flat(),
      { stdio: 'ignore', timeout: PROBE_LIMIT_MS, killSignal: 'SIGKILL' },
    );
    return status === EXIT_STATUS;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
