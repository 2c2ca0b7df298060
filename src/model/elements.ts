/** An element as found on the elements path; `scripts` are its hooks by phase (`install` → `['10-x']`). */
export interface Element {
  readonly name: string;
  readonly path: string;
  readonly dependsOn: readonly string[];
  readonly provides: readonly string[];
  readonly scripts: Readonly<Record<string, readonly string[]>>;
  /** Hooks in directories of a phase, which the element install-types links into it (`install` → `['x-source-install/31-x']`). */
  readonly linkedScripts?: Readonly<Record<string, readonly string[]>>;
  /** Names of its `source-repository-*` files. */
  readonly sourceRepositories: readonly string[];
}

export interface ElementDigest {
  readonly name: string;
  readonly path: string;
  readonly sha256: string;
}

/** Phases of diskimage-builder in the order in which they run. */
export const phases = [
  'root',
  'extra-data',
  'pre-install',
  'install',
  'post-install',
  'post-root',
  'block-device',
  'pre-finalise',
  'finalise',
  'cleanup',
] as const;

/** Order of two hooks of a phase, as dib-run-parts has it: `sort -n`, then by bytes. What begins with no number counts as 0. */
export function compareHooks(a: string, b: string): number {
  const byNumber = readNumber(a) - readNumber(b);
  if (byNumber !== 0) return byNumber;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The number that `sort -n` sees: a sign, digits and a fraction, no exponent. */
const readNumber = (name: string): number => Number(/^-?\d*\.?\d*/.exec(name)?.[0]) || 0;
