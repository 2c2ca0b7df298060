import { alignRows, showBytes, showName } from '../core/diff/spelling.ts';
import { describeAge } from '../core/layers/explain.ts';
import { chooseGarbage, chooseRemovals, findItems } from '../core/shelf/choose.ts';
import { renderDetail } from '../core/shelf/detail.ts';
import { asFields, parseRecord, readShelf } from '../core/shelf/items.ts';
import { renderRemoved, renderShelf, sortAsTree, sumBytes } from '../core/shelf/text.ts';
import { failure, type Problem } from '../errors.ts';
import type { Removal, ShelfItem, ShelfRequest, Swept } from '../model/shelf.ts';
import type { CacheShelf } from '../ports/cache.ts';
import type { Clock } from '../ports/machine.ts';
import { removeEntries } from '../stages/trim-cache.ts';

export interface ShelfPorts {
  readonly shelf: CacheShelf;
  readonly clock: Clock;
}

/** What `trove-image cache` says: for people, for programs, and what could not be done. */
export interface ShelfAnswer {
  readonly text: string;
  readonly json: object;
  readonly problems: readonly Problem[];
}

const spelling = { alignRows, showBytes, showName, describeAge };

/** Shows or tidies a cache directory. */
export async function tendCache(
  ports: ShelfPorts,
  request: ShelfRequest,
  signal: AbortSignal,
): Promise<ShelfAnswer> {
  const { action, cachePath } = request;
  const nowMs = ports.clock.now();
  const swept = action.name === 'gc' ? await ports.shelf.sweep() : null;
  const entries = await ports.shelf.list();
  const items = readShelf(entries);
  switch (action.name) {
    case 'ls': {
      const { mostBytes } = action;
      const totalBytes = sumBytes(items);
      const sorted = sortAsTree(items).map(({ item }) => item);
      return {
        text: renderShelf({ cachePath, items, mostBytes, nowMs }, spelling),
        json: { cachePath, totalBytes, mostBytes, entries: sorted },
        problems: [],
      };
    }
    case 'show': {
      const [item] = findItems(items, [action.id]) as readonly [ShelfItem];
      const { manifest } = entries[items.indexOf(item)] ?? { manifest: null };
      const above = items.filter(({ kind, parent }) => kind === 'layer' && parent === item.id);
      const layersAbove = item.kind === 'layer' ? above.map(({ id }) => id) : [];
      return {
        text: renderDetail({ item, manifest, items, nowMs }, spelling),
        json: { cachePath, entry: item, layersAbove, manifest: openManifest(item, manifest) },
        problems: [],
      };
    }
    case 'rm': {
      const removals = chooseRemovals(items, action.selection, nowMs);
      return takeAway(ports, { request, items, removals, swept, mostBytes: null, signal });
    }
    case 'gc': {
      const { mostBytes } = action;
      const removals = chooseGarbage(items, mostBytes);
      return takeAway(ports, { request, items, removals, swept, mostBytes, signal });
    }
  }
}

/** The record of an image is kept as text, and its log would hide the rest. */
function openManifest(item: ShelfItem, manifest: unknown): unknown {
  if (item.kind === 'layer') return manifest;
  const { log: _log, manifest: record, ...fields } = asFields(manifest);
  return { ...fields, manifest: parseRecord(record) };
}

interface TakeAway {
  readonly request: ShelfRequest;
  readonly items: readonly ShelfItem[];
  readonly removals: readonly Removal[];
  readonly swept: Swept | null;
  readonly mostBytes: number | null;
  readonly signal: AbortSignal;
}

async function takeAway(ports: ShelfPorts, what: TakeAway): Promise<ShelfAnswer> {
  const { request, items, swept, mostBytes, signal } = what;
  const { cachePath } = request;
  const done = await removeEntries(ports.shelf, what.removals, signal);
  if (signal.aborted) {
    const message = `Cancelled when ${done.removed.length} of ${what.removals.length} entries were removed.`;
    throw failure('cancelled', 'cancelled', message, 'Start it again for the rest.');
  }
  const flat = ({ item, ...more }: Removal): object => ({ ...item, ...more });
  return {
    text: renderRemoved(done, swept, { cachePath, items, mostBytes }, spelling),
    json: {
      cachePath,
      removed: done.removed.map(flat),
      failed: done.failed.map(flat),
      freedBytes: done.freedBytes + (swept?.sizeBytes ?? 0),
      totalBytes: sumBytes(items) - done.freedBytes,
      ...(swept === null ? {} : { swept, mostBytes }),
    },
    problems: done.failed.map(({ item, reason }) => ({
      code: 'entry-not-removed',
      message: `${item.kind} ${item.id.slice(0, 12)} could not be removed: ${reason}`,
      hint: 'Run this as the user who owns it, or make the directory writable.',
    })),
  };
}
