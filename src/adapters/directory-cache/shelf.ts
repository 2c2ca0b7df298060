import { lstat, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CacheEntry, Swept } from '../../model/shelf.ts';
import { folderOf, type Kind } from './place.ts';

const hourMs = 3_600_000;
/** Keys and ids are digests. What has another name is nobody's entry: a wrong `--cache-path` costs no other files. */
const entryName = /^[0-9a-f]{64}$/;
const stagingName = /^new-[A-Za-z0-9]{6}$/;

/** All entries of a kind. */
export async function listEntries(root: string, kind: Kind): Promise<readonly CacheEntry[]> {
  const folder = folderOf(root, kind);
  const found = await readdir(folder, { withFileTypes: true }).catch(orNone);
  const ids = found.filter((each) => each.isDirectory() && entryName.test(each.name));
  const entries = await Promise.all(
    ids.map(({ name }) => readEntry(kind, name, join(folder, name))),
  );
  return entries.filter((entry) => entry !== null);
}

async function readEntry(kind: Kind, id: string, path: string): Promise<CacheEntry | null> {
  try {
    const names = await readdir(path);
    const sizes = await Promise.all(
      names.map(async (name) => [name, (await lstat(join(path, name))).size] as const),
    );
    const hasManifest = names.includes('manifest.json');
    const manifestPath = join(path, 'manifest.json');
    const text = hasManifest ? await readFile(manifestPath, 'utf8') : '';
    const { mtimeMs } = await stat(hasManifest ? manifestPath : path);
    return {
      ...{ kind, id, locked: null, usedAtMs: Math.round(mtimeMs) },
      sizeBytes: sizes.reduce((sum, [, size]) => sum + size, 0),
      files: Object.fromEntries(sizes),
      manifest: parse(text),
    };
  } catch (error) {
    // another build removed it meanwhile
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    return describeLocked(kind, id, path, error as Error);
  }
}

async function describeLocked(
  kind: Kind,
  id: string,
  path: string,
  { message }: Error,
): Promise<CacheEntry | null> {
  const found = await stat(path).catch(() => null);
  if (found === null) return null;
  const usedAtMs = Math.round(found.mtimeMs);
  return { kind, id, usedAtMs, sizeBytes: 0, files: {}, manifest: null, locked: message };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** What lies in the staging directory for long was left by a build that died; what another user left stays. */
export async function sweepStaging(root: string): Promise<Swept> {
  const folder = join(root, 'staging');
  let count = 0;
  let sizeBytes = 0;
  const names: readonly string[] = await readdir(folder).catch(orNone);
  for (const name of names.filter((each) => stagingName.test(each))) {
    const path = join(folder, name);
    const { usedAtMs, bytes } = await measure(path);
    if (Date.now() - usedAtMs < hourMs) continue;
    const gone = await rm(path, { recursive: true, force: true }).then(
      () => true,
      () => false,
    );
    if (!gone) continue;
    count += 1;
    sizeBytes += bytes;
  }
  return { count, sizeBytes };
}

/** Size, and when somebody last wrote: a large file is copied for long into a directory that does not change. */
async function measure(path: string): Promise<{ usedAtMs: number; bytes: number }> {
  const facts = await lstat(path).catch(() => null);
  if (facts === null) return { usedAtMs: Date.now(), bytes: 0 };
  const names = facts.isDirectory() ? await readdir(path).catch(() => []) : [];
  const inside = await Promise.all(names.map((name) => measure(join(path, name))));
  const isFile = facts.isFile();
  return inside.reduce(
    (sum, each) => ({
      usedAtMs: Math.max(sum.usedAtMs, each.usedAtMs),
      bytes: sum.bytes + each.bytes,
    }),
    { usedAtMs: facts.mtimeMs, bytes: isFile ? facts.size : 0 },
  );
}

/** Nothing where there is no directory; everything else is trouble. */
function orNone(error: NodeJS.ErrnoException): [] {
  if (error.code === 'ENOENT') return [];
  throw error;
}
