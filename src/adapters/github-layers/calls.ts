import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Place, removeFromWorkspace } from './entries.ts';
import { type Requests, watchRequests } from './requests.ts';

/** The service is out of order or refuses us: to ask it again would only take time. */
export class ServiceTrouble extends Error {
  override name = 'ServiceTrouble';
}

/** It did not end in time. */
export class ServiceLate extends ServiceTrouble {
  override name = 'ServiceLate';
}

interface Call<T> {
  /** What the service is to do, for the message when it is late. */
  readonly what: string;
  readonly limitMs: (requests: Requests) => number;
  readonly ask: () => Promise<T>;
  /** The client opens the archive again for each try, and a missing one would end this process. */
  readonly needsArchive: boolean;
}

/** Makes one call of the client and removes what it leaves in RUNNER_TEMP; its result is void after the deadline. */
export async function callInTime<T>(
  place: Place,
  { what, limitMs, ask, needsArchive }: Call<T>,
): Promise<{ readonly value: T; readonly requests: Requests }> {
  const before = new Set(await readdir(place.temporaryDir));
  const startMs = performance.now();
  const { result, requests } = watchRequests(ask);
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    const check = (): void => {
      const limit = limitMs(requests);
      const leftMs = startMs + limit - performance.now();
      if (leftMs > 0) timer = setTimeout(check, leftMs);
      else reject(makeLate(what, limit, requests));
    };
    check();
  });
  const clean = () => removeLeftovers(place.temporaryDir, before);
  try {
    const value = await Promise.race([result, deadline]);
    await clean();
    return { value, requests };
  } catch (error) {
    if (!(error instanceof ServiceLate)) await clean();
    else if (!needsArchive) await removeArchives(place.temporaryDir, before);
    // the client cannot be stopped: what it unpacks or leaves later must not stay
    const cleanAll = () => Promise.all([clean(), removeFromWorkspace(place)]);
    if (error instanceof ServiceLate) void result.then(cleanAll, cleanAll).catch(() => undefined);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function makeLate(what: string, limitMs: number, requests: Requests): ServiceLate {
  const failed = requests.failed();
  const reason = failed === null ? '' : ` (${failed.text})`;
  const seconds = Number((limitMs / 1000).toFixed(1));
  return new ServiceLate(`the cache service did not ${what} within ${seconds} s${reason}`);
}

const archives: readonly string[] = ['cache.tzst', 'cache.tgz'];

/** The directories that the client made since then: it makes one for each call, and leaves it there. */
async function listLeftovers(
  temporaryDir: string,
  before: ReadonlySet<string>,
): Promise<readonly string[]> {
  const isOurs = async (name: string): Promise<boolean> => {
    if (before.has(name) || !/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name))
      return false;
    const held = await readdir(join(temporaryDir, name)).catch(() => null);
    return held?.every((file) => [...archives, 'manifest.txt'].includes(file)) ?? false;
  };
  const found: string[] = [];
  for (const name of await readdir(temporaryDir))
    if (await isOurs(name)) found.push(join(temporaryDir, name));
  return found;
}

async function removeLeftovers(temporaryDir: string, before: ReadonlySet<string>): Promise<void> {
  for (const directory of await listLeftovers(temporaryDir, before))
    await rm(directory, { recursive: true, force: true });
}

/** Without the archive a download that ends late is not unpacked; its directory has to stay until then. */
async function removeArchives(temporaryDir: string, before: ReadonlySet<string>): Promise<void> {
  for (const directory of await listLeftovers(temporaryDir, before))
    for (const name of archives) await rm(join(directory, name), { force: true });
}
