import { constants } from 'node:fs';
import { copyFile, lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where the client works: it archives and unpacks paths of the workspace, by way of RUNNER_TEMP. */
export interface Place {
  readonly workspace: string;
  readonly temporaryDir: string;
}

/** One thing that waits for the post step; plain data. */
export interface PendingEntry {
  readonly kind: EntryKind;
  /** The key of the layer, or the slot and time of the trail. */
  readonly key: string;
  /** The key of the layer below, which is uploaded before. */
  readonly parent: string | null;
  readonly sizeBytes: number;
  /** It holds the files of the entry. */
  readonly directory: string;
}

/** What main leaves to the post step; plain data, to be kept in the action's state. */
export interface PendingUploads {
  /** Everything of the store that is outside of the cache service; null as long as there is nothing. */
  readonly directory: string | null;
  readonly entries: readonly PendingEntry[];
}

/** The directory that exists in the workspace as long as an entry comes or goes. */
const root = '.trove-image-cache';

/** An entry's version is the digest of its path: another text, and no entry is ever found again. */
export const entryKinds = {
  layer: { path: `${root}/layer`, keyPrefix: 'trove-image-layer-', document: 'manifest.json' },
  trail: { path: `${root}/trail`, keyPrefix: 'trove-image-trail-', document: 'trail.json' },
} as const;
export type EntryKind = keyof typeof entryKinds;

/** The two directories of the runner; throws when one is not set. */
export function readPlace(environment: Environment): Place {
  const { GITHUB_WORKSPACE: workspace, RUNNER_TEMP: temporaryDir } = environment;
  if (!workspace || !temporaryDir)
    throw new Error(
      'the cache service needs GITHUB_WORKSPACE and RUNNER_TEMP, which a runner sets',
    );
  return { workspace, temporaryDir };
}

/** Removes an entry, or a part of one, from the workspace. */
export async function removeFromWorkspace({ workspace }: Place): Promise<void> {
  await rm(join(workspace, root), { recursive: true, force: true });
}

/** Moves the files of a directory to another, which is made; throws for anything but plain files. */
export async function moveFiles(from: string, to: string): Promise<void> {
  if (!(await lstat(from)).isDirectory()) throw new Error(`${from} is no directory`);
  await mkdir(to, { recursive: true });
  for (const name of await readdir(from)) {
    if (!(await lstat(join(from, name))).isFile()) throw new Error(`${name} is no plain file`);
    await moveFile(join(from, name), join(to, name));
  }
  await rm(from, { recursive: true });
}

/** Moves a file; in a container job, workspace and RUNNER_TEMP are mounts of their own. */
export async function moveFile(from: string, to: string): Promise<void> {
  await rename(from, to).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EXDEV') throw error;
    await copyFile(from, to, constants.COPYFILE_EXCL).catch(async (refused) => {
      if (refused.code !== 'EEXIST') await rm(to, { force: true });
      throw refused;
    });
    await rm(from);
  });
}
