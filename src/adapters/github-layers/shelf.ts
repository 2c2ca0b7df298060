import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LayerManifest, Trail } from '../../model/layers.ts';
import { entryKinds, moveFile, type PendingEntry, type PendingUploads } from './entries.ts';

/** The private directory of the store in RUNNER_TEMP, and what of it waits for the post step. */
export interface Shelf {
  pending(): PendingUploads;
  /** The directory for what came from the service; nothing is there yet. */
  makeRoom(key: string): Promise<string>;
  /** Gives away the blob of a layer that came from the service. */
  takeBlob(key: string, path: string): Promise<void>;
  keepLayer(manifest: LayerManifest, path: string): Promise<void>;
  keepTrail(slot: string, timeMs: number, trail: Trail): Promise<void>;
}

/** Makes the directory when it is first needed; `onPending` is told after each change. */
export function createShelf(
  temporaryDir: string,
  onPending: (pending: PendingUploads) => void,
): Shelf {
  let directory: string | null = null;
  let entries: readonly PendingEntry[] = [];
  const pending = (): PendingUploads => ({ directory, entries });
  const locate = async (name: string): Promise<string> => {
    if (directory === null) {
      directory = await mkdtemp(join(temporaryDir, 'trove-image-cache-'));
      onPending(pending());
    }
    return join(directory, name);
  };
  const clear = async (name: string): Promise<string> => {
    const path = await locate(name);
    await rm(path, { recursive: true, force: true });
    return path;
  };
  const keep = async (entry: PendingEntry, document: LayerManifest | Trail): Promise<void> => {
    const path = join(entry.directory, entryKinds[entry.kind].document);
    await writeFile(path, JSON.stringify(document));
    const others = entries.filter((other) => other.directory !== entry.directory);
    entries = [...others, entry];
    onPending(pending());
  };
  return {
    pending,
    makeRoom: (key) => clear(`found-${key}`),
    takeBlob: async (key, path) => {
      const found = await locate(`found-${key}`);
      await moveFile(join(found, 'blob'), path);
      await rm(found, { recursive: true });
    },
    keepLayer: async (manifest, path) => {
      // the client archives it as this user, and would only say that tar failed
      await access(path, constants.R_OK);
      const { key, parent } = manifest;
      const sizeBytes = (await stat(path)).size;
      const place = await clear(`layer-${key}`);
      await mkdir(place);
      await moveFile(path, join(place, 'blob'));
      const entry = { key, parent: parent?.key ?? null, sizeBytes, directory: place };
      await keep({ kind: 'layer', ...entry }, manifest);
    },
    keepTrail: async (slot, timeMs, trail) => {
      const place = await clear(`trail-${slot}`);
      await mkdir(place);
      const sizeBytes = Buffer.byteLength(JSON.stringify(trail));
      const entry = { key: `${slot}-${timeMs}`, parent: null, sizeBytes, directory: place };
      await keep({ kind: 'trail', ...entry }, trail);
    },
  };
}
