import type { Evidence } from './evidence.ts';

export interface Violation {
  readonly path: string;
  readonly reason: string;
}

/** What an image is meant to be, which decides what must hold in it. */
export interface Expectations {
  readonly agent: 'package' | 'source' | 'per-datastore';
  readonly username: string;
  readonly isDevelopment: boolean;
  /** Names of the inputs whose secrets it holds by intent. */
  readonly holdsSecrets: readonly string[];
}

/** A thing that must hold in every finished image. */
export interface Rule {
  readonly rule: string;
  readonly summary: string;
  readonly find: (evidence: Evidence, expected: Expectations) => readonly Violation[];
}
