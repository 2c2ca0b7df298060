import { describe, expect, it } from '@jest/globals';
import { compareTrees } from '../../../src/core/diff/trees.ts';
import type { TreeEntry } from '../../../src/model/diff.ts';
import { entry } from '../support/tree.ts';

const nothing = (): boolean => false;
const compare = (old: readonly TreeEntry[], now: readonly TreeEntry[]) =>
  compareTrees(old, now, nothing);
const path = '/usr/bin/tool';

describe('two trees', () => {
  it('that are the same have no difference', () => {
    const files = [
      entry('/', { type: 'd' }),
      entry('/a', { links: 1 }),
      entry('/b', { links: 1 }),
      entry('/c', { xattrs: { 'user.a': '00', 'user.b': '01' } }),
    ];
    const same = files.map((each) => ({ ...each, links: each.links === null ? null : 7 }));
    expect(compare(files, same)).toEqual({ added: [], removed: [], changed: [] });
  });

  it.each<[string, Partial<TreeEntry>, Partial<TreeEntry>, object]>([
    ['content', {}, { digest: 'bb' }, { what: 'content', old: 'aa 100', new: 'bb 100' }],
    ['size', {}, { sizeBytes: 101 }, { what: 'content', old: 'aa 100', new: 'aa 101' }],
    ['mode', {}, { mode: '4755' }, { what: 'mode', old: '0644', new: '4755' }],
    ['owner', {}, { uid: 7 }, { what: 'owner', old: '0:0', new: '7:0' }],
    ['group', {}, { gid: 7 }, { what: 'owner', old: '0:0', new: '0:7' }],
    [
      'flags',
      { flags: 0x30 },
      { flags: 0x10000 },
      {
        what: 'flags',
        old: 'immutable append-only',
        new: '0x10000',
      },
    ],
    ['type', { type: 'p' }, { type: 's' }, { what: 'type', old: 'p', new: 's' }],
    [
      'link target',
      { type: 'l', target: 'a' },
      { type: 'l', target: 'b' },
      {
        what: 'link target',
        old: 'a',
        new: 'b',
      },
    ],
    [
      'device number',
      { type: 'c', device: '1:3' },
      { type: 'c', device: '1:5' },
      {
        what: 'device',
        old: '1:3',
        new: '1:5',
      },
    ],
    [
      'attribute that came',
      {},
      { xattrs: { 'security.capability': '01' } },
      {
        what: 'attribute security.capability',
        old: null,
        new: '01',
      },
    ],
    [
      'attribute that went',
      { xattrs: { 'trusted.x': '' } },
      {},
      {
        what: 'attribute trusted.x',
        old: '',
        new: null,
      },
    ],
    [
      'attribute with a name of every object',
      {},
      { xattrs: { constructor: '01' } },
      {
        what: 'attribute constructor',
        old: null,
        new: '01',
      },
    ],
  ])('that differ in one %s tell that alone', (_, before, after, change) => {
    const { added, removed, changed } = compare([entry(path, before)], [entry(path, after)]);
    expect([added, removed]).toEqual([[], []]);
    expect(changed).toEqual([expect.objectContaining({ path, changes: [change] })]);
  });

  it('tell a file that became a directory once, with both sizes', () => {
    const { changed } = compare([entry(path)], [entry(path, { type: 'd', sizeBytes: 4096 })]);
    expect(changed).toEqual([
      {
        ...{ path, type: 'd', oldBytes: 100, newBytes: 0 },
        changes: [{ what: 'type', old: 'f', new: 'd' }],
      },
    ]);
  });

  it('do not differ in the sizes of directories', () => {
    const at = (sizeBytes: number) => [entry('/d', { type: 'd', sizeBytes })];
    expect(compare(at(4096), at(8192)).changed).toEqual([]);
  });

  it('tell every file that came or went, the largest first', () => {
    const { added, removed } = compare(
      [entry('/kept'), entry('/gone', { sizeBytes: 1 }), entry('/gone-link', { type: 'l' })],
      [entry('/kept'), entry('/small', { sizeBytes: 1 }), entry('/large', { sizeBytes: 9 })],
    );
    expect(added.map((each) => [each.path, each.sizeBytes])).toEqual([
      ['/large', 9],
      ['/small', 1],
    ]);
    expect(removed.map((each) => [each.path, each.sizeBytes])).toEqual([
      ['/gone', 1],
      ['/gone-link', 0],
    ]);
  });

  it('order changes by how much the size changed, then by size', () => {
    const at = (sizes: Readonly<Record<string, number>>, digest: string) =>
      Object.entries(sizes).map(([each, sizeBytes]) => entry(each, { sizeBytes, digest }));
    const { changed } = compare(
      at({ '/a': 10, '/b': 500, '/c': 300, '/d': 500 }, 'aa'),
      at({ '/a': 10, '/b': 500, '/c': 100, '/d': 501 }, 'bb'),
    );
    expect(changed.map((each) => each.path)).toEqual(['/c', '/d', '/b', '/a']);
  });

  it('keep names apart that differ in a byte that is not UTF-8', () => {
    const { added, removed } = compare([entry('/n\udc80')], [entry('/n\udc81')]);
    expect([removed[0]?.path, added[0]?.path]).toEqual(['/n\udc80', '/n\udc81']);
  });

  it('ask once for each path that differs whether it counts', () => {
    const asked: string[] = [];
    const result = compareTrees(
      [entry('/same'), entry('/changed'), entry('/gone')],
      [entry('/same'), entry('/changed', { mode: '0600', uid: 1 }), entry('/new')],
      (each) => asked.push(each) > 0,
    );
    expect(result).toEqual({ added: [], removed: [], changed: [] });
    expect(asked.sort()).toEqual(['/changed', '/gone', '/new']);
  });

  it('are never equal where a file was not read, or where a name stands for two files', () => {
    const unread = [entry(path, { digest: null })];
    expect(() => compare(unread, unread)).toThrow('was not read');
    const double = [entry(path), entry(path)];
    expect(() => compare(double, double)).toThrow('two files');
  });
});

