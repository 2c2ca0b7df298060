import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { answerOf, openBench } from '../support/layer/bench.ts';

const bench = openBench('layer-scan-');
let count = 0;
let own = '';
let tree = '';

beforeEach(() => {
  count += 1;
  own = bench.place(`test-${count}`);
  tree = bench.place(`test-${count}/tree`);
});
afterAll(() => bench.close());

function put(path: string, text = 'text'): string {
  const full = join(tree, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, text);
  return full;
}

interface Scanned {
  readonly changes: readonly (readonly [string, string])[];
  readonly sources: Readonly<Record<string, string>>;
  readonly packageInstalls: unknown;
}

const scan = (): void => void answerOf(['scan', tree, join(own, 'state')]);
const compare = (...sources: readonly string[]): Scanned =>
  answerOf([
    'scan',
    ...[tree, join(own, 'state.new')],
    ...['--since', join(own, 'state')],
    ...sources.flatMap((path) => ['--source', path]),
  ]) as unknown as Scanned;
const changedPaths = (): string[] => compare().changes.map(([path]) => path);

describe('the changes since a scan', () => {
  it('are none where nothing changed', () => {
    put('a/file');
    scan();
    expect(compare()).toEqual({ changes: [], sources: {}, packageInstalls: null });
  });

  const edits: readonly (readonly [string, (path: string) => unknown])[] = [
    ['other content', (path) => writeFileSync(path, 'other')],
    ['a mode', (path) => chmodSync(path, 0o600)],
    ['an owner', (path) => chownSync(path, 1, 1)],
    [
      'an attribute',
      (path) =>
        execFileSync('python3', [
          '-c',
          `import os; os.setxattr(${JSON.stringify(path)}, "user.x", b"1")`,
        ]),
    ],
    ['a link in its place', (path) => [rmSync(path), symlinkSync('x', path)]],
    ['a directory in its place', (path) => [rmSync(path), mkdirSync(path)]],
    [
      'content of the same size with the same time',
      (path) => {
        const { atime, mtime } = statSync(path);
        writeFileSync(path, 'TEXT');
        utimesSync(path, atime, mtime);
        expect(statSync(path).mtimeMs).toBe(mtime.getTime());
      },
    ],
  ];
  it.each(edits)(
    'name a file with %s, by a digest that another change does not have',
    (_, edit) => {
      utimesSync(put('a/file'), 1_000_000_000, 1_000_000_000);
      scan();
      expect(changedPaths()).toEqual([]);
      const before = answerOf(['scan', tree, join(own, 'x'), '--since', join(own, 'none')]);
      edit(join(tree, 'a/file'));
      const [change, ...more] = compare().changes;
      expect(more).toEqual([]);
      expect(change).toEqual(['a/file', expect.stringMatching(/^[0-9a-f]{64}$/)]);
      expect((before as unknown as Scanned).changes).not.toContainEqual(change);
    },
  );

  it('name what is new and what is gone, but not directories for that', () => {
    put('a/gone');
    put('a/stays');
    scan();
    rmSync(join(tree, 'a/gone'));
    put('a/new');
    chmodSync(join(tree, 'a/stays'), 0o600);
    expect(compare().changes).toEqual([
      ['a/gone', 'deleted'],
      ['a/new', expect.stringMatching(/^[0-9a-f]{64}$/)],
      ['a/stays', expect.stringMatching(/^[0-9a-f]{64}$/)],
    ]);
  });

  it('are the same when the same is done again, elsewhere and later', () => {
    const digests = ['one', 'two'].map((name) => {
      tree = bench.place(`test-${count}/${name}`);
      put('before');
      scan();
      put('etc/new', 'same');
      symlinkSync('target', join(tree, 'link'));
      return compare().changes;
    });
    expect(digests[0]).toEqual(digests[1]);
    expect(digests[0]).toHaveLength(3);
  });

  it('leave out what belongs to the run: its hooks, records, and name servers', () => {
    scan();
    for (const path of [
      ...['tmp/in_target.d/install.d/10-x', 'tmp/profiledir.AbCd/timings', 'etc/resolv.conf'],
      ...['etc/dib-manifests/dib-manifest', 'etc/resolv.conf.ORIG'],
    ])
      put(path);
    expect(changedPaths().filter((path) => lstatSync(join(tree, path)).isFile())).toEqual([]);
  });

  it('tell apart what is listed for the packages, and survive what is no list', () => {
    scan();
    put('tmp/package-installs.json', '{"install.d": [["a", "b"]]}');
    expect(compare().packageInstalls).toEqual({ 'install.d': [['a', 'b']] });
    put('tmp/package-installs.json', '{');
    expect(compare().packageInstalls).toBeNull();
    rmSync(join(tree, 'tmp/package-installs.json'));
    symlinkSync(join(own, 'outside.json'), join(tree, 'tmp/package-installs.json'));
    writeFileSync(join(own, 'outside.json'), '{"of": "the machine"}');
    expect(compare().packageInstalls).toBeNull();
  });

  it('are all of a tree of which there is no record', () => {
    put('file');
    expect(changedPaths()).toEqual(['file']);
  });

  it('survive names that are not UTF-8', () => {
    scan();
    writeFileSync(Buffer.concat([Buffer.from(`${tree}/`), Buffer.from([0x61, 0xe9])]), 'x');
    expect(changedPaths()).toEqual(['a\udce9']);
  });
});
