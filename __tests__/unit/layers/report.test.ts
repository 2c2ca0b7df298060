import { describe, expect, it } from '@jest/globals';
import { renderLayers, sumSpared } from '../../../src/core/layers/report.ts';
import { recordedLayers } from '../support/record.ts';

describe('the layers in the log', () => {
  it('have a line each: what became of it, and what that spared or cost', () => {
    expect(renderLayers(recordedLayers)).toEqual([
      'hit   root: 100.7 MB, 2 h old, spared 24 s',
      'miss  install.d/03-trove-guest-fast-build: packages of install changed, took 62 s; saved, 209.7 MB',
      'miss  post-install.d/99-x: script install.d/a|b changed, took 1 s; not saved',
    ]);
    expect(renderLayers([])).toEqual([]);
  });

  it('say small sizes in kB, and nothing of a time that is not known', () => {
    const [hit, miss] = recordedLayers;
    expect(renderLayers([{ ...hit, sizeBytes: 7439 }])[0]).toContain('7.4 kB');
    expect(renderLayers([{ ...hit, sizeBytes: 100_000 }])[0]).toContain('0.1 MB');
    expect(renderLayers([{ ...miss, costMs: 0, saved: false }])).toEqual([
      'miss  install.d/03-trove-guest-fast-build: packages of install changed; not saved',
    ]);
  });

  it('spare the time of the hits, not of the misses', () => {
    expect(sumSpared(recordedLayers)).toBe(24_200);
    expect(sumSpared([])).toBe(0);
  });
});
