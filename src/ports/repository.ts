import type { TreeFile } from '../model/matrix.ts';

/** A git repository on this machine. Nothing of it is run, and nothing in it is changed. */
export interface Repository {
  /** Absolute path. */
  readonly root: string;
  /** Where the directory that it was opened by lies in it; empty for the root. */
  readonly prefix: string;
  /** Its history is cut. */
  readonly isShallow: boolean;
  /** The commit that a name stands for; null when there is none here. */
  resolve(name: string): Promise<string | null>;
  /** The commit at which a commit and what is checked out parted; null when history does not tell. */
  findFork(commit: string): Promise<string | null>;
  /** The files of a commit. */
  listCommit(commit: string): Promise<readonly TreeFile[]>;
  /** The files as they lie on the disk; of those that git does not know, only what is below `paths` and not ignored. */
  listDisk(paths: readonly string[]): Promise<readonly TreeFile[]>;
  /** Contents by id, as text; what is missing is left out. */
  readTexts(ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

export interface Repositories {
  /** Opens the repository that a directory lies in, for the time of `body`; null where there is none. */
  use<T>(directory: string, body: (repository: Repository | null) => Promise<T>): Promise<T>;
}
