import { type LayerManifest, layerFormat, type StoredImage } from '../../../src/model/layers.ts';
import type { CacheEntry } from '../../../src/model/shelf.ts';

/** When the tests of the cache directory happen. */
export const nowMs = Date.parse('2026-11-25T12:00:00Z');
export const dayMs = 86_400_000;

/** An id of 64 hexadecimal digits that begins so. */
export const idOf = (start: string): string => start.padEnd(64, '0');

/** A layer above `parent` (the start of its id), saved and used a number of days ago. */
export function layerManifest(
  start: string,
  parent: string | null,
  overrides: Partial<LayerManifest> = {},
): LayerManifest {
  return {
    format: layerFormat,
    key: idOf(start),
    position: `install.d/${start}`,
    parent: parent === null ? null : { key: idOf(parent), sha256: idOf(`b${parent}`) },
    blob: {
      ...{ sha256: idOf(`b${start}`), sizeBytes: 1000 },
      ...{ treeBytes: 5000, entries: 7, deleted: 1 },
    },
    ...{ resolvConf: 'file', mountHooks: [], mounts: [], observedArchives: [], impureScripts: [] },
    ingredients: {
      architecture: 'amd64',
      'archive http://archive.example.org/debian bookworm-updates': idOf('a1'),
      'archive http://archive.example.org/debian bookworm': idOf('a0'),
    },
    ...{ costMs: 61_000, savedAtMs: nowMs - dayMs },
    ...overrides,
  };
}

/** A layer as it lies in a cache directory. */
export function layerEntry(
  start: string,
  parent: string | null,
  overrides: Partial<CacheEntry> = {},
  manifest: Partial<LayerManifest> = {},
): CacheEntry {
  return {
    ...{ kind: 'layer', id: idOf(start), sizeBytes: 1100, usedAtMs: nowMs - 3_600_000 },
    files: { blob: 1000, 'manifest.json': 100 },
    manifest: layerManifest(start, parent, manifest),
    locked: null,
    ...overrides,
  };
}

export function imageRecord(start: string, overrides: Partial<StoredImage> = {}): StoredImage {
  const record = {
    ...{ builtAt: '2026-11-25T10:00:00.000Z', durationSeconds: 150, buildId: idOf('d') },
    guest: { os: 'debian', release: 'bookworm', architecture: 'amd64' },
    builder: { name: 'trove-image', version: '1.2.3' },
  };
  return {
    ...{ format: layerFormat, id: idOf(start), savedAtMs: nowMs - 7_200_000 },
    files: [{ format: 'qcow2', fileName: 'guest.qcow2', sizeBytes: 2000, sha256: idOf('f') }],
    ...{ manifest: JSON.stringify(record), log: 'the whole log' },
    ...overrides,
  };
}

/** A finished image as it lies in a cache directory. */
export function imageEntry(start: string, overrides: Partial<CacheEntry> = {}): CacheEntry {
  return {
    ...{ kind: 'image', id: idOf(start), sizeBytes: 2300, usedAtMs: nowMs - 60_000 },
    files: { 'guest.qcow2': 2000, 'manifest.json': 300 },
    ...{ manifest: imageRecord(start), locked: null },
    ...overrides,
  };
}
