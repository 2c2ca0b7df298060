import { describe, expect, it } from '@jest/globals';
import { computeImageId, judgeImage } from '../../../src/core/layers/image-id.ts';
import { layerFormat, type StoredImage } from '../../../src/model/layers.ts';
import type { RawInputs } from '../support/inputs.ts';
import { planOf } from '../support/plan.ts';

describe('the id of an image', () => {
  const buildId = 'b'.repeat(64);
  const revisions = { '/opt/agent': 'https://git.example.org/agent 1' };
  const idOf = (raw: RawInputs = {}, id = buildId, version = '0.1.0', commits = revisions) =>
    computeImageId(planOf(raw), id, version, commits);

  it('is 64 hexadecimal digits, the same for the same image', () => {
    expect(idOf()).toMatch(/^[0-9a-f]{64}$/);
    expect(idOf()).toBe(idOf());
  });

  it('is another one for another content, and for every way to write it', () => {
    const ids = [
      idOf(),
      idOf({}, 'c'.repeat(64)),
      idOf({}, buildId, '0.2.0'),
      idOf({}, buildId, '0.1.0', { '/opt/agent': 'https://git.example.org/agent 2' }),
      idOf({ compression: 'zlib' }),
      idOf({ compression: 'none' }),
      idOf({ verify: 'off' }),
      idOf({ formats: 'raw' }),
      idOf({ formats: 'qcow2 raw' }),
      idOf({ formats: 'raw qcow2' }),
      idOf({ 'image-name': 'other' }),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('does not depend on where it is written or what is kept', () => {
    const elsewhere = idOf({
      'output-dir': '/o',
      'work-dir': '/w',
      cache: 'read',
      artifact: 'off',
    });
    expect(elsewhere).toBe(idOf());
  });
});

describe('a stored image', () => {
  const nowMs = Date.UTC(2026, 10, 25);
  const id = 'a'.repeat(64);
  const file = { format: 'qcow2', fileName: 'guest.qcow2', sizeBytes: 1, sha256: 'f'.repeat(64) };
  const image: StoredImage = {
    ...{ format: layerFormat, id, savedAtMs: nowMs - 1000, files: [file] },
    ...{ manifest: '{}', log: 'line\n' },
  };
  const judge = (changes: object, maxAgeMs = 1000) =>
    judgeImage({ ...image, ...changes }, { id, nowMs, maxAgeMs });

  it('that is what was asked for is used, up to its age', () => {
    expect(judge({})).toEqual(image);
    expect(judge({}, 999)).toBeNull();
    expect(judge({ savedAtMs: nowMs }, 0)).not.toBeNull();
  });

  it.each([null, undefined, 1, 'text', [], {}])('that is %p is none', (found) => {
    expect(judgeImage(found, { id, nowMs, maxAgeMs: 1000 })).toBeNull();
  });

  it.each([
    ...[{ format: 0 }, { format: undefined }, { id: 'c'.repeat(64) }, { id: null }, { files: [] }],
    ...[{ files: null }, { files: {} }, { files: [null] }, { files: [{}] }, { files: ['x'] }],
    ...[{ files: [file, { ...file, sha256: 'x' }] }, { files: [{ ...file, fileName: 1 }] }],
    ...[{ files: [{ ...file, fileName: '../guest.qcow2' }] }, { manifest: {} }, { log: null }],
    ...[{ files: [{ ...file, fileName: '' }] }, { savedAtMs: null }, { savedAtMs: 'x' }],
    ...[{ savedAtMs: undefined }, { files: [{ ...file, fileName: '..' }] }],
  ])('with %j is none', (changes) => {
    expect(judge(changes)).toBeNull();
  });
});
