import type { ConsoleLine } from '../../model/guest.ts';
import type { Cause } from '../../model/verify.ts';

interface ConsoleRule {
  readonly cause: Omit<Cause, 'lines'>;
  readonly pattern: RegExp;
  /** What must not have been seen. */
  readonly unless?: RegExp;
}

/** The kernel has named a virtio disk. */
const diskSeen = /\bvd[a-z]: vd[a-z]\d|\[vd[a-z]\] \d+ 512-byte/;

export const noBootloader = {
  code: 'boot-no-bootloader',
  message: 'The firmware found no boot loader on the disk.',
  hint: 'The boot sector is empty or the partition table is gone: build the image again, with the element vm or another one that installs a boot loader.',
};

/** What ends a boot, by the words on the console; the first rule that applies tells the cause. */
const fatalRules: readonly ConsoleRule[] = [
  {
    cause: noBootloader,
    pattern: /No bootable device|not a bootable disk/,
  },
  {
    cause: {
      code: 'boot-loader-stuck',
      message:
        'The boot loader stopped: it does not find its configuration, the kernel or the initial file system.',
      hint: 'Look at /boot and /boot/grub in the image; update-grub and grub-install have to run after the last change of the kernel.',
    },
    pattern: /grub rescue>|^\s*grub>|Entering rescue mode/,
  },
  {
    cause: {
      code: 'boot-no-initramfs',
      message: 'The kernel has no initial file system that it can use, and no root without it.',
      hint: 'The initramfs is missing, cut off or of another kernel: run update-initramfs in the last hook that touches the kernel.',
    },
    pattern: /VFS: (?:Unable to mount root fs|Cannot open root device)/,
  },
  {
    cause: {
      code: 'boot-kernel-panic',
      message: 'The kernel panicked.',
      hint: 'The lines say why. "Attempted to kill init" means that /sbin/init ended or cannot run.',
    },
    pattern: /Kernel panic - not syncing/,
  },
  {
    cause: {
      code: 'boot-no-disk-driver',
      message: 'The initial file system has no driver for the disk: the kernel names none.',
      hint: 'Put the modules virtio_blk and virtio_scsi into the initramfs (MODULES=most in /etc/initramfs-tools/initramfs.conf) and run update-initramfs.',
    },
    pattern: /ALERT!.*does not exist|^\s*\(initramfs\)|Gave up waiting for root/,
    unless: diskSeen,
  },
  {
    cause: {
      code: 'boot-no-root',
      message: 'The disk is there, but not the root file system that the boot loader names.',
      hint: "Compare root= on the kernel's command line with label and UUID of the root file system; update-grub has to run on the finished one.",
    },
    pattern: /ALERT!.*does not exist|^\s*\(initramfs\)|Gave up waiting for root/,
  },
  {
    cause: {
      code: 'boot-emergency-mode',
      message: 'The system went to emergency mode and waits for a person.',
      hint: 'Mostly /etc/fstab names a file system that is not there: the lines before name the unit that failed.',
    },
    pattern:
      /You are in (?:emergency|rescue) mode|Reached target .*emergency\.target|Give root password for maintenance|Entering emergency mode/,
  },
];

/** cloud-init's last word where it found none. */
export const noDatasource = /Datasource DataSourceNone|Used fallback datasource/;

const linesBefore = 6;
const linesAfter = 6;

/** The line that ends a boot for the worse; null when there is none. */
export function findFatal(lines: readonly ConsoleLine[]): ConsoleLine | null {
  const found = fatalRules.flatMap(
    ({ pattern }) => lines.find(({ text }) => pattern.test(text)) ?? [],
  );
  return found.sort((a, b) => a.ms - b.ms)[0] ?? null;
}

/** Why a boot ended, as the console tells it, with the lines around; null when it does not. */
export function explainConsole(lines: readonly ConsoleLine[]): Cause | null {
  for (const { cause, pattern, unless } of fatalRules) {
    const index = lines.findIndex(({ text }) => pattern.test(text));
    if (index < 0 || (unless && lines.some(({ text }) => unless.test(text)))) continue;
    return { ...cause, lines: cutAround(lines, index) };
  }
  return null;
}

/** Lines around one of the console, without those that are empty or say the same again. */
export function cutAround(lines: readonly ConsoleLine[], index: number): readonly string[] {
  const saysMore = ({ text }: ConsoleLine, at: number, all: readonly ConsoleLine[]): boolean =>
    text.trim() !== '' && text !== all[at - 1]?.text;
  const before = lines.slice(0, index + 1).filter(saysMore);
  const after = lines.slice(index + 1).filter(saysMore);
  return [...before.slice(-linesBefore - 1), ...after.slice(0, linesAfter)].map(({ text }) =>
    text.slice(0, 200),
  );
}
