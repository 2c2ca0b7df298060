import { describe, expect, it } from '@jest/globals';
import {
  chooseGarbage,
  chooseRemovals,
  findItems,
  shorten,
} from '../../../src/core/shelf/choose.ts';
import { readShelf } from '../../../src/core/shelf/items.ts';
import { TroveImageError } from '../../../src/errors.ts';
import type { CacheEntry, Removal, Selection } from '../../../src/model/shelf.ts';
import { dayMs, idOf, imageEntry, layerEntry, nowMs } from '../support/shelf.ts';

const shelf = readShelf([
  layerEntry('aaaa', null),
  layerEntry('aabb', 'aaaa'),
  layerEntry('aacc', 'aabb'),
  layerEntry('dddd', 'aaaa'),
  imageEntry('eeee'),
]);
const startsOf = (removals: readonly Removal[]) => removals.map(({ item }) => item.id.slice(0, 4));
const problemsOf = (prefixes: readonly string[], items = shelf) => {
  try {
    findItems(items, prefixes);
  } catch (error) {
    if (error instanceof TroveImageError) return error.problems;
  }
  return [];
};

describe('an id', () => {
  it('is found by its beginning, layer and image alike, and once only', () => {
    const found = findItems(shelf, ['aab', 'e', idOf('aabb')]);
    expect(found.map(({ id }) => id)).toEqual([idOf('aabb'), idOf('eeee')]);
  });

  it('that stands for several entries, or for none, is told with all candidates, all at once', () => {
    expect(problemsOf(['aa', 'dddd', 'ffff'])).toEqual([
      {
        code: 'entry-ambiguous',
        message:
          'aa stands for 3 entries: aaaa00000000 (layer install.d/aaaa), aabb00000000 (layer install.d/aabb), aacc00000000 (layer install.d/aacc).',
        hint: expect.any(String),
      },
      {
        code: 'entry-not-found',
        message: expect.stringMatching(
          /^No entry of the cache begins with ffff: it holds aaaa.*, eeee00000000 \(image guest\.qcow2\)\.$/,
        ),
        hint: expect.any(String),
      },
    ]);
  });

  it('is not found in an empty cache', () => {
    expect(problemsOf(['aaaa'], [])[0]?.message).toMatch(/: it is empty\.$/);
  });

  it('has as many candidates as a person reads', () => {
    const many = readShelf(Array.from({ length: 20 }, (_, n) => imageEntry(`a${n + 10}`)));
    expect(problemsOf(['a'], many)[0]?.message).toMatch(/ and 12 more\.$/);
  });

  it('is shown with as many digits as tell it from all others', () => {
    const twins = readShelf([imageEntry('0123456789abcd1'), imageEntry('0123456789abcd2')]);
    expect(shorten(twins[0]?.id ?? '', twins)).toBe('0123456789abcd1');
    expect(shorten(idOf('aaaa'), shelf)).toBe('aaaa00000000');
  });
});

describe('what rm takes away', () => {
  it.each<[string, Selection, readonly string[]]>([
    ['one layer and those above it', { by: 'ids', ids: ['aabb'] }, ['aabb', 'aacc']],
    ['a whole tree', { by: 'ids', ids: ['aaaa'] }, ['aaaa', 'aabb', 'dddd', 'aacc']],
    ['one that nothing is above', { by: 'ids', ids: ['dddd'] }, ['dddd']],
    ['an image, and no layers', { by: 'ids', ids: ['eeee'] }, ['eeee']],
    ['everything', { by: 'all' }, ['aaaa', 'aabb', 'aacc', 'dddd', 'eeee']],
    ['nothing that is younger', { by: 'age', days: 2 }, []],
    ['what was made longer ago', { by: 'age', days: 0 }, ['aaaa', 'aabb', 'aacc', 'dddd', 'eeee']],
  ])('is %s', (_, selection, expected) => {
    expect(startsOf(chooseRemovals(shelf, selection, nowMs))).toEqual(expected);
  });

  it('is a young layer above an old one, too; and of one that tells no age, its last use counts', () => {
    const items = readShelf([
      layerEntry('aaaa', null, {}, { savedAtMs: nowMs - 9 * dayMs }),
      layerEntry('bbbb', 'aaaa'),
      layerEntry('cccc', null, { manifest: null, usedAtMs: nowMs - 9 * dayMs }),
      imageEntry('eeee', { manifest: null }),
    ]);
    const removals = chooseRemovals(items, { by: 'age', days: 7 }, nowMs);
    expect(startsOf(removals)).toEqual(['aaaa', 'cccc', 'bbbb']);
    expect(removals.map(({ why }) => why)).toEqual(['', '', 'above a layer that goes']);
  });
});

describe('what gc takes away', () => {
  const collect = (mostBytes: number, entries: readonly CacheEntry[]) =>
    chooseGarbage(readShelf(entries), mostBytes);

  it('is damaged entries with the layers above them, and orphans, and nothing else', () => {
    const removals = collect(1e9, [
      layerEntry('aaaa', null, { files: {} }),
      layerEntry('bbbb', 'aaaa'),
      layerEntry('cccc', 'ffff'),
      layerEntry('dddd', null),
      layerEntry('1111', null, { manifest: { format: 2 } }),
      layerEntry('2222', null, { manifest: null, locked: 'EACCES' }),
      imageEntry('eeee', { manifest: null }),
    ]);
    expect(Object.fromEntries(removals.map(({ item, why }) => [item.id.slice(0, 4), why]))).toEqual(
      {
        aaaa: 'blob is missing',
        bbbb: 'above a layer that goes',
        cccc: 'the layer below is gone',
        eeee: 'no readable manifest',
      },
    );
  });

  it('is then what was not used for longest, so that the sound rest fits', () => {
    const hoursAgo = (hours: number) => ({ usedAtMs: nowMs - hours * 3_600_000 });
    const removals = collect(2200, [
      layerEntry('aaaa', null, hoursAgo(9)),
      layerEntry('bbbb', 'aaaa', hoursAgo(8)),
      layerEntry('cccc', null, hoursAgo(1)),
      layerEntry('dddd', 'ffff', hoursAgo(1)),
    ]);
    expect(startsOf(removals)).toEqual(['dddd', 'bbbb']);
    expect(removals[1]?.why).toBe('not used for longest');
  });

  it('never is what another user owns, however large', () => {
    const locked = { manifest: null, locked: 'EACCES', sizeBytes: 1e9 };
    expect(collect(1, [layerEntry('aaaa', null, locked)])).toEqual([]);
  });
});
