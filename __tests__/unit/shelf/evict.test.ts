import { describe, expect, it } from '@jest/globals';
import { chooseEvictions } from '../../../src/core/shelf/evict.ts';

const entry = (id: string, usedAtMs: number, parent: string | null = null, sizeBytes = 10) => ({
  ...{ kind: 'layer', id, usedAtMs, parent, sizeBytes },
});
const image = (id: string, usedAtMs: number) => ({ ...entry(id, usedAtMs), kind: 'image' });
const evict = (mostBytes: number, ...entries: readonly ReturnType<typeof entry>[]) =>
  chooseEvictions(entries, mostBytes).map(({ id }) => id);

describe('what goes from a cache that is too large', () => {
  it.each([
    ['nothing, when it fits to the byte', 20, [entry('a', 1), entry('b', 2)], []],
    ['what was not used for longest', 19, [entry('b', 2), entry('a', 1)], ['a']],
    ['all, when nothing fits', 5, [entry('a', 1), entry('b', 2)], ['a', 'b']],
    [
      'no more than needed',
      100,
      [entry('a', 1, null, 60), entry('b', 2, null, 60), entry('c', 3, null, 40)],
      ['a'],
    ],
    ['images as well', 10, [image('i', 1), entry('a', 2)], ['i']],
    ['nothing of an empty cache', 0, [], []],
  ])('is %s', (_, mostBytes, entries, expected) => {
    expect(evict(mostBytes, ...entries)).toEqual(expected);
  });

  it('is the highest layer of a chain first, though a build asks for the lowest first', () => {
    const chain = [entry('root', 1), entry('middle', 2, 'root'), entry('top', 3, 'middle')];
    expect(evict(20, ...chain)).toEqual(['top']);
    expect(evict(10, ...chain)).toEqual(['top', 'middle']);
    expect(evict(0, ...chain)).toEqual(['top', 'middle', 'root']);
  });

  it('is never a layer that one in use needs', () => {
    const [root, old, used] = [entry('root', 1), entry('old', 2, 'root'), entry('used', 9, 'root')];
    expect(evict(20, root, old, used)).toEqual(['old']);
    expect(evict(20, root, old, used, image('i', 5))).toEqual(['old', 'i']);
  });

  it('is found in a circle, too, which only a damaged cache has', () => {
    expect(evict(10, entry('a', 1, 'b'), entry('b', 2, 'a'))).toHaveLength(1);
  });

  it('is not decided by an image that has the id of a layer', () => {
    const entries = [entry('x', 2), image('x', 1), entry('y', 9, 'x')];
    expect(chooseEvictions(entries, 20).map(({ kind }) => kind)).toEqual(['image']);
  });
});
