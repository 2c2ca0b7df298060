import type { ConsoleLine } from '../../model/guest.ts';

/** Terminal control: colours, cursor moves, the two-character sequences of firmware, and lone control characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed
const control = /\x1b\[[0-9;?]*[A-Za-z]|\x1b[^[]|[\x00-\x08\x0b-\x1f\x7f]/g;
/** What systemd draws anew, twice a second, while it waits. */
const spinner = /^\[[ *]{3,6}\] (?:\(\d+ of \d+\) )?/;
const mostLines = 20_000;
const keptFirst = 2_000;

export interface Console {
  /** Takes what came at this time; returns the lines that were completed by it, without what is drawn anew. */
  write(text: string, ms: number): readonly ConsoleLine[];
  /** All lines; the last one may still grow, as a prompt does. Of a flood the middle is dropped. */
  lines(): readonly ConsoleLine[];
}

/** Makes lines of a console, without terminal control. */
export function createConsole(): Console {
  const lines: ConsoleLine[] = [];
  let open = { ms: 0, text: '' };
  return {
    write: (text, ms) => {
      const [first = '', ...rest] = text.split('\n');
      const parts = [`${open.text}${first}`, ...rest];
      open = { ms, text: parts.pop() ?? '' };
      const whole = parts.map((part) => ({ ms, text: clean(part) }));
      for (const line of whole) {
        if (isSpinner(line) && isSpinner(lines.at(-1))) lines.pop();
        lines.push(line);
      }
      if (lines.length > mostLines) lines.splice(keptFirst, lines.length - mostLines);
      return whole.filter((line) => !isSpinner(line));
    },
    lines: () => (open.text === '' ? lines : [...lines, { ms: open.ms, text: clean(open.text) }]),
  };
}

const isSpinner = (line: ConsoleLine | undefined): boolean => spinner.test(line?.text ?? '');

const clean = (text: string): string => text.replace(control, '').trimEnd();

/** What a boot passes on its way, in the order that it should, and the words that show it. */
export const milestones = [
  { id: 'firmware', pattern: /SeaBIOS \(version/ },
  { id: 'boot-loader', pattern: /GRUB loading|Booting `|Loading Linux / },
  { id: 'kernel', pattern: /Linux version \d/ },
  { id: 'system', pattern: /systemd\[1\]: |Welcome to (?!GRUB).*!/ },
  { id: 'cloud-init', pattern: /[Cc]loud-init v\. ?\S+ running 'init-local'/ },
  { id: 'login', pattern: /^\S+ login:/ },
] as const;

export type Milestone = (typeof milestones)[number]['id'];

/** When each was first seen, in milliseconds since power-on. */
export function findMilestones(
  lines: readonly ConsoleLine[],
): Readonly<Partial<Record<Milestone, number>>> {
  const found = milestones.flatMap(({ id, pattern }) => {
    const line = lines.find(({ text }) => pattern.test(text));
    return line === undefined ? [] : [[id, line.ms] as const];
  });
  return Object.fromEntries(found);
}
