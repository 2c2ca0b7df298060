import { describe, expect, it } from '@jest/globals';
import { chooseTmpfs, estimateNeeds } from '../../../src/core/image/needs.ts';
import { gib } from '../support/host.ts';
import { inputsOf, type RawInputs } from '../support/inputs.ts';
import { planOf } from '../support/plan.ts';

const needsOf = (raw: RawInputs = {}) => estimateNeeds(inputsOf(raw));

describe('the needs of a build', () => {
  it('cover what a real Debian build used: 1.5 GiB in the image, 0.5 GiB of qcow2', () => {
    const needs = needsOf();
    expect(needs.imageBytes).toBeGreaterThan(1605865472);
    expect(needs.outputBytes).toBeGreaterThan(543794176);
    expect(needs.workBytes).toBeGreaterThan(2 * 1605865472);
  });

  const more = [
    ['another package', { packages: 'vim' }],
    ['another element', { elements: 'mine' }],
  ] as const satisfies readonly (readonly [string, RawInputs])[];

  it.each(more)('grow with %s', (_title, raw) => {
    const [before, after] = [needsOf(), needsOf(raw)];
    expect(after.workBytes).toBeGreaterThan(before.workBytes);
    expect(after.imageBytes).toBeGreaterThan(before.imageBytes);
    expect(after.outputBytes).toBeGreaterThan(before.outputBytes);
  });

  it('of the output are the sum over the formats, and larger without compression', () => {
    const [qcow2, raw] = [needsOf(), needsOf({ formats: 'raw' })];
    expect(needsOf({ formats: 'qcow2 raw' }).outputBytes).toBe(qcow2.outputBytes + raw.outputBytes);
    expect(needsOf({ compression: 'none' }).outputBytes).toBeGreaterThan(qcow2.outputBytes);
    expect(needsOf({ formats: 'raw', compression: 'none' })).toEqual(raw);
  });

  it('are whole numbers of bytes', () => {
    const values = Object.values(
      needsOf({ packages: 'a1 b2 c3', elements: 'x', formats: 'qcow2 vhd' }),
    );
    expect(values.every(Number.isInteger)).toBe(true);
  });
});

describe('the tmpfs', () => {
  const needs = needsOf();
  const least = needs.workBytes + 2 * needs.memoryBytes;

  it.each([
    [least, needs.workBytes],
    [least - 1, null],
    [0, null],
    [least + gib, needs.workBytes + gib],
    [64 * gib, 2 * needs.workBytes],
  ])('with %d bytes of memory is %j', (memory, expected) => {
    expect(chooseTmpfs(needs, memory)).toBe(expected);
  });

  it('leaves a reserve of memory, and is never smaller than what the build works in', () => {
    for (const raw of [{}, { packages: 'vim' }, { packages: 'vim nano', elements: 'mine' }]) {
      for (let memory = gib; memory < 12 * gib; memory += gib / 8) {
        const wanted = needsOf(raw);
        const chosen = chooseTmpfs(wanted, memory);
        if (chosen === null) continue;
        expect(chosen).toBeGreaterThanOrEqual(wanted.workBytes);
        expect(chosen).toBeLessThanOrEqual(memory - 2 * wanted.memoryBytes);
      }
    }
  });

  it('is in the plan', () => {
    expect(planOf({}, { memoryAvailableBytes: 64 * gib }).host.tmpfsBytes).toBe(
      2 * needs.workBytes,
    );
    expect(planOf({}, { memoryAvailableBytes: 4 * gib }).host.tmpfsBytes).toBeNull();
  });
});
