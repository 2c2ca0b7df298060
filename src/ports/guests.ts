import type { GuestEnd } from '../model/guest.ts';

export interface GuestOptions {
  /** Files that the machine writes; what is added to them is followed. */
  readonly follow: Readonly<Record<string, string>>;
  /** Text of the console, or of a followed file by its name, as it comes. */
  readonly onText: (source: string, text: string) => void;
}

/** A virtual machine that is switched on. */
export interface GuestProcess {
  /** Resolves when the machine has ended, for whatever reason; never rejects. */
  readonly ended: Promise<GuestEnd>;
  /** Switches it off, by force if it must be; resolves when it is gone and everything it said has been told. */
  stop(): Promise<GuestEnd>;
}

/** Runs virtual machines; they end with this process at the latest. */
export interface Guests {
  /** Starts the command of a machine whose console is its standard output. Exit code 127: it could not be started. */
  start(command: readonly [string, ...string[]], options: GuestOptions): GuestProcess;
}
