import type { Problem } from '../errors.ts';
import type { Log } from '../ports/log.ts';

/** The part of a stream that is needed: stderr of the command line. */
export interface TextStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Chapters, and on a terminal one line that shows what is going on; the tool's own lines only if `verbose`. */
export function createTerminalLog(stream: TextStream, now: () => number, verbose: boolean): Log {
  const onTerminal = stream.isTTY === true && !verbose;
  let chapter: { title: string; startMs: number } | null = null;
  let shown = false;
  let current = '';
  let ticking: NodeJS.Timeout | null = null;
  const draw = (): void => {
    const line = `  ${current} (${seconds()})`.slice(0, (stream.columns ?? 80) - 1);
    stream.write(`\r\u001b[K${line}`);
    shown = true;
  };
  const stopTicking = (): void => {
    if (ticking !== null) clearInterval(ticking);
    ticking = null;
  };
  const print = (text: string): void => {
    if (shown) stream.write('\r\u001b[K');
    shown = false;
    stream.write(`${text}\n`);
  };
  const seconds = (): string => `${Math.round((now() - (chapter?.startMs ?? now())) / 1000)} s`;
  const close = (): void => {
    stopTicking();
    if (chapter !== null) print(`  ${chapter.title}: ${seconds()}`);
    chapter = null;
  };
  const printProblem = (kind: string, { code, message, hint }: Problem): void =>
    print(`${kind}: ${message}\n  ${hint} [${code}]`);
  return {
    close,
    chapter: (title) => {
      close();
      chapter = { title, startMs: now() };
      print(`== ${title}`);
    },
    info: (message) => print(`  ${message}`),
    detail: (line) => {
      if (verbose) print(`  ${line}`);
    },
    progress: (message) => {
      if (!onTerminal) return print(`  ${message}`);
      current = message;
      draw();
      // a script may run for a minute: the seconds show that it does
      ticking ??= setInterval(draw, 1000).unref();
    },
    warning: (problem) => printProblem('Warning', problem),
    error: (problem) => printProblem('Error', problem),
  };
}
