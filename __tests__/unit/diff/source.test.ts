import { describe, expect, it } from '@jest/globals';
import { explainReader } from '../../../src/core/diff/reader.ts';
import {
  identifySource,
  judgeImageInfo,
  parseManifestPackages,
} from '../../../src/core/diff/source.ts';

const head = (...parts: readonly (readonly [number, string | Uint8Array])[]): Uint8Array => {
  const bytes = Buffer.alloc(4096);
  for (const [at, part] of parts) {
    bytes.set(typeof part === 'string' ? Buffer.from(part, 'latin1') : part, at);
  }
  return bytes;
};
const qcow2 = (version: number, ...parts: readonly (readonly [number, Uint8Array])[]) =>
  head([0, 'QFI\xfb'], [4, Uint8Array.of(0, 0, 0, version)], ...parts);
const vmdk = (capacity: number) => head([0, 'KDMV'], [12, Uint8Array.of(capacity)]);
const vhd = (kind: number) => head([0, 'conectix'], [60, Uint8Array.of(0, 0, 0, kind)]);

describe('a file', () => {
  it.each([
    ['/a.qcow2', qcow2(3), 'qcow2'],
    ['/a', qcow2(2, [72, Uint8Array.of(255, 255, 255, 255)]), 'qcow2'],
    ['/a.vmdk', vmdk(1), 'vmdk'],
    ['/a.vhd', vhd(3), 'vpc'],
    ['/a.raw', qcow2(3), 'raw'],
    ['/a.IMG', vmdk(0), 'raw'],
    ['/a', head(), 'raw'],
    ['/a.bin', new Uint8Array(3), 'raw'],
    ['/manifest.json', head(), 'manifest'],
    ['/a', head([0, ' \n{"manifestVersion": 1']), 'manifest'],
  ] as const)('%s is known by its name and first bytes', (path, bytes, expected) => {
    expect(identifySource(path, bytes)).toBe(expected);
  });

  it.each([
    ['a backing file', qcow2(3, [15, Uint8Array.of(1)])],
    ['a backing file', qcow2(2, [8, Uint8Array.of(1)])],
    ['an external data file', qcow2(3, [79, Uint8Array.of(4)])],
    ['an external data file', qcow2(3, [79, Uint8Array.of(7)])],
    ['the files that hold its data', vmdk(0)],
    ['the files that hold its data', head([0, '# Disk DescriptorFile\nversion=1'])],
    ['a parent file', vhd(4)],
  ])('that names %s is refused before anything opens it', (what, bytes) => {
    expect(() => identifySource('/a', bytes)).toThrow(
      expect.objectContaining({
        kind: 'input',
        problems: [
          expect.objectContaining({
            code: 'image-names-other-files',
            message: expect.stringContaining(what),
          }),
        ],
      }),
    );
  });

  it.each([
    ['image-form-unknown', qcow2(1)],
    ['image-form-unknown', head([0, 'COWD'])],
    ['image-form-unknown', head([0, 'vhdxfile'])],
    ['image-form-unknown', head([64, '\x7f\x10\xda\xbe'])],
    ['image-damaged', qcow2(3).subarray(0, 80)],
    ['image-damaged', vmdk(1).subarray(0, 80)],
    ['image-damaged', vhd(3).subarray(0, 80)],
  ])('that cannot be compared is refused: %s', (code, bytes) => {
    expect(() => identifySource('/a', bytes)).toThrow(
      expect.objectContaining({ problems: [expect.objectContaining({ code })] }),
    );
  });
});

describe('what qemu-img tells of an image', () => {
  it.each([
    { format: 'qcow2' },
    { 'format-specific': { type: 'qcow2', data: { compat: '1.1' } } },
    { 'format-specific': { type: 'vmdk', data: { extents: [{ filename: '/a' }] } } },
  ])('is accepted: %j', (info) => {
    expect(() => judgeImageInfo('/a', JSON.stringify(info))).not.toThrow();
  });

  it.each([
    { 'backing-filename': 'b' },
    { 'full-backing-filename': '/b' },
    { 'format-specific': { data: { 'data-file': '/etc/shadow' } } },
    { 'format-specific': { data: { extents: [{ filename: '/a' }, { filename: '/b' }] } } },
  ])('is refused where it names another file: %j', (info) => {
    expect(() => judgeImageInfo('/a', JSON.stringify(info))).toThrow(/is not opened/);
  });
});

describe('a manifest', () => {
  it('gives its packages', () => {
    const packages = [{ name: 'a', version: '1', architecture: 'amd64' }];
    expect(parseManifestPackages('/m', JSON.stringify({ packages }))).toEqual(packages);
  });

  it.each([
    '',
    'null',
    '[]',
    '{}',
    '{"packages": {}}',
    '{"packages": [null]}',
    '{"packages": [{}]}',
  ])('is not %j', (text) => {
    expect(() => parseManifestPackages('/m', text)).toThrow(/is not a manifest.json/);
  });
});

describe('a failure of read-image', () => {
  const say = (error: string, message = 'Told.') => JSON.stringify({ error, message });
  it.each([
    ['host', 'not-root', say('not-root')],
    ['host', 'not-root', 'sudo: a password is required'],
    ['host', 'tool-missing', say('tool-missing')],
    ['host', 'no-mounts', say('namespace-refused')],
    ['host', 'no-loop-devices', say('mount-failed', 'No loop device for /a: busy.')],
    ['input', 'image-damaged', say('mount-failed', 'wrong fs type')],
    ['input', 'image-damaged', say('no-root-filesystem')],
    ['input', 'image-damaged', say('damaged-filesystem')],
  ])('is %s, %s: %s', (kind, code, stderr) => {
    expect(explainReader('/a', { exitCode: 1, stderr })).toMatchObject({
      kind,
      problems: [{ code, hint: expect.stringMatching(/\.$/) }],
    });
  });

  it('that it did not foresee is a bug of ours', () => {
    const stderr = 'Traceback\nKeyError: 1';
    expect(() => explainReader('/a', { exitCode: 1, stderr })).toThrow(/KeyError: 1/);
  });
});
