import type { Element, ElementDigest } from '../model/elements.ts';
import type { HostFacts } from '../model/host.ts';
import type { HookFile } from '../model/layers.ts';

export interface Machine {
  /** Reads the facts anew; workDir and outputDir are absolute paths. */
  read(directories: { workDir: string; outputDir: string; venvDir: string }): Promise<HostFacts>;
}

export interface Elements {
  /** All elements in these directories; the first directory that has a name wins. */
  read(elementsPath: readonly string[]): Promise<readonly Element[]>;
  /** All files of these elements as diskimage-builder puts them into its hooks directory. */
  hookFiles(elements: readonly Pick<Element, 'path'>[]): Promise<readonly HookFile[]>;
  /** Digest of the whole tree of each: names, modes, links and bytes. */
  digest(elements: readonly Pick<Element, 'name' | 'path'>[]): Promise<readonly ElementDigest[]>;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Waits; rejects when the run is cancelled meanwhile. */
export type Sleep = (ms: number) => Promise<void>;

export interface Pace {
  readonly sleep: Sleep;
  /** Calls again and again, one call at a time, whatever becomes of it; `stop` waits for the last one. */
  every(ms: number, body: () => Promise<void>): { stop(): Promise<void> };
}
