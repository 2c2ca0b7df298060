/** One script of a phase; times are milliseconds since the build began, `endMs` null while it runs or if it failed. */
export interface ScriptRun {
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number | null;
}

export interface PhaseRun {
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly scripts: readonly ScriptRun[];
}

/** What has been read in the log so far. */
export interface Timeline {
  readonly phases: readonly PhaseRun[];
  /** The newest lines since the running script began, oldest first. */
  readonly tail: readonly string[];
}

/** Why a build failed, as far as its log tells. */
export interface Diagnosis {
  readonly phase: string | null;
  readonly script: string | null;
  readonly element: string | null;
  /** File of the script on this machine, if the element was found. */
  readonly file: string | null;
  readonly exitCode: number;
  readonly lines: readonly string[];
  readonly cause: { readonly code: string; readonly message: string; readonly hint: string } | null;
}
