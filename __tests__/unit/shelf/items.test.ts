import { describe, expect, it } from '@jest/globals';
import { readShelf } from '../../../src/core/shelf/items.ts';
import type { CacheEntry } from '../../../src/model/shelf.ts';
import {
  idOf,
  imageEntry,
  imageRecord,
  layerEntry,
  layerManifest,
  nowMs,
} from '../support/shelf.ts';

const only = (entry: CacheEntry) => readShelf([entry])[0];
const statesOf = (entries: readonly CacheEntry[]) =>
  Object.fromEntries(readShelf(entries).map(({ id, state }) => [id.replace(/0+$/, ''), state]));

describe('an entry of the cache', () => {
  it('is a layer with what its manifest tells, and the guest that its archives tell', () => {
    expect(only(layerEntry('aa', null))).toEqual({
      ...{ kind: 'layer', id: idOf('aa'), state: 'sound', trouble: '', position: 'install.d/aa' },
      ...{ parent: null, sizeBytes: 1100, usedAtMs: nowMs - 3_600_000, costMs: 61_000, files: [] },
      ...{ savedAtMs: nowMs - 86_400_000, guest: 'debian bookworm amd64' },
    });
  });

  it('is an image with its files, and the time that its build took', () => {
    expect(only(imageEntry('aa'))).toEqual({
      ...{ kind: 'image', id: idOf('aa'), state: 'sound', trouble: '', position: '', parent: null },
      ...{ sizeBytes: 2300, usedAtMs: nowMs - 60_000, savedAtMs: nowMs - 7_200_000 },
      ...{ costMs: 150_000, guest: 'debian bookworm amd64', files: ['guest.qcow2'] },
    });
  });

  it.each<[string, string, CacheEntry]>([
    ['no readable manifest', 'damaged', layerEntry('aa', null, { manifest: null })],
    ['its manifest is none', 'damaged', layerEntry('aa', null, { manifest: [1] })],
    ['its manifest is none', 'damaged', layerEntry('aa', null, { manifest: { format: '1' } })],
    ['another entry than its name', 'damaged', layerEntry('aa', null, {}, { key: idOf('ab') })],
    ['blob is missing', 'damaged', layerEntry('aa', null, { files: { 'manifest.json': 1 } })],
    [
      'blob has 999 bytes instead of 1000',
      'damaged',
      layerEntry('aa', null, { files: { blob: 999 } }),
    ],
    [
      'blob has 1 bytes',
      'damaged',
      layerEntry('aa', null, {
        manifest: { ...layerManifest('aa', null), blob: 7 },
        files: { blob: 1 },
      }),
    ],
    ['its format is 99', 'foreign', layerEntry('aa', null, { manifest: { format: 99 } })],
    ['EACCES', 'locked', layerEntry('aa', null, { manifest: null, locked: 'EACCES: no' })],
    ['guest.qcow2 is missing', 'damaged', imageEntry('aa', { files: {} })],
    ['guest.qcow2 has 1 bytes', 'damaged', imageEntry('aa', { files: { 'guest.qcow2': 1 } })],
    ['names no file', 'damaged', imageEntry('aa', { manifest: imageRecord('aa', { files: [] }) })],
    ['another entry', 'damaged', imageEntry('aa', { manifest: imageRecord('ab') })],
    [
      'toString is missing',
      'damaged',
      imageEntry('aa', {
        manifest: { ...imageRecord('aa'), files: [{ fileName: 'toString', sizeBytes: undefined }] },
      }),
    ],
  ])('of which can be said "%s" is %s', (trouble, state, entry) => {
    expect(only(entry)).toMatchObject({ state, trouble: expect.stringContaining(trouble) });
  });

  it.each([
    [null],
    ['text'],
    [7],
    [{}],
    [{ format: 1 }],
    [{ format: 1, key: 7, parent: 'x', ingredients: [], savedAtMs: 1e300, costMs: 'long' }],
    [{ format: 1, files: [null, 7], manifest: '{"guest":7,"durationSeconds":"x"}' }],
  ])('with the manifest %j is read without an exception', (manifest) => {
    for (const entry of [layerEntry('aa', null, { manifest }), imageEntry('aa', { manifest })]) {
      const { state, savedAtMs, costMs } = only(entry) ?? {};
      expect({ state, savedAtMs, costMs }).toEqual({
        state: 'damaged',
        savedAtMs: null,
        costMs: null,
      });
    }
  });

  it.each([
    [
      { 'archive http://archive.example.org/ubuntu jammy': 'x', architecture: 'arm64' },
      'ubuntu jammy arm64',
    ],
    [{ 'archive http://archive.example.org/x sid': 'x' }, 'sid'],
    [{ architecture: 'amd64' }, 'amd64'],
    [{}, ''],
  ])('with the ingredients %j is for the guest %j', (ingredients, guest) => {
    expect(
      only(layerEntry('aa', null, {}, { ingredients: ingredients as Record<string, string> })),
    ).toMatchObject({ guest });
  });
});

describe('a layer without the one below', () => {
  it('is an orphan, and so are all above it', () => {
    const entries = [layerEntry('cc', 'bb'), layerEntry('bb', 'aa'), layerEntry('dd', null)];
    expect(statesOf(entries)).toEqual({ bb: 'orphan', cc: 'orphan', dd: 'sound' });
  });

  it('is an orphan when the one below was made anew with another content', () => {
    const blob = { ...layerManifest('aa', null).blob, sha256: idOf('99') };
    const entries = [layerEntry('aa', null, {}, { blob }), layerEntry('bb', 'aa')];
    expect(readShelf(entries)[1]).toMatchObject({
      ...{ state: 'orphan', trouble: 'the layer below was made anew with another content' },
    });
  });

  it('is none when the one below is damaged or cannot be read: that one is judged', () => {
    const below = layerEntry('aa', null, { manifest: null });
    expect(statesOf([below, layerEntry('bb', 'aa')])).toEqual({ aa: 'damaged', bb: 'sound' });
    const locked = layerEntry('aa', null, { manifest: null, locked: 'EACCES' });
    expect(statesOf([locked, layerEntry('bb', 'aa')])).toEqual({ aa: 'locked', bb: 'sound' });
  });

  it('is not looked for among images', () => {
    expect(statesOf([imageEntry('aa'), layerEntry('bb', 'aa')])).toEqual({
      aa: 'sound',
      bb: 'orphan',
    });
  });

  it('in a circle, which only damage makes, is read, too', () => {
    expect(statesOf([layerEntry('aa', 'bb'), layerEntry('bb', 'aa')])).toEqual({
      aa: 'sound',
      bb: 'sound',
    });
  });
});
