import type { Removal, Removed, ShelfItem, Swept } from '../../model/shelf.ts';
import { shorten } from './choose.ts';

/** How values are written for people; the same as elsewhere. */
export interface Spelling {
  readonly showBytes: (bytes: number) => string;
  /** Escapes what a terminal would act on. */
  readonly showName: (name: string) => string;
  readonly alignRows: (
    rows: readonly (readonly string[])[],
    right?: readonly number[],
  ) => readonly string[];
  readonly describeAge: (ms: number) => string;
}

/** A cache directory and what it holds. */
export interface Shelf {
  readonly cachePath: string;
  readonly items: readonly ShelfItem[];
  readonly mostBytes: number;
  readonly nowMs: number;
}

const head = ['kind', 'position', 'id', 'size', 'age', 'last use', 'cost', 'parent', 'guest'];
const rightColumns = [3, 4, 5, 6];

/** The table of `ls`: layers as a tree, each above the ones made from it, then images, then the sum. */
export function renderShelf({ cachePath, items, mostBytes, nowMs }: Shelf, how: Spelling): string {
  const totalBytes = sumBytes(items);
  const total = `${how.showBytes(totalBytes)} of ${how.showBytes(mostBytes)} in ${how.showName(cachePath)}`;
  if (items.length === 0) return `The cache is empty: ${total}`;
  const sorted = sortAsTree(items);
  const rows = sorted.map(({ item, depth }) => renderRow(item, depth, items, nowMs, how));
  const over = totalBytes > mostBytes ? ' (trove-image cache gc makes room)' : '';
  const notes = sorted.flatMap(({ item }) =>
    item.state === 'sound'
      ? []
      : [`${shorten(item.id, items)} is ${nameState(item)}: ${how.showName(item.trouble)}`],
  );
  return [...how.alignRows([head, ...rows], rightColumns), '', ...notes, `${total}${over}`].join(
    '\n',
  );
}

function renderRow(
  item: ShelfItem,
  depth: number,
  items: readonly ShelfItem[],
  nowMs: number,
  { showBytes, showName, describeAge }: Spelling,
): readonly string[] {
  const mark = item.state === 'sound' ? '' : ` (${nameState(item)})`;
  const name = showName(item.position) || '-';
  return [
    item.kind,
    `${'  '.repeat(depth)}${name}${mark}`,
    shorten(item.id, items),
    showBytes(item.sizeBytes),
    item.savedAtMs === null ? '-' : describeAge(nowMs - item.savedAtMs),
    describeAge(nowMs - item.usedAtMs),
    item.costMs === null ? '-' : describeAge(item.costMs),
    item.parent === null ? '-' : showName(shorten(item.parent, items)),
    showName(item.kind === 'layer' ? item.guest : item.files.join(' ')) || '-',
  ];
}

/** Layers with those above them behind them, one step deeper; then images. Older ones come first. */
export function sortAsTree(
  items: readonly ShelfItem[],
): readonly { readonly item: ShelfItem; readonly depth: number }[] {
  const byAge = [...items].sort(
    (a, b) => (a.savedAtMs ?? a.usedAtMs) - (b.savedAtMs ?? b.usedAtMs),
  );
  const layers = byAge.filter(({ kind }) => kind === 'layer');
  const keys = new Set(layers.map(({ id }) => id));
  const shown = new Set<ShelfItem>();
  const place = (item: ShelfItem, depth: number): { item: ShelfItem; depth: number }[] => {
    if (shown.has(item)) return [];
    shown.add(item);
    const above = layers.filter(({ parent }) => parent === item.id);
    return [{ item, depth }, ...above.flatMap((each) => place(each, depth + 1))];
  };
  const roots = layers.filter(({ parent }) => parent === null || !keys.has(parent));
  // what is left belongs to a circle, which only a damaged cache has
  return [...roots, ...layers, ...byAge].flatMap((item) => place(item, 0));
}

/** What `rm` and `gc` did. */
export function renderRemoved(
  { removed, failed, freedBytes }: Removed,
  swept: Swept | null,
  shelf: Omit<Shelf, 'nowMs' | 'mostBytes'> & { readonly mostBytes: number | null },
  how: Spelling,
): string {
  const describe = ({ item, why }: Removal): readonly string[] => [
    item.kind,
    how.showName(item.position || item.files.join(' ')) || '-',
    shorten(item.id, shelf.items),
    how.showBytes(item.sizeBytes),
    how.showName(why),
  ];
  const left = sumBytes(shelf.items) - freedBytes;
  const freed = freedBytes + (swept?.sizeBytes ?? 0);
  const staging =
    swept === null || swept.count === 0
      ? []
      : [`Left by killed builds and removed: ${swept.count} (${how.showBytes(swept.sizeBytes)})`];
  const bound = shelf.mostBytes === null ? '' : ` of ${how.showBytes(shelf.mostBytes)}`;
  return [
    ...how.alignRows(removed.map(describe), [3]),
    ...staging,
    `${removed.length} ${removed.length === 1 ? 'entry' : 'entries'} removed, ${how.showBytes(freed)} freed; ${how.showBytes(left)}${bound} left in ${how.showName(shelf.cachePath)}`,
    ...failed.map(
      ({ item, reason }) =>
        `${shorten(item.id, shelf.items)} could not be removed: ${how.showName(reason)}`,
    ),
  ].join('\n');
}

/** Bytes that entries take together. */
export const sumBytes = (items: readonly ShelfItem[]): number =>
  items.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);

function nameState({ state }: ShelfItem): string {
  switch (state) {
    case 'sound':
      return 'sound';
    case 'orphan':
      return 'an orphan';
    case 'damaged':
      return 'damaged';
    case 'foreign':
      return 'of another version';
    case 'locked':
      return "another user's";
  }
}
