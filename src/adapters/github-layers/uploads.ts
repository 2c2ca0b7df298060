import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readServiceMode } from '../../model/cache-service.ts';
import { ServiceLate, ServiceTrouble } from './calls.ts';
import { type Deadlines, defaultDeadlines, lookUp, upload } from './client.ts';
import {
  type Environment,
  entryKinds,
  moveFiles,
  type PendingEntry,
  type PendingUploads,
  type Place,
  readPlace,
  removeFromWorkspace,
} from './entries.ts';

export interface UploadOptions {
  readonly environment: Environment;
  readonly deadlines?: Partial<Deadlines>;
}

/** What became of one entry; `reason` is empty unless it was not saved. */
export interface UploadResult {
  readonly entry: PendingEntry;
  readonly result: 'saved' | 'already-there' | 'not-saved';
  readonly reason: string;
}

interface Uploading {
  readonly place: Place;
  readonly deadlines: Deadlines;
  readonly endMs: number;
  /** Whether this run may ask what is there. */
  readonly reads: boolean;
  /** Keys of layers that are not in the service. */
  readonly lost: Set<string>;
  /** Why the service is not asked any more. */
  stopped: string | null;
}

/** Saves what main left, in the post step, and removes it from the machine. Never throws. */
export async function uploadPending(
  pending: PendingUploads,
  { environment, deadlines }: UploadOptions,
): Promise<readonly UploadResult[]> {
  const limits = { ...defaultDeadlines, ...deadlines };
  const results: UploadResult[] = [];
  try {
    const uploading: Uploading = {
      place: readPlace(environment),
      deadlines: limits,
      endMs: performance.now() + limits.allUploadsMs,
      reads: readServiceMode(environment.ACTIONS_CACHE_MODE ?? '').reads,
      lost: new Set(),
      stopped: explainMode(environment.ACTIONS_CACHE_MODE ?? ''),
    };
    for (const entry of sortEntries(pending.entries))
      results.push(await saveEntry(entry, uploading));
    await removeFromWorkspace(uploading.place);
  } catch (error) {
    const done = new Set(results.map(({ entry }) => entry));
    const left = pending.entries.filter((entry) => !done.has(entry));
    results.push(...left.map((entry) => makeRefusal(entry, (error as Error).message)));
  }
  // the runner empties RUNNER_TEMP after the job, so a refusal is no trouble
  if (pending.directory !== null)
    await rm(pending.directory, { recursive: true, force: true }).catch(() => undefined);
  return results;
}

function explainMode(mode: string): string | null {
  return readServiceMode(mode).writes
    ? null
    : `this run may not write to the cache service (ACTIONS_CACHE_MODE is ${mode.trim()})`;
}

/** Parents before children, trails last: an upload that is cut off leaves nothing that cannot be used. */
function sortEntries(entries: readonly PendingEntry[]): readonly PendingEntry[] {
  const sorted = new Set<PendingEntry>();
  const visiting = new Set<PendingEntry>();
  const visit = (entry: PendingEntry): void => {
    if (visiting.has(entry)) return;
    visiting.add(entry);
    const parent = entries.find(({ kind, key }) => kind === 'layer' && key === entry.parent);
    if (parent !== undefined) visit(parent);
    sorted.add(entry);
  };
  for (const entry of entries) if (entry.kind === 'layer') visit(entry);
  for (const entry of entries) sorted.add(entry);
  return [...sorted];
}

async function saveEntry(entry: PendingEntry, uploading: Uploading): Promise<UploadResult> {
  let result: UploadResult;
  try {
    result = { entry, result: await putInService(entry, uploading), reason: '' };
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof ServiceTrouble) uploading.stopped ??= message;
    result = makeRefusal(entry, message);
  }
  if (result.result === 'not-saved' && entry.kind === 'layer') uploading.lost.add(entry.key);
  return result;
}

const makeRefusal = (entry: PendingEntry, reason: string): UploadResult => ({
  entry,
  result: 'not-saved',
  reason,
});

async function putInService(
  entry: PendingEntry,
  uploading: Uploading,
): Promise<'saved' | 'already-there'> {
  const { place, deadlines, lost, stopped } = uploading;
  if (stopped !== null) throw new Error(stopped);
  if (entry.parent !== null && lost.has(entry.parent))
    throw new Error(`its parent ${entry.parent} was not saved, so it would never be found`);
  const { path, keyPrefix } = entryKinds[entry.kind];
  const key = `${keyPrefix}${entry.key}`;
  const leftMs = (mostMs: number): number =>
    Math.min(mostMs, Math.max(0, uploading.endMs - performance.now()));
  const isThere = async (): Promise<boolean> =>
    uploading.reads && (await lookUp(place, path, key, leftMs(deadlines.lookupMs))) === key;
  if (leftMs(1) === 0) throw new Error('no time was left to upload it');
  // another job may have built the same layer meanwhile
  if (await isThere()) return 'already-there';
  await removeFromWorkspace(place);
  await moveFiles(entry.directory, join(place.workspace, path));
  try {
    await upload(place, path, key, leftMs(deadlines.uploadMs));
    return 'saved';
  } catch (error) {
    // its last answer may have been lost, or another job was faster
    if (!(error instanceof ServiceLate) && (await isThere().catch(() => false)))
      return 'already-there';
    throw error;
  } finally {
    await removeFromWorkspace(place);
  }
}
