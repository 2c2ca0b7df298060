import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ImageDetails } from '../../src/model/diff.ts';
import { GPT, MBR, makeBare, makeDisk } from '../fixtures/small-image/build-image.ts';
import { addHostileFiles, buildTree } from '../fixtures/small-image/build-tree.ts';
import {
  findTraces,
  PROGRAM,
  type Report,
  start,
  waitUntil,
} from '../fixtures/small-image/run-read-image.ts';

const GIB = 2 ** 30;
const capability = '0100000200140000000000000000000000000000';
let folder = '';
const at = (name: string): string => join(folder, name);
const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');

type Detailed = Report & { readonly details: ImageDetails };

function read(image: string, options: readonly string[] = ['--details']): Detailed {
  const args = [at(image), ...['--mount-point', at('mnt')], ...options];
  const { status, stdout, stderr } = start(args);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout) as Detailed;
}

/** What is told of each file, by its path. */
function readFiles(image: string) {
  const { files, details } = read(image);
  return {
    paths: files.map(([path]) => path),
    of: new Map(files.map(([path], index) => [path, details.files[index]])),
  };
}

/** Node has no call for extended attributes. */
function setXattr(path: string, name: string, hex: string): void {
  const code = 'import os, sys; p, n, v = sys.argv[1:]; ';
  const set = 'os.setxattr(p, n, bytes.fromhex(v), follow_symlinks=False)';
  execFileSync('python3', ['-c', code + set, path, name, hex]);
}

function writeAt(path: string, position: number, text: string): void {
  const descriptor = openSync(path, 'r+');
  writeSync(descriptor, text, position);
  closeSync(descriptor);
}

function makeSparse(path: string, sizeBytes: number): void {
  writeFileSync(path, '');
  truncateSync(path, sizeBytes);
}

/** Node cannot name every file of the tree by text. */
const nameOf = (path: string): Buffer =>
  Buffer.concat(
    [...`${at('tree')}${path}`].map((character) => {
      const code = character.codePointAt(0) ?? 0;
      const lone = code >= 0xdc80 && code <= 0xdcff;
      return lone ? Buffer.from([code - 0xdc00]) : Buffer.from(character);
    }),
  );

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'read-details-'));
  chmodSync(folder, 0o755);
  for (const name of ['tree', 'mnt', 'busy']) mkdirSync(at(name));
  buildTree(at('tree'));
  makeDisk(at('mbr.raw'), at('tree'), MBR);
  makeDisk(at('gpt.raw'), at('tree'), GPT);
  writeFileSync(at('secret'), 'of the host');
  addHostileFiles(at('tree'), at('secret'));
  mkdirSync(at('tree/d'));
  const file = (name: string) => at(`tree/d/${name}`);
  for (const name of ['attributes', 'first']) writeFileSync(file(name), name);
  setXattr(file('attributes'), 'security.capability', capability);
  setXattr(file('attributes'), 'trusted.overlay.opaque', '79');
  setXattr(file('attributes'), 'user.empty', '');
  setXattr(file('attributes'), 'user.long', 'ab'.repeat(65));
  symlinkSync('nowhere', file('link'));
  setXattr(file('link'), 'trusted.of-link', '01');
  execFileSync('mkfifo', [file('fifo')]);
  setXattr(file('fifo'), 'trusted.of-fifo', '02');
  linkSync(file('first'), file('second'));
  mkdirSync(file('deeper'));
  linkSync(file('first'), file('deeper/third'));
  makeSparse(file('hole'), 2 * GIB);
  makeSparse(file('zeros'), 2 * GIB);
  writeAt(file('zeros'), GIB, '\0'.repeat(100_000));
  makeSparse(file('longer'), 2 * GIB + 1);
  makeSparse(file('early'), 2 * GIB);
  writeAt(file('early'), GIB, 'x');
  makeSparse(file('late'), 2 * GIB);
  writeAt(file('late'), GIB + 70_000, 'x');
  makeBare(at('tree.raw'), at('tree'));
  execFileSync('debugfs', ['-w', '-R', 'sif /d/attributes flags 0x80010', at('tree.raw')], {
    stdio: 'ignore',
  });
}, 60_000);

afterAll(() => {
  expect(findTraces(folder)).toEqual([]);
  rmSync(folder, { recursive: true });
});

