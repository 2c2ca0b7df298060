import { type Problem, TroveImageError } from '../../errors.ts';
import type { Removal, Selection, ShelfItem } from '../../model/shelf.ts';
import { chooseEvictions } from './evict.ts';

const dayMs = 86_400_000;
/** So many digits of an id are shown. */
export const shortLength = 12;

/** The one entry whose id begins so; throws one error that lists every name for which there is none, or several. */
export function findItems(
  items: readonly ShelfItem[],
  prefixes: readonly string[],
): readonly ShelfItem[] {
  const problems: Problem[] = [];
  const found = prefixes.flatMap((prefix) => {
    const matches = items.filter(({ id }) => id.startsWith(prefix));
    const [only] = matches;
    if (only !== undefined && matches.length === 1) return [only];
    problems.push(describeChoice(prefix, matches, items));
    return [];
  });
  if (problems.length > 0) throw new TroveImageError('input', problems);
  return [...new Set(found)];
}

function describeChoice(
  prefix: string,
  matches: readonly ShelfItem[],
  items: readonly ShelfItem[],
): Problem {
  if (matches.length > 0) {
    return {
      code: 'entry-ambiguous',
      message: `${prefix} stands for ${matches.length} entries: ${listNames(matches, matches)}.`,
      hint: 'Write more digits of the id.',
    };
  }
  const some = items.length === 0 ? 'it is empty' : `it holds ${listNames(items, items)}`;
  return {
    code: 'entry-not-found',
    message: `No entry of the cache begins with ${prefix}: ${some}.`,
    hint: 'See trove-image cache ls.',
  };
}

const mostNamed = 8;

function listNames(items: readonly ShelfItem[], among: readonly ShelfItem[]): string {
  const shown = items.slice(0, mostNamed).map((item) => {
    const name = item.kind === 'layer' ? item.position : item.files.join(' ');
    return `${shorten(item.id, among)} (${item.kind}${name === '' ? '' : ` ${name}`})`;
  });
  const more = items.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** As many digits as tell an id from all others, and twelve at least. */
export function shorten(id: string, items: readonly ShelfItem[]): string {
  let length = shortLength;
  const isShared = (): boolean =>
    items.some((other) => other.id !== id && other.id.startsWith(id.slice(0, length)));
  while (length < id.length && isShared()) length += 1;
  return id.slice(0, length);
}

/** What `rm` takes away: what was asked for, and the layers above, to which no build comes any more. */
export function chooseRemovals(
  items: readonly ShelfItem[],
  selection: Selection,
  nowMs: number,
): readonly Removal[] {
  if (selection.by === 'all') return items.map((item) => ({ item, why: '' }));
  const chosen =
    selection.by === 'ids'
      ? findItems(items, selection.ids)
      : items.filter(
          ({ savedAtMs, usedAtMs }) => nowMs - (savedAtMs ?? usedAtMs) > selection.days * dayMs,
        );
  return addLayersAbove(
    items,
    chosen.map((item) => ({ item, why: '' })),
  );
}

/**
 * What `gc` takes away: damaged entries, orphans and what is above them, then what was not used for longest until
 * the rest fits into `mostBytes`. What belongs to another user, and cannot be looked at, stays.
 */
export function chooseGarbage(items: readonly ShelfItem[], mostBytes: number): readonly Removal[] {
  const broken = addLayersAbove(
    items,
    items.flatMap((item) =>
      item.state === 'damaged' || item.state === 'orphan' ? [{ item, why: item.trouble }] : [],
    ),
  );
  const gone = new Set(broken.map(({ item }) => item));
  const rest = items.filter((item) => !gone.has(item) && item.state !== 'locked');
  const evicted = chooseEvictions(rest, mostBytes).map((item) => ({
    item,
    why: 'not used for longest',
  }));
  return [...broken, ...evicted];
}

function addLayersAbove(
  items: readonly ShelfItem[],
  removals: readonly Removal[],
): readonly Removal[] {
  const chosen = new Map(removals.map((removal) => [removal.item, removal]));
  for (let before = -1; before < chosen.size; ) {
    before = chosen.size;
    const keys = new Set([...chosen.keys()].map(({ kind, id }) => (kind === 'layer' ? id : '')));
    for (const item of items) {
      if (chosen.has(item) || item.parent === null || !keys.has(item.parent)) continue;
      chosen.set(item, { item, why: 'above a layer that goes' });
    }
  }
  return [...chosen.values()];
}
