import { describe, expect, it } from '@jest/globals';
import { compareSides } from '../../../src/core/diff/compare.ts';
import { composeTree, type DetailedFacts } from '../../../src/core/diff/facts.ts';
import { showBytes, showName } from '../../../src/core/diff/spelling.ts';
import { renderDifference } from '../../../src/core/diff/text.ts';
import { cleanImage } from '../support/image.ts';
import { entry, side } from '../support/tree.ts';

const MIB = 1024 * 1024;
const packages = [
  { name: 'curl', version: '7.88', architecture: 'amd64' },
  { name: 'openssl', version: '3.0', architecture: 'amd64' },
];
const old = side(
  [
    entry('/', { type: 'd' }),
    entry('/boot/vmlinuz-1', { sizeBytes: 8 * MIB }),
    entry('/etc/motd', { sizeBytes: 286 }),
    entry('/usr/bin/ls', { sizeBytes: 150_000 }),
    entry('/var/cache/a', { digest: 'old' }),
  ],
  { path: '/old.qcow2', packages },
);
const now = side(
  [
    entry('/', { type: 'd' }),
    entry('/boot/vmlinuz-2', { sizeBytes: 9 * MIB }),
    entry('/etc/motd', { sizeBytes: 294, digest: 'bb', mode: '0600' }),
    entry('/usr/bin/ls', { sizeBytes: 150_000, xattrs: { 'security.capability': '01' } }),
    entry('/var/cache/a', { digest: 'new' }),
    entry('/etc/fifo', { type: 'p', sizeBytes: 0 }),
  ],
  {
    path: '/new.qcow2',
    packages: [{ ...packages[0], version: '7.87' }] as typeof packages,
  },
);
const patterns = [
  { line: 1, text: '/var/cache/*' },
  { line: 2, text: '/never' },
];

describe('a difference for people', () => {
  it('reads from packages to files to what was ignored, the biggest change first', () => {
    const text = renderDifference(compareSides(old, now, patterns), 40);
    expect(text.split('\n')).toEqual([
      'OLD  /old.qcow2',
      'NEW  /new.qcow2',
      '',
      'Packages: 0 added, 1 removed, 1 changed',
      '  removed  openssl:amd64  3.0',
      '  changed  curl:amd64     7.88 -> 7.87 (older)',
      '',
      'Files: 2 added, 1 removed, 2 changed; +1.0 MiB in all',
      '  directory  added  removed  changed      size',
      '  /boot          1        1        -  +1.0 MiB',
      '  /etc           1        -        1      +8 B',
      '  /usr/bin       -        -        1       0 B',
      '',
      'Files added: 2 (9.0 MiB)',
      '  9.0 MiB  /boot/vmlinuz-2',
      '     FIFO  /etc/fifo',
      '',
      'Files removed: 1 (8.0 MiB)',
      '  8.0 MiB  /boot/vmlinuz-1',
      '',
      'Files changed: 2',
      '  +8 B  /etc/motd    content 286 B -> 294 B; mode 0644 -> 0600',
      '   0 B  /usr/bin/ls  attribute security.capability none -> 01',
      '',
      'Ignored: 1',
      '  1  /var/cache/*',
      'Patterns that fit no difference:',
      '  /never',
      '',
      '7 differences, but for 1 ignored; compared were 1 package, 6 files, and the disk around them.',
    ]);
  });

  it('is cut at the limit, and says so; 0 shows all', () => {
    const many = side(Array.from({ length: 50 }, (_, at) => entry(`/f/${at}`)));
    const difference = compareSides(side([]), many, []);
    const text = renderDifference(difference, 3);
    expect(text).toContain('  and 47 more (--limit 0 shows all)');
    expect(text.match(/ {2}\/f\/\d+/g)).toHaveLength(3);
    expect(renderDifference(difference, 0).match(/ {2}\/f\/\d+/g)).toHaveLength(50);
  });

  it('of very many files is shown whole', () => {
    const many = side(Array.from({ length: 150_000 }, (_, at) => entry(`/f/${at}`)));
    const lines = renderDifference(compareSides(side([]), many, []), 0).split('\n');
    expect(lines.length).toBeGreaterThan(150_000);
  });

  it('tells the disk, with digests cut to a length that can be compared by eye', () => {
    const digest = (letter: string) => `blocks:${letter.repeat(64)}`;
    const disk = (size: number, letter: string) => ({
      tree: { files: [], disk: { 'disk:size': `${size} bytes`, 'disk:boot-code': digest(letter) } },
    });
    const text = renderDifference(
      compareSides(side([], disk(1, 'a')), side([], disk(2, 'b')), []),
      40,
    );
    expect(text).toContain('Disk: 2 changed\n  disk:size       1 bytes -> 2 bytes\n');
    expect(text).toContain('  disk:boot-code  aaaaaaaa… -> bbbbbbbb…');
  });

  it('is none where only what is ignored differs', () => {
    const difference = compareSides(side([entry('/a')]), side([entry('/a', { digest: 'bb' })]), [
      { line: 1, text: '/a' },
    ]);
    expect(difference).toMatchObject({ equal: true, ignored: { count: 1 } });
    expect(renderDifference(difference, 40)).toContain(
      'No differences, but for 1 ignored; compared were 0 packages, 1 file,',
    );
  });

  it('with a manifest is one of packages, and says that files were not compared', () => {
    const manifest = { path: '/manifest.json', packages, tree: null };
    const difference = compareSides(manifest, { ...old, packages }, []);
    expect(difference).toMatchObject({
      equal: true,
      compared: ['packages'],
      totals: { packages: 2 },
    });
    expect(renderDifference(difference, 40)).toMatch(
      /No differences; compared were 2 packages; a manifest tells nothing of files\.$/,
    );
  });
});

