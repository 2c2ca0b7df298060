import type { ConsoleLine, GuestEnd, GuestEvidence } from '../../model/guest.ts';
import type { GuestReport } from '../../model/guest-report.ts';
import { createConsole } from './console.ts';
import { findGreeting, parseReport } from './report.ts';

/** Gathers what a guest says, at times since power-on. */
export interface Gathering {
  /** Text of the console, the report or the broker's log; returns the lines of the console that it completed. */
  write(source: string, text: string, ms: number): readonly ConsoleLine[];
  end(end: GuestEnd): void;
  read(): GuestEvidence;
}

/** Begins to gather; `powerOnEpochMs` is when the guest was switched on. */
export function gather(powerOnEpochMs: number): Gathering {
  const console = createConsole();
  const open: Record<string, string> = {};
  let known: Omit<GuestEvidence, 'console'> = {
    ...{ firstReportMs: null, report: null, reportMs: 0, settledMs: null, skewSeconds: 0 },
    ...{ greetingMs: null, lastWordMs: 0, end: null },
  };
  const takeLines = (source: string, text: string): readonly string[] => {
    const lines = `${open[source] ?? ''}${text}`.split('\n');
    open[source] = lines.pop() ?? '';
    return lines;
  };
  const takeReport = (report: GuestReport, ms: number): void => {
    known = {
      ...known,
      report,
      reportMs: ms,
      firstReportMs: known.firstReportMs ?? ms,
      settledMs: isSettled(report) ? (known.settledMs ?? ms) : null,
      skewSeconds: report.epochSeconds - (powerOnEpochMs + ms) / 1000,
    };
  };
  return {
    write: (source, text, ms) => {
      known = { ...known, lastWordMs: ms };
      if (source === 'console') return console.write(text, ms);
      for (const line of takeLines(source, text)) {
        const report = source === 'report' ? parseReport(line) : null;
        if (report !== null) takeReport(report, ms);
        const greeting = source === 'broker' ? findGreeting(line) : null;
        if (greeting !== null)
          known = { ...known, greetingMs: known.greetingMs ?? greeting - powerOnEpochMs };
      }
      return [];
    },
    end: (end) => {
      known = { ...known, end };
    },
    read: () => ({ ...known, console: console.lines() }),
  };
}

/** cloud-init is through, and systemd has nothing left to start. */
const isSettled = ({ cloudInit, system }: GuestReport): boolean =>
  cloudInit.finished && system.jobs.length === 0 && /^(running|degraded)$/.test(system.state);
