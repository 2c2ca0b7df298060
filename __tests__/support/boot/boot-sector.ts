import { writeFileSync } from 'node:fs';

const SECTOR_BYTES = 512;
const CODE_LIMIT_BYTES = 510;
/** The firmware does not boot from disks much smaller than this. */
const DISK_BYTES = 1024 * 1024;
const LOAD_ADDRESS = 0x7c00;

/** Writes a raw disk whose boot sector holds this 16-bit machine code. */
export function writeBootSector(path: string, code: readonly number[]): void {
  if (code.length > CODE_LIMIT_BYTES) {
    throw new Error(`${code.length} bytes do not fit a boot sector of ${CODE_LIMIT_BYTES}`);
  }
  const disk = Buffer.alloc(DISK_BYTES);
  Buffer.from(code).copy(disk);
  disk.writeUInt16BE(0x55aa, SECTOR_BYTES - 2);
  writeFileSync(path, disk);
}

/**
 * Machine code that writes a text to the first serial port and then stands still: the smallest guest
 * that has a serial log. `before` is code to run first.
 */
export function makeSpeakingCode(text: string, before: readonly number[] = []): number[] {
  const length = before.length + makePrintCode(0).length;
  const print = makePrintCode(LOAD_ADDRESS + length);
  return [...before, ...print, ...Buffer.from(text, 'latin1'), 0];
}

/** Machine code that writes what lies at an address, up to the first zero byte, and then stands still. */
export function makePrintCode(address: number): number[] {
  return [
    // Without interrupts the firmware cannot mix in what it still holds back.
    [0xfa], //             cli
    [0x31, 0xc0], //       xor ax, ax
    [0x8e, 0xd8], //       mov ds, ax
    [0xfc], //             cld
    [0xbe, address & 0xff, address >> 8], // mov si, address
    [0xac], //       next: lodsb
    [0x84, 0xc0], //       test al, al
    [0x74, 0x11], //       jz stop
    [0x88, 0xc4], //       mov ah, al
    [0xba, 0xfd, 0x03], // mov dx, line status
    [0xec], //       wait: in al, dx
    [0xa8, 0x20], //       test al, transmitter empty
    [0x74, 0xfb], //       jz wait
    [0x88, 0xe0], //       mov al, ah
    [0xb2, 0xf8], //       mov dl, low byte of the data port
    [0xee], //             out dx, al
    [0xeb, 0xea], //       jmp next
    [0xf4], //       stop: hlt
    [0xeb, 0xfd], //       jmp stop
  ].flat();
}
