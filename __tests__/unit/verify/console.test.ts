import { describe, expect, it } from '@jest/globals';
import { createConsole, findMilestones } from '../../../src/core/verify/console.ts';
import { explainConsole, findFatal } from '../../../src/core/verify/console-causes.ts';

const read = (...parts: readonly string[]) => {
  const console = createConsole();
  for (const [index, part] of parts.entries()) console.write(part, index * 1000);
  return console.lines();
};
const texts = (...parts: readonly string[]) => read(...parts).map(({ text }) => text);

describe('a console', () => {
  it('becomes lines, whatever the pieces that it comes in', () => {
    expect(texts('one\r\ntw', 'o\nthr', 'ee')).toEqual(['one', 'two', 'three']);
  });

  it('has each line at the time at which it was complete', () => {
    expect(read('a\nb', 'c\nd').map(({ ms }) => ms)).toEqual([0, 1000, 1000]);
  });

  it('loses colours, cursor moves and control characters', () => {
    const line =
      '\u001b[K[\u001b[0;32m  OK  \u001b[0m] Started \u001b[0;1;39mssh\u001b[0m.\u0007\r\n';
    expect(texts(line)).toEqual(['[  OK  ] Started ssh.']);
    expect(texts('\u001b[2J\u001bcGRUB\n')).toEqual(['GRUB']);
  });

  it('hands over what a piece completed, but not what systemd draws anew', () => {
    const console = createConsole();
    expect(console.write('a\n[  *** ] (1 of 2) A start job is running\nb', 5)).toEqual([
      { ms: 5, text: 'a' },
    ]);
    expect(console.write('\n', 6)).toEqual([{ ms: 6, text: 'b' }]);
  });

  it('keeps the last of what systemd draws anew', () => {
    const wait = (seconds: number) => `[ ***  ] A start job is running (${seconds}s / no limit)\n`;
    expect(texts('a\n', wait(1), wait(2), wait(3), 'b\n')).toEqual([
      'a',
      '[ ***  ] A start job is running (3s / no limit)',
      'b',
    ]);
  });

  it('keeps the beginning and the end of a flood', () => {
    const flood = Array.from({ length: 30_000 }, (_, index) => `line ${index}`);
    const kept = texts(`${flood.join('\n')}\n`);
    expect(kept).toHaveLength(20_000);
    expect([kept[0], kept.at(-1)]).toEqual(['line 0', 'line 29999']);
  });

  it('shows milestones, also where the kernel speaks into the prompt', () => {
    const lines = read(
      'SeaBIOS (version 1.16)\n',
      'Welcome to GRUB!\n',
      '[    0.000000] Linux version 6.1.0\n',
      '[    9.1] systemd[1]: Inserted module\n',
      'guest login: [  131.3] Bridge firewalling registered\n',
    );
    expect(findMilestones(lines)).toEqual({ firmware: 0, kernel: 2000, system: 3000, login: 4000 });
  });
});

describe('a console that tells why the boot ended', () => {
  it.each([
    ['No bootable device.', 'boot-no-bootloader'],
    ['grub rescue> ', 'boot-loader-stuck'],
    ['[ 1.2] VFS: Cannot open root device "sda1"', 'boot-no-initramfs'],
    ['[ 9.9] Kernel panic - not syncing: Attempted to kill init!', 'boot-kernel-panic'],
    ['ALERT!  LABEL=x does not exist.  Dropping to a shell!', 'boot-no-disk-driver'],
    ['[ 2.1]  vda: vda1\nALERT!  LABEL=x does not exist.', 'boot-no-root'],
    ['You are in emergency mode. After logging in', 'boot-emergency-mode'],
  ])('with %j: %s', (text, code) => {
    const lines = read('before\n', text);
    expect(explainConsole(lines)?.code).toBe(code);
    expect(explainConsole(lines)?.lines).toEqual(['before', ...text.trimEnd().split('\n')]);
    expect(findFatal(lines)).not.toBeNull();
  });

  it.each([
    'error: no such device: recordfail.',
    '[  OK  ] Stopped target emergency.target',
    'panic=10 is set',
    "Press `e' to edit, `c' for a command-line. grub>",
  ])('is not one with %j', (text) => {
    expect(findFatal(read(`${text}\n`))).toBeNull();
  });
});
