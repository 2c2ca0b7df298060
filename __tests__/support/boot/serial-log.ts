import { appendFileSync, writeFileSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

/** What ends a boot for the worse, by the words that a guest writes on its console. */
export const FAILURES = [
  ['panic', /Kernel panic - not syncing/],
  ['initramfs', /ALERT!.*does not exist|^\s*\(initramfs\)/],
  [
    'emergency',
    /You are in (?:emergency|rescue) mode|Reached target .*emergency\.target|Give root password for maintenance/i,
  ],
  // Its plain errors are not counted: some are printed by loaders that then go on.
  ['bootloader', /grub rescue>|^\s*grub>|Entering rescue mode/],
  ['no bootable device', /No bootable device|This is not a bootable disk/],
] as const satisfies readonly (readonly [string, RegExp])[];

/** What a boot passes on its way, in the order that it should. */
export const MILESTONES = [
  ['firmware', /SeaBIOS \(version/],
  ['kernel', /Linux version \d/],
  ['systemd', /systemd\[1\]: |Welcome to .*!/],
  ['login', /\blogin: *$/],
] as const satisfies readonly (readonly [string, RegExp])[];

export type Failure = (typeof FAILURES)[number][0];
export type Milestone = (typeof MILESTONES)[number][0];

export type SerialEvent =
  | { kind: 'failure'; name: Failure }
  | { kind: 'milestone'; name: Milestone }
  | { kind: 'until'; name: 'until' };

/** Terminal control: colours, cursor moves, and the few two-character sequences that firmware sends. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed
const CONTROL = /\x1b\[[0-9;?]*[A-Za-z]|\x1b[^[]|[\x00-\x08\x0b-\x1f]/g;
const TAIL_LINES = 40;

export interface SerialLog {
  write(chunk: Buffer): void;
  /** Writes down what is left of the last line. */
  end(): void;
  tail(): string;
}

export interface SerialLogOptions {
  path: string;
  until?: RegExp;
  /** Seconds since the power was switched on. */
  readSeconds(): number;
  onEvent(event: SerialEvent): void;
}

/** Writes a guest's console to a file, each line stamped with its second, and tells what it passes. */
export function createSerialLog(options: SerialLogOptions): SerialLog {
  const { path, until, readSeconds, onEvent } = options;
  const decoder = new StringDecoder('utf8');
  const lines: string[] = [];
  let rest = '';
  writeFileSync(path, '');
  const inspect = (line: string): void => {
    for (const [name, pattern] of MILESTONES) {
      if (pattern.test(line)) onEvent({ kind: 'milestone', name });
    }
    for (const [name, pattern] of FAILURES) {
      if (pattern.test(line)) onEvent({ kind: 'failure', name });
    }
    if (until?.test(line)) onEvent({ kind: 'until', name: 'until' });
  };
  const record = (line: string): void => {
    lines.push(line);
    if (lines.length > TAIL_LINES) lines.shift();
    appendFileSync(path, `${readSeconds().toFixed(2).padStart(8)} ${line}\n`);
  };
  return {
    write(chunk) {
      const whole = (rest + decoder.write(chunk)).split('\n');
      rest = whole.pop() ?? '';
      for (const raw of whole) {
        const line = raw.replace(CONTROL, '');
        record(line);
        inspect(line);
      }
      // A prompt is the end of a line that never comes.
      inspect(rest.replace(CONTROL, ''));
    },
    end() {
      if (rest !== '') record(rest.replace(CONTROL, ''));
      rest = '';
    },
    tail: () => [...lines, rest.replace(CONTROL, '')].join('\n').trimEnd(),
  };
}
