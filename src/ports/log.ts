import type { Problem } from '../errors.ts';

/** Where a person reads what happens. Nothing here throws. */
export interface Log {
  /** Ends the chapter before and begins a new one: a group in a workflow log, a heading in a terminal. */
  chapter(title: string): void;
  /** Ends the last chapter. */
  close(): void;
  info(message: string): void;
  /** A line of the tool that is at work; in a workflow's group, but not on a terminal. */
  detail(line: string): void;
  /** What is going on right now; replaces the line before it on a terminal. */
  progress(message: string): void;
  warning(problem: Problem): void;
  error(problem: Problem): void;
}
