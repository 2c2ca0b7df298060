import { describe, expect, it } from '@jest/globals';
import { computeLayerKey } from '../../../src/core/layers/ingredients.ts';
import type { Ingredients, ParentLayer } from '../../../src/model/layers.ts';

const parent: ParentLayer = { key: 'a'.repeat(64), sha256: 'b'.repeat(64) };
const ingredients: Ingredients = { architecture: 'amd64', 'script root.d/10-x': 'c' };
const keyOf = (
  position = 'root',
  below: ParentLayer | null = parent,
  of: Ingredients = ingredients,
): string => computeLayerKey(position, below, of);

describe('the key of a layer', () => {
  it('is 64 hexadecimal digits, whatever order its ingredients came in', () => {
    expect(keyOf()).toMatch(/^[0-9a-f]{64}$/);
    const reversed = Object.fromEntries(Object.entries(ingredients).toReversed());
    expect(keyOf('root', parent, reversed)).toBe(keyOf());
  });

  it('is another one for another position, parent, content of the parent, or ingredient', () => {
    const keys = [
      keyOf(),
      keyOf('install.d/10-x'),
      keyOf('root', null),
      keyOf('root', { ...parent, key: 'd'.repeat(64) }),
      keyOf('root', { ...parent, sha256: 'd'.repeat(64) }),
      keyOf('root', { key: parent.sha256, sha256: parent.key }),
      keyOf('root', parent, {}),
      keyOf('root', parent, { ...ingredients, architecture: 'arm64' }),
      keyOf('root', parent, { ...ingredients, more: '' }),
      keyOf('root', parent, { architecture: 'amd64' }),
      keyOf('root', parent, { architecture: 'c', 'script root.d/10-x': 'amd64' }),
      keyOf('root', parent, { 'architecture","amd64': '', 'script root.d/10-x': 'c' }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('is the one that earlier builds stored their layers under', () => {
    // a change here makes every stored layer useless: it has to come with another format
    expect(keyOf()).toBe('e17a55aeaebba13568a408db08087dff8dd5097c0507b2d36d59989a3abacae8');
  });
});
