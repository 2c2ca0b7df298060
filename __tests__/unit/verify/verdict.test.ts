import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { alignRows } from '../../../src/core/diff/spelling.ts';
import { renderVerdict } from '../../../src/core/verify/text.ts';
import { composeVerdict, readVerdict } from '../../../src/core/verify/verdict.ts';
import { TroveImageError } from '../../../src/errors.ts';
import type { Verdict } from '../../../src/model/verify.ts';

const check = { id: 'docker', expected: 'docker answers', found: '20.10', ok: true, ms: 61_200 };
const passed = composeVerdict({
  level: 'boot',
  imageSha256: 'a'.repeat(64),
  buildId: 'b'.repeat(64),
  startedAtMs: Date.UTC(2026, 10, 25, 16, 43, 50, 2),
  accelerator: 'tcg',
  checks: [check],
  causes: [],
});
const failed = composeVerdict({
  ...{ level: 'boot', imageSha256: 'a'.repeat(64), buildId: null, startedAtMs: 0 },
  accelerator: 'kvm',
  checks: [check, { ...check, id: 'agent', found: 'disabled', ok: false, ms: 0 }],
  causes: [
    { code: 'boot-agent-disabled', message: 'It is off.', hint: 'Enable it.', lines: ['a'] },
  ],
});

const schema = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../docs/verify.schema.json'), 'utf8'),
);
const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema);

describe('a verdict', () => {
  it('has passed when every check holds, and there is one', () => {
    expect([passed.passed, failed.passed]).toEqual([true, false]);
    expect(passed.startedAt).toBe('2026-11-25T16:43:50.002Z');
    const empty = { ...passed, startedAtMs: 0, checks: [] };
    expect(composeVerdict(empty).passed).toBe(false);
  });

  it('follows its schema, and is read as it was written', () => {
    for (const verdict of [passed, failed]) {
      expect(validate(verdict) || validate.errors).toBe(true);
      expect(readVerdict(JSON.stringify(verdict))).toEqual(verdict);
    }
  });

  type Change = (verdict: Record<string, unknown>) => unknown;
  it.each<[string, Change]>([
    ['of another version', (v) => Object.assign(v, { verdictVersion: 2 })],
    ['of an unknown level', (v) => Object.assign(v, { level: 'login' })],
    ['without a digest', (v) => delete v.imageSha256],
    ['with a digest that is cut off', (v) => Object.assign(v, { imageSha256: 'aa' })],
    ['with a build id that is none', (v) => Object.assign(v, { buildId: 'x' })],
    ['that does not say whether it passed', (v) => Object.assign(v, { passed: 'yes' })],
    ['without a time', (v) => Object.assign(v, { startedAt: 'yesterday' })],
    ['with an unknown accelerator', (v) => Object.assign(v, { accelerator: 'xen' })],
    ['without checks', (v) => delete v.checks],
    [
      'with a check that lacks a field',
      (v) => Object.assign(v, { checks: [{ id: 'docker', ok: true, ms: 0 }] }),
    ],
    ['with causes that are none', (v) => Object.assign(v, { causes: [1] })],
  ])('%s is refused, by its reader and by its schema', (_, damage) => {
    const verdict = JSON.parse(JSON.stringify(passed));
    damage(verdict);
    expect(() => readVerdict(JSON.stringify(verdict))).toThrow(TroveImageError);
    expect(validate(verdict)).toBe(false);
  });

  it.each([
    ['says that it passed although a check does not hold', { ...failed, passed: true }],
    ['says that it failed although every check holds', { ...passed, passed: false }],
    ['says that it passed without a check', { ...passed, checks: [] }],
  ])('that %s is refused', (_, verdict: Verdict) => {
    expect(() => readVerdict(JSON.stringify(verdict))).toThrow('passed is not what its checks say');
  });

  it.each(['', '{', 'null', '[]', '"passed"'])('is not what %j is', (raw) => {
    expect(() => readVerdict(raw)).toThrow(TroveImageError);
  });

  it('is shown with every check, and with every cause and its lines', () => {
    expect(renderVerdict(failed, alignRows)).toBe(
      [
        'holds   docker  61 s  20.10',
        'BROKEN  agent         disabled; expected: docker answers',
        '',
        'It is off. [boot-agent-disabled]',
        '  Enable it.',
        '  | a',
        '',
        'FAILED: boot, 1 of 2 checks',
      ].join('\n'),
    );
    expect(renderVerdict(passed, alignRows)).toMatch(/\npassed: boot, 1 checks$/);
  });
});
