import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isFeatureAvailable } from '@actions/cache';
import { readServiceMode } from '../model/cache-service.ts';
import type { LayerStore, TrailStore } from '../ports/layers.ts';
import { ServiceTrouble } from './github-layers/calls.ts';
import { type Deadlines, defaultDeadlines, download, lookUp } from './github-layers/client.ts';
import {
  type EntryKind,
  type Environment,
  entryKinds,
  moveFiles,
  type PendingUploads,
  type Place,
  readPlace,
  removeFromWorkspace,
} from './github-layers/entries.ts';
import { createShelf } from './github-layers/shelf.ts';

export interface GithubLayersOptions {
  /** The process's own: the client of the service reads it as well. */
  readonly environment: Environment;
  readonly now: () => number;
  readonly deadlines?: Partial<Deadlines>;
  /** Told after each change: a build may be killed at any moment, and the post step uploads and cleans. */
  readonly onPending?: (pending: PendingUploads) => void;
}

export interface GithubLayers extends LayerStore, TrailStore {
  /** What the post step has to upload and to remove. */
  pending(): PendingUploads;
}

/** Gives the document of an entry whose files are then in the directory; null when there is none. */
type Retrieve = (kind: EntryKind, key: string, makeRoom: () => Promise<string>) => Promise<unknown>;

/** Far more than a manifest or a trail needs. */
const mostDocumentBytes = 16 * 1024 * 1024;

/** Whether this process can reach the cache service: only actions can, a `run` step is given no token for it. */
export function isGithubCacheAvailable(environment: Environment): boolean {
  const { ACTIONS_RUNTIME_TOKEN, GITHUB_WORKSPACE, RUNNER_TEMP } = environment;
  const isAction = Boolean(ACTIONS_RUNTIME_TOKEN && GITHUB_WORKSPACE && RUNNER_TEMP);
  return isAction && isFeatureAvailable();
}

/**
 * Layers and trails in the cache service of GitHub. What is stored waits for the post step (`uploadPending`). The first
 * trouble of the service is thrown; from then on nothing is found or kept, for a build must not wait for each layer.
 * Without `zstd` on the path nothing is found that was saved with it: the client makes compression a part of the version.
 */
export function createGithubLayers(options: GithubLayersOptions): GithubLayers {
  const { environment, now, deadlines, onPending = () => undefined } = options;
  const place = readPlace(environment);
  const shelf = createShelf(place.temporaryDir, onPending);
  const limits = { ...defaultDeadlines, ...deadlines };
  const { reads } = readServiceMode(environment.ACTIONS_CACHE_MODE ?? '');
  let isOutOfOrder = false;
  let turn: Promise<unknown> = Promise.resolve();
  const retrieve: Retrieve = (kind, key, makeRoom) => {
    const work = async (): Promise<unknown> => {
      if (!reads || isOutOfOrder) return null;
      try {
        return await bring(place, limits, kind, key, makeRoom);
      } catch (error) {
        isOutOfOrder ||= error instanceof ServiceTrouble;
        throw error;
      }
    };
    // all entries use the same path of the workspace
    const result = turn.then(work);
    turn = result.catch(() => undefined);
    return result;
  };
  return {
    pending: shelf.pending,
    find: async (key) => retrieve('layer', checkName(key), () => shelf.makeRoom(key)),
    fetch: async ({ key }, path) => shelf.takeBlob(checkName(key), path),
    store: async (manifest, path) => {
      checkName(manifest.key);
      if (isOutOfOrder) await rm(path, { force: true });
      else await shelf.keepLayer(manifest, path);
    },
    readTrail: async (slot) =>
      retrieve('trail', `${checkName(slot)}-`, () => shelf.makeRoom(`trail-${slot}`)),
    writeTrail: async (slot, trail) => {
      checkName(slot);
      if (!isOutOfOrder) await shelf.keepTrail(slot, now(), trail);
    },
  };
}

/** Keys and slots become parts of paths and of keys, where a comma is not allowed. */
function checkName(name: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._+-]{0,200}$/.test(name))
    throw new Error(`${JSON.stringify(name)} is no name of a cache entry`);
  return name;
}

async function bring(
  place: Place,
  deadlines: Deadlines,
  kind: EntryKind,
  key: string,
  makeRoom: () => Promise<string>,
): Promise<unknown> {
  const { path, keyPrefix, document } = entryKinds[kind];
  const wanted = `${keyPrefix}${key}`;
  const found = await lookUp(place, path, wanted, deadlines.lookupMs);
  if (found === null || !isAnswer(kind, wanted, found)) return null;
  const directory = await makeRoom();
  try {
    await removeFromWorkspace(place);
    if (!(await download(place, path, found, deadlines))) return null;
    await moveFiles(join(place.workspace, path), directory);
    return await readDocument(join(directory, document), found);
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  } finally {
    await removeFromWorkspace(place);
  }
}

/** The service takes every key for the beginning of one; the key of a trail ends with its time. */
function isAnswer(kind: EntryKind, wanted: string, found: string): boolean {
  if (kind === 'layer') return found === wanted;
  return found.startsWith(wanted) && /^\d+$/.test(found.slice(wanted.length));
}

async function readDocument(path: string, key: string): Promise<unknown> {
  if ((await stat(path)).size > mostDocumentBytes)
    throw new Error(`the description of ${key} in the cache service is too long`);
  const text = await readFile(path, 'utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`the description of ${key} in the cache service is not JSON`, { cause: error });
  }
}
