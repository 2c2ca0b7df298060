import { describe, expect, it } from '@jest/globals';
import {
  describeAge,
  explainMiss,
  joinNames,
  listChanges,
} from '../../../src/core/layers/explain.ts';
import { type Ingredients, layerFormat, type Trail } from '../../../src/model/layers.ts';

const position = 'install.d/01-package-installs';
const before: Ingredients = {
  architecture: 'amd64',
  'script install.d/10-x': 'a',
  'variable DIB_RELEASE': 'b',
};
const trailOf = (...positions: readonly string[]): Trail => ({
  ...{ format: layerFormat, savedAtMs: 0, extraData: '' },
  layers: positions.map((each) => ({
    ...{ position: each, key: '1'.repeat(64), ingredients: before, costMs: 1, savedAtMs: 0 },
  })),
});
const trail = trailOf('root', position);

describe('the reason of a miss', () => {
  const rows: readonly (readonly [string, Ingredients, Trail | null, boolean, string])[] = [
    ['without an earlier build', before, null, false, 'no earlier build is known'],
    ['without one, above a miss', before, null, true, 'no earlier build is known'],
    ['without such a layer', before, trailOf('root'), false, 'no earlier build had this layer'],
    [
      'without such a layer, above a miss',
      before,
      trailOf(),
      true,
      'the layer below was made anew',
    ],
    ['with nothing changed', before, trail, false, 'it is no longer in the cache'],
    ['with nothing changed, above a miss', before, trail, true, 'the layer below was made anew'],
    ['with one change', { ...before, architecture: 'arm64' }, trail, false, 'architecture changed'],
    [
      'with a change of its own above a miss',
      { ...before, architecture: 'arm64' },
      trail,
      true,
      'architecture changed',
    ],
    [
      'with a script that is new',
      { ...before, 'script install.d/20-y': 'c' },
      trail,
      false,
      'script install.d/20-y is new',
    ],
    [
      'with a script that is gone',
      { architecture: 'amd64', 'variable DIB_RELEASE': 'b' },
      trail,
      false,
      'script install.d/10-x is gone',
    ],
    [
      'with all of these, by name',
      { architecture: 'arm64', 'variable DIB_RELEASE': 'b', 'file bin/x': 'd' },
      trail,
      false,
      'architecture changed, file bin/x is new, script install.d/10-x is gone',
    ],
  ];

  it.each(rows)('%s', (_title, ingredients, known, parentMissed, expected) => {
    expect(explainMiss(position, ingredients, known, parentMissed)).toBe(expected);
  });

  it('is looked for in the layer of the same position only', () => {
    const other = trailOf('root');
    expect(explainMiss(position, { ...before, x: '1' }, other, false)).not.toContain('x is new');
  });
});

describe('changes', () => {
  it('are sorted, and none where nothing is different', () => {
    expect(listChanges(before, { ...before })).toEqual([]);
    expect(listChanges({}, {})).toEqual([]);
    expect(listChanges({ b: '1', a: '1' }, { c: '1', a: '2' })).toEqual([
      ...['a changed', 'b is gone', 'c is new'],
    ]);
  });

  it.each([
    [[], ''],
    [['a'], 'a'],
    [['a', 'b', 'c', 'd'], 'a, b, c, d'],
    [['a', 'b', 'c', 'd', 'e'], 'a, b, c, d and 1 more'],
    [[...'abcdefgh'], 'a, b, c, d and 4 more'],
  ])('%j are told as "%s"', (names, expected) => {
    expect(joinNames(names)).toBe(expected);
  });
});

describe('an age', () => {
  const minute = 60_000;
  const hour = 60 * minute;
  it.each([
    [0, '0 s'],
    [-5000, '0 s'],
    [400, '0 s'],
    [1600, '2 s'],
    [119_499, '119 s'],
    [2 * minute, '2 min'],
    [2 * hour - 1, '119 min'],
    [2 * hour, '2 h'],
    [48 * hour - 1, '47 h'],
    [48 * hour, '2 days'],
    [30.9 * 24 * hour, '30 days'],
  ])('of %d ms is "%s"', (ms, expected) => {
    expect(describeAge(ms)).toBe(expected);
  });
});