describe('read-image --details', () => {
  it('adds to what is told without it, and changes nothing of that', () => {
    const { details, ...rest } = read('tree.raw');
    expect(rest).toEqual(read('tree.raw', []));
    expect(details.files).toHaveLength(rest.files.length);
    expect(details.diskBytes).toBe(24 * 2 ** 20);
  });

  it('digests every regular file, and nothing else', () => {
    const { files, details } = read('tree.raw');
    const small = 8 * 2 ** 20 + 1;
    for (const [index, [path, type, , , , sizeBytes]] of files.entries()) {
      const digest = details.files[index]?.[0] ?? null;
      const content = type === 'f' && sizeBytes <= small ? readFileSync(nameOf(path)) : null;
      const expected = content === null ? null : sha256(content);
      const large = type === 'f' && sizeBytes > small;
      expect([path, digest]).toEqual([path, large ? expect.stringMatching(/^blocks:/) : expected]);
    }
    expect(files.filter(([, type]) => type === 'f').length).toBeGreaterThan(20);
  });

  it('reads the attributes of every namespace, also of a link and of a FIFO that it does not open', () => {
    const { of } = readFiles('tree.raw');
    expect(of.get('/d/attributes')?.[1]).toEqual({
      'security.capability': capability,
      'trusted.overlay.opaque': '79',
      'user.empty': '',
      'user.long': `sha256:${sha256(Buffer.alloc(65, 0xab))}`,
    });
    expect(of.get('/d/link')?.[1]).toEqual({ 'trusted.of-link': '01' });
    expect(of.get('/d/fifo')?.[1]).toEqual({ 'trusted.of-fifo': '02' });
    expect(of.get('/d/first')?.[1]).toBeNull();
  });

  it('tells device numbers and flags', () => {
    const { of } = readFiles('tree.raw');
    expect(of.get('/h/zero')?.[2]).toBe('1:5');
    expect(of.get('/h/disk')?.[2]).toBe('7:0');
    expect(of.get('/d/attributes')).toEqual([
      expect.any(String),
      expect.any(Object),
      null,
      null,
      16,
    ]);
    expect(of.get('/d/first')?.[4]).toBeNull();
  });

  it('points every name of an inode at the first one', () => {
    const { paths, of } = readFiles('tree.raw');
    const names = ['/d/deeper/third', '/d/first', '/d/second'];
    expect(names.map((path) => of.get(path)?.[3])).toEqual(
      Array(3).fill(paths.indexOf(names[0] ?? '')),
    );
    expect(names.map((path) => of.get(path)?.[0])).toEqual(Array(3).fill(sha256('first')));
    expect([...of.values()].filter((details) => details?.[3] !== null)).toHaveLength(3);
    expect(lstatSync(at('tree/d/first')).nlink).toBe(3);
  });

  it('takes a hole for the zeros that it reads as, and keeps apart what differs in place or length', () => {
    const { of } = readFiles('tree.raw');
    const digest = (name: string) => of.get(`/d/${name}`)?.[0];
    expect(digest('hole')).toMatch(/^blocks:[0-9a-f]{64}$/);
    expect(digest('zeros')).toBe(digest('hole'));
    const others = ['hole', 'longer', 'early', 'late'].map(digest);
    expect(new Set(others).size).toBe(4);
  });

  it.each([
    ['the boot code', 'mbr.raw', 100, 'bootCode'],
    ['what is before the first partition', 'mbr.raw', 2 ** 19, 'bootCode'],
    ['the boot code beside a GPT', 'gpt.raw', 100, 'bootCode'],
    ['another partition', 'mbr.raw', 2 ** 20 + 100, 'partitions'],
    ['the boot code of a bare file system', 'tree.raw', 100, 'bootCode'],
  ] as const)('tells a change of %s', (_, image, position, field) => {
    copyFileSync(at(image), at('changed.raw'));
    writeAt(at('changed.raw'), position, 'changed');
    const [before, after] = [read(image).details, read('changed.raw').details];
    expect(after[field]).not.toEqual(before[field]);
    expect({ ...after, [field]: null }).toEqual({ ...before, [field]: null });
  });

  it.each([
    ['the signature of an MBR', 'mbr.raw', 440],
    ['the ids of a GPT', 'gpt.raw', 520],
  ])('tells nothing of %s', (_, image, position) => {
    copyFileSync(at(image), at('changed.raw'));
    writeAt(at('changed.raw'), position, 'ids');
    expect(read('changed.raw').details.bootCode).toEqual(read(image).details.bootCode);
  });

  it('has no digest for the partition of the root, of which it lists the files', () => {
    expect(read('mbr.raw').details.partitions).toEqual([expect.stringMatching(/^blocks:/), null]);
  });

  it('ends at once when it is told to, in the middle of a file', async () => {
    buildTree(at('busy'));
    for (let number = 0; number < 60; number += 1) makeSparse(at(`busy/${number}`), 60 * 2 ** 20);
    makeBare(at('busy.raw'), at('busy'));
    const args = [at('busy.raw'), ...['--mount-point', at('mnt')], '--details'];
    const child = spawn(PROGRAM, args, { detached: true, stdio: 'ignore' });
    const ended = new Promise((resolve) => {
      child.on('exit', (status, by) => resolve([status, by]));
    });
    const isAttached = () => findTraces(folder).some((line) => line.startsWith(at('busy.raw')));
    expect(await waitUntil(isAttached, 5000)).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const sentAt = performance.now();
    process.kill(-Number(child.pid), 'SIGTERM');
    expect(await ended).toEqual([143, null]);
    expect(performance.now() - sentAt).toBeLessThan(1000);
    await waitUntil(() => findTraces(folder).length === 0, 3000);
    expect(findTraces(folder)).toEqual([]);
  });
});
