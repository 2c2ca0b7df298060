import { describe, expect, it } from '@jest/globals';
import { readShelf } from '../../src/core/shelf/items.ts';
import type { CacheEntry } from '../../src/model/shelf.ts';
import type { CacheShelf } from '../../src/ports/cache.ts';
import { removeEntries, trimCache } from '../../src/stages/trim-cache.ts';
import { idOf, imageEntry, layerEntry } from '../unit/support/shelf.ts';
import { fakeLog } from './fakes.ts';

const shelfOf = (entries: readonly CacheEntry[], failing: Partial<CacheShelf> = {}) => {
  const done: string[] = [];
  const shelf = {
    list: async () => entries,
    remove: async ({ id }) => void done.push(id.slice(0, 4)),
    sweep: async () => {
      done.push('sweep');
      return { count: 0, sizeBytes: 0 };
    },
    ...failing,
  } satisfies CacheShelf;
  return { done, shelf };
};
const refuse = async (): Promise<never> => {
  throw new Error('EACCES: permission denied');
};

describe('trimming the cache', () => {
  it('sweeps, then removes what no build can use and what is too much', async () => {
    const log = fakeLog();
    const { done, shelf } = shelfOf([
      layerEntry('aaaa', null, { usedAtMs: 1 }),
      layerEntry('bbbb', 'ffff'),
      imageEntry('eeee'),
    ]);
    await trimCache({ log, shelf }, 2400);
    expect(done).toEqual(['sweep', 'bbbb', 'aaaa']);
    expect(log.lines).toEqual(['2 old entries left the cache (0 MB)']);
  });

  it('says and removes nothing where all fits', async () => {
    const log = fakeLog();
    const { done, shelf } = shelfOf([layerEntry('aaaa', null)]);
    await trimCache({ log, shelf }, 1100);
    expect({ done, lines: log.lines, problems: log.problems }).toEqual({
      ...{ done: ['sweep'], lines: [], problems: [] },
    });
  });

  it.each(['sweep', 'list', 'remove'] as const)(
    'warns of trouble with %s, for the image is made',
    async (name) => {
      const log = fakeLog();
      const { shelf } = shelfOf([layerEntry('aaaa', null)], { [name]: refuse });
      await trimCache({ log, shelf }, 1);
      expect(log.problems).toMatchObject([
        {
          code: 'cache-trouble',
          message: 'The cache was not tidied: EACCES: permission denied',
        },
      ]);
    },
  );
});

describe('removing entries', () => {
  const items = readShelf(['aaaa', 'bbbb', 'cccc'].map((start) => layerEntry(start, null))).map(
    (item) => ({ item, why: 'a reason' }),
  );

  it('goes on after one that cannot be removed, and counts what was freed', async () => {
    const { done, shelf } = shelfOf([]);
    const half: CacheShelf = {
      ...shelf,
      remove: (entry) => (entry.id === idOf('aaaa') ? refuse() : shelf.remove(entry)),
    };
    expect(await removeEntries(half, items)).toEqual({
      removed: items.slice(1),
      failed: [{ ...items[0], reason: 'EACCES: permission denied' }],
      freedBytes: 2200,
    });
    expect(done).toEqual(['bbbb', 'cccc']);
  });

  it('stops when it is cancelled', async () => {
    const { done, shelf } = shelfOf([]);
    const controller = new AbortController();
    const stopping: CacheShelf = {
      ...shelf,
      remove: async (entry) => {
        controller.abort();
        await shelf.remove(entry);
      },
    };
    await removeEntries(stopping, items, controller.signal);
    expect(done).toEqual(['aaaa']);
  });
});
