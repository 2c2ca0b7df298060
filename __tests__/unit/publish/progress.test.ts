import { describe, expect, it } from '@jest/globals';
import { describeProgress } from '../../../src/core/publish/progress.ts';

describe('the progress of a transfer', () => {
  const mega = 1_000_000;
  it.each<[number, number, number, string]>([
    [0, 100 * mega, 0, 'a: 0 % of 100 MB sent, 0 MB/s'],
    [0, 100 * mega, 5000, 'a: 0 % of 100 MB sent, 0 MB/s'],
    [25 * mega, 100 * mega, 5000, 'a: 25 % of 100 MB sent, 5 MB/s, 15 s left'],
    [100 * mega - 1, 100 * mega, 5000, 'a: 99 % of 100 MB sent, 20 MB/s, 1 s left'],
    [100 * mega, 100 * mega, 5000, 'a: 100 % of 100 MB sent, 20 MB/s, 0 s left'],
    [10 * mega, 2000 * mega, 10_000, 'a: 0 % of 2000 MB sent, 1 MB/s, 34 min left'],
    [0, 0, 1000, 'a: 0 % of 0 MB sent, 0 MB/s'],
  ])('of %d bytes of %d after %d ms is %j', (bytes, sizeBytes, elapsedMs, text) => {
    expect(describeProgress('a', 'sent', bytes, sizeBytes, elapsedMs)).toBe(text);
  });
});
