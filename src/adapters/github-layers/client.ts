import { restoreCache, saveCache } from '@actions/cache';
import { callInTime, ServiceTrouble } from './calls.ts';
import type { Place } from './entries.ts';
import type { Requests } from './requests.ts';

/** How long the cache service may take. */
export interface Deadlines {
  /** For a question. */
  readonly lookupMs: number;
  /** For a download, to which its size adds. */
  readonly downloadMs: number;
  readonly bytesPerSecond: number;
  readonly mostDownloadMs: number;
  /** For one entry in the post step, and for all. */
  readonly uploadMs: number;
  readonly allUploadsMs: number;
}

export const defaultDeadlines: Deadlines = {
  lookupMs: 30_000,
  downloadMs: 60_000,
  bytesPerSecond: 2_000_000,
  mostDownloadMs: 15 * 60_000,
  uploadMs: 120_000,
  allUploadsMs: 10 * 60_000,
};

/** The key of the entry that has this key, or of the newest whose key begins so; null when there is none. */
export async function lookUp(
  place: Place,
  path: string,
  key: string,
  limitMs: number,
): Promise<string | null> {
  const { value, requests } = await callInTime(place, {
    what: 'answer',
    limitMs: () => limitMs,
    ask: () => restoreCache([path], key, [key], { lookupOnly: true }),
    needsArchive: false,
  });
  if (value !== undefined) return value;
  throwServiceTrouble(requests);
  return null;
}

/** Brings an entry to its path in the workspace, where the caller removes it; false when it is gone. */
export async function download(
  place: Place,
  path: string,
  key: string,
  { downloadMs, bytesPerSecond, mostDownloadMs }: Deadlines,
): Promise<boolean> {
  const { value, requests } = await callInTime(place, {
    what: 'send its entry',
    // only the answer tells how much it is
    limitMs: ({ bodyBytes }) =>
      Math.min(downloadMs + (bodyBytes() / bytesPerSecond) * 1000, mostDownloadMs),
    ask: () => restoreCache([path], key),
    needsArchive: false,
  });
  if (value !== undefined) return true;
  throwServiceTrouble(requests);
  if (!requests.movedData()) return false;
  throw new Error(`${key} of the cache service is damaged, or there is no room to unpack it`);
}

/** Uploads what lies at a path of the workspace; throws why it was not saved. */
export async function upload(
  place: Place,
  path: string,
  key: string,
  limitMs: number,
): Promise<void> {
  const { value, requests } = await callInTime(place, {
    what: 'take the entry',
    limitMs: () => limitMs,
    ask: () => saveCache([path], key),
    needsArchive: true,
  });
  if (value !== -1) return;
  // the archive is made before the service is asked
  if (!requests.wereSent()) throw new Error('its archive could not be made: see the lines above');
  if (requests.failed()?.status === 409)
    throw new Error('another job has reserved its key and has not finished the upload');
  throwServiceTrouble(requests);
  throw new Error('the cache service refused it: see the lines above');
}

function throwServiceTrouble(requests: Requests): void {
  const failed = requests.failed();
  if (failed !== null) throw new ServiceTrouble(`trouble with the cache service: ${failed.text}`);
  if (!requests.wereSent()) throw new ServiceTrouble('the cache service could not be asked');
}
