import type { Evidence } from './evidence.ts';

export interface Violation {
  readonly path: string;
  readonly reason: string;
}

/** A thing that must hold in every finished image. */
export interface Rule {
  readonly rule: string;
  readonly summary: string;
  readonly find: (evidence: Evidence) => readonly Violation[];
}