describe('hard links', () => {
  const names = ['/a', '/b', '/c', '/d'];
  /** Names of one letter share an inode; a dot stands alone. */
  const tree = (groups: string) =>
    names.map((each, at) => {
      const letter = groups[at] ?? '.';
      return entry(each, { links: letter === '.' ? null : letter.charCodeAt(0) });
    });

  it.each<[string, string, Record<string, readonly (string | null)[]>]>([
    ['xx..', 'yy..', {}],
    ['xx..', '....', { '/b': ['/a', null] }],
    ['....', '.xx.', { '/c': [null, '/b'] }],
    ['xxyy', 'xyxy', { '/b': ['/a', null], '/c': [null, '/a'], '/d': ['/c', '/b'] }],
    ['xxxx', 'xxyy', { '/c': ['/a', null], '/d': ['/a', '/c'] }],
    ['xxx.', '.xx.', { '/b': ['/a', null], '/c': ['/a', '/b'] }],
  ])('%s that become %s differ where the first name of a group does', (old, now, expected) => {
    const { changed } = compare(tree(old), tree(now));
    const found = changed.map(({ path: each, changes }) => [
      each,
      changes.flatMap((change) => [change.old, change.new]),
    ]);
    expect(Object.fromEntries(found)).toEqual(expected);
    expect(changed.flatMap(({ changes }) => changes.map(({ what }) => what))).toEqual(
      found.map(() => 'hard link'),
    );
  });

  it('to a name that came or went are told by that name alone', () => {
    const { added, removed, changed } = compare(tree('xx..'), [
      ...tree('.x..').slice(1),
      entry('/new', { links: 'x'.charCodeAt(0) }),
    ]);
    expect(added).toEqual([{ path: '/new', type: 'f', sizeBytes: 0 }]);
    expect(removed).toEqual([{ path: '/a', type: 'f', sizeBytes: 100 }]);
    expect(changed).toEqual([]);
  });

  it('of many names take no longer than other files', () => {
    const many = Array.from({ length: 60_000 }, (_, at) => entry(`/${at}`, { links: 1 }));
    const startedAt = performance.now();
    expect(compare(many, many).changed).toEqual([]);
    expect(performance.now() - startedAt).toBeLessThan(3000);
  });
});