describe('a name out of an image', () => {
  it.each([
    ['/plain name', '/plain name'],
    ['/é', '/é'],
    ['/n\udc80\udce9', '/n\\x80\\xe9'],
    ['/new\nline\t', '/new\\x0aline\\x09'],
    ['/\u001b[31mred', '/\\x1b[31mred'],
    ['/left\u202eright', '/left\\u202eright'],
    ['/back\\slash', '/back\\\\slash'],
    ['/\u{e0001}', '/\\u{e0001}'],
  ])('%j is shown as %s', (name, shown) => {
    expect(showName(name)).toBe(shown);
  });
});

describe('a size', () => {
  it.each([
    [0, '0 B', '0 B'],
    [1023, '1023 B', '+1023 B'],
    [-1536, '1.5 KiB', '-1.5 KiB'],
    [3 * 1024 ** 4, '3.0 TiB', '+3.0 TiB'],
  ])('of %i bytes is %s, as a difference %s', (bytes, plain, signed) => {
    expect([showBytes(bytes), showBytes(bytes, true)]).toEqual([plain, signed]);
  });
});

describe('the answer of read-image', () => {
  const partition = { number: 1, startBytes: 512, sizeBytes: 9, type: '83', bootable: true };
  const facts = {
    ...cleanImage,
    files: [['/a', 'c', '0600', 0, 0, 0, null]],
    root: { ...cleanImage.root, fsType: 'ext4', partition: 2, sizeBytes: 7 },
    partitions: [
      { ...partition, fsType: 'vfat', label: 'any', uuid: 'any' },
      { ...partition, number: 2, bootable: false, fsType: 'ext4', label: 'any' },
    ],
    details: {
      diskBytes: 99,
      bootCode: 'blocks:1',
      partitions: ['blocks:2', null],
      files: [[null, null, '1:5', null, null]],
    },
  } as unknown as DetailedFacts;

  it('becomes files and a disk, without labels and ids', () => {
    expect(composeTree(facts)).toEqual({
      files: [entry('/a', { type: 'c', mode: '0600', sizeBytes: 0, device: '1:5' })],
      disk: {
        'disk:size': '99 bytes',
        'disk:root': 'ext4 on partition 2, 7 bytes',
        'disk:boot-code': 'blocks:1',
        'disk:partition-1': 'type 83, vfat, bytes 512 + 9, bootable',
        'disk:partition-1-content': 'blocks:2',
        'disk:partition-2': 'type 83, ext4, bytes 512 + 9',
      },
    });
  });

  it('is not taken where details are missing', () => {
    expect(() => composeTree({ ...facts, details: { ...facts.details, files: [] } })).toThrow(
      '0 details of 1 files',
    );
  });
});
