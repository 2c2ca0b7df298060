import { describe, expect, it } from '@jest/globals';
import { restrictMode } from '../../../src/core/layers/modes.ts';
import { type CacheMode, cacheModes } from '../../../src/model/layers.ts';

/** By the word of the service: what becomes of `read-write`, `read`, `write` and `off`. */
const table: readonly (readonly [string, readonly CacheMode[]])[] = [
  ['', ['read-write', 'read', 'write', 'off']],
  ['none', ['off', 'off', 'off', 'off']],
  ['read', ['read', 'read', 'off', 'off']],
  ['write', ['read-write', 'read', 'write', 'off']],
  ['write-only', ['write', 'off', 'write', 'off']],
  [' Write-Only\n', ['write', 'off', 'write', 'off']],
  ['NONE', ['off', 'off', 'off', 'off']],
  ['a word of next year', ['read-write', 'read', 'write', 'off']],
  ['constructor', ['read-write', 'read', 'write', 'off']],
];

describe('the mode of the cache', () => {
  it.each(table)('is what the service permits of the wanted one: %j', (serviceMode, expected) => {
    expect(cacheModes).toEqual(['read-write', 'read', 'write', 'off']);
    expect(cacheModes.map((wanted) => restrictMode(wanted, serviceMode))).toEqual(expected);
  });
});
