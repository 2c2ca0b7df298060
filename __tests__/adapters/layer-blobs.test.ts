import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type EvilLayer,
  evilHeaders,
  evilHeads,
  evilHoles,
  evilMembers,
} from '../fixtures/layer-trees/evil-layers.ts';
import {
  compress,
  headMember,
  type Member,
  makeArchive,
  sparseMember,
  writeBlob,
  writeLayer,
} from '../support/layer/archive.ts';
import { answerOf, check, openBench, runLayer, type SavedBlob } from '../support/layer/bench.ts';

const bench = openBench('layer-blobs-');
const { at } = bench;
/** A tree that no restore in this file may change, and what is beside it. */
const tree = bench.place('outer/tree');
const file: Member = { name: 'file', data: 'content' };
let honest: SavedBlob;

/** Everything in the tree and beside it; no link is followed. */
const look = (folder = at('outer')): string =>
  readdirSync(folder, { withFileTypes: true })
    .map((entry) => {
      const path = `${folder}/${entry.name}`;
      const { mode, ino, ctimeMs } = lstatSync(path);
      const below = entry.isDirectory() ? look(path) : '';
      return `${path} ${mode} ${ino} ${ctimeMs}\n${below}`;
    })
    .join('');

/** The check refuses it, and changes nothing; restoring it all the same, neither. */
function expectRefused(blob: SavedBlob, reason: string | RegExp, isRestored = true): void {
  const before = look();
  expect(check(blob)).toMatch(reason);
  expect(look()).toBe(before);
  if (!isRestored) return;
  const { status, error } = runLayer(['restore', tree, at('state'), blob.path]);
  expect({ status, error }).toEqual({ status: 1, error: `${blob.path} was not checked` });
  expect(look()).toBe(before);
  expect(existsSync(at('state'))).toBe(false);
}

beforeAll(() => {
  mkdirSync(`${tree}/directory`);
  writeFileSync(`${tree}/directory/file`, 'of the tree');
  writeFileSync(at('outer/secret'), 'of the host');
  symlinkSync(at('outer'), `${tree}/way-out`);
  honest = writeLayer(at('honest'), [
    { name: 'd/', kind: '5' },
    { name: 'd/file', data: 'x'.repeat(700) },
    file,
    { name: 'hard', kind: '1', link: 'file' },
    sparseMember('holes', [0, 4, 4096, 0], { stored: 'data' }),
    { name: 'null', kind: '3', device: [1, 3] },
    { name: 'soft', kind: '2', link: '/anywhere' },
  ]);
});
afterAll(() => bench.close());

describe('a layer as it has to be', () => {
  it('is accepted and restored, so that only what is wrong with the others can be refused', () => {
    expect(check(honest)).toBeNull();
    const target = bench.place('good');
    const answer = answerOf(['restore', target, at('good.state'), honest.path]);
    expect(answer).toEqual({ entries: 7, deleted: 0 });
    expect(readFileSync(`${target}/hard`, 'utf8')).toBe('content');
    expect(readFileSync(`${target}/holes`)).toEqual(
      Buffer.concat([Buffer.from('data'), Buffer.alloc(4092)]),
    );
  });
});

describe('a layer whose bytes are damaged is refused:', () => {
  const change = (edit: (bytes: Buffer) => Buffer): SavedBlob => {
    const bytes = edit(Buffer.from(readFileSync(honest.path)));
    writeFileSync(at('changed'), bytes);
    return { ...honest, path: at('changed') };
  };
  const renamed = (blob: SavedBlob): SavedBlob =>
    writeBlob(blob.path, readFileSync(blob.path), honest.treeBytes);

  it('one that is not there', () => {
    expectRefused({ ...honest, path: at('nowhere') }, 'there is no blob');
  });

  it('a truncated one', () => {
    const blob = change((bytes) => bytes.subarray(0, -1));
    expectRefused(blob, `it has ${honest.sizeBytes - 1} bytes instead of ${honest.sizeBytes}`);
  });

  it.each([5, 20, 40])(
    'a truncated one whose manifest says so, at byte %i from the end',
    (count) => {
      expectRefused(
        renamed(change((bytes) => bytes.subarray(0, -count))),
        /ends too early|damaged/,
      );
    },
  );

  it('one with a bit that flipped', () => {
    const blob = change((bytes) => {
      const middle = bytes.length >> 1;
      bytes[middle] = (bytes[middle] ?? 0) ^ 1;
      return bytes;
    });
    expectRefused(blob, 'SHA-256 differs');
  });

  it('another layer in its place, of the same size', () => {
    const blob = change((bytes) => bytes);
    expectRefused({ ...blob, sha256: 'a'.repeat(64) }, 'SHA-256 differs');
  });

  it('one that is not compressed with zstd', () => {
    expectRefused(writeBlob(at('plain'), makeArchive([headMember()])), 'not compressed with zstd');
  });

  it('bytes after its end', () => {
    const blob = change((bytes) => Buffer.concat([bytes, Buffer.from('garbage')]));
    expectRefused(renamed(blob), 'zstd cannot unpack all of it');
  });

  it('a second archive after its end', () => {
    const more = compress(makeArchive([{ name: '../evil' }]));
    const blob = change((bytes) => Buffer.concat([bytes, more]));
    expectRefused(renamed(blob), 'does not end where it should');
  });

  it('members after a lone empty block', () => {
    const all = Buffer.concat([
      makeArchive([headMember()]).subarray(0, -512),
      makeArchive([{ name: '../evil' }]),
    ]);
    expectRefused(writeBlob(at('lone'), compress(all)), 'does not end where it should');
  });

  it('an archive without an end', () => {
    const all = makeArchive([headMember(), file]).subarray(0, -1024);
    expectRefused(writeBlob(at('endless'), compress(all)), 'ends too early');
  });

  it('an endless end', () => {
    const all = Buffer.concat([makeArchive([headMember()]), Buffer.alloc(1 << 20)]);
    expectRefused(writeBlob(at('zeros'), compress(all)), 'does not end where it should');
  });

  it('nothing at all', () => {
    expectRefused(writeBlob(at('empty'), compress(Buffer.alloc(0))), 'ends too early');
  });

  it('one without a head', () => {
    expectRefused(writeBlob(at('headless'), compress(makeArchive([file]))), 'does not begin with');
  });

  it('one whose head is no JSON, or is nested without end', () => {
    for (const data of ['{', '[]', 'null', '['.repeat(100_000)]) {
      const all = makeArchive([{ name: '.trove-image-layer', data }]);
      expectRefused(writeBlob(at('head'), compress(all)), /no JSON|not as it has to be/);
    }
  });
});

/** Without the record of a check, which `check` proves not to be there, no restore begins: see above. */
const judge = ([what, members, reason, head]: EvilLayer): void => {
  const blob = writeLayer(at(what.replace(/\W+/g, '-').slice(0, 60)), members, { head });
  expectRefused(blob, reason, false);
};

describe('a member that is none of a layer is refused:', () => {
  it.each(evilMembers)('%s', (...layer) => judge(layer));
});

describe('a header that tar could read in another way is refused:', () => {
  it.each(evilHeaders)('%s', (...layer) => judge(layer));
});

describe('a file with holes is refused that has', () => {
  it.each(evilHoles)('%s', (...layer) => judge(layer));
});

describe('a head is refused that has', () => {
  it.each(evilHeads)('%s', (...layer) => judge(layer));
});

describe('a bomb is refused:', () => {
  it('more data than the manifest says', () => {
    const members = [{ name: 'zeros', data: Buffer.alloc(4 << 20) }];
    expectRefused(writeLayer(at('bomb'), members, { treeBytes: 1000 }), 'more than the 1000 bytes');
  });

  it('a size that is only in the header', () => {
    const member: Member = { ...file, size: '77777777777\0' };
    expectRefused(writeLayer(at('liar'), [member]), 'unpacks to more than');
  });

  it('many files with holes that are large together', () => {
    const members = [1, 2, 3].map((number) =>
      sparseMember(`file-${number}`, [1 << 20, 0], { real: String(1 << 20) }),
    );
    expectRefused(writeLayer(at('holes'), members, { treeBytes: 2000 }), 'unpacks to more than');
  });

  it('but not a long list of deletions beside little data', () => {
    const deleted = Array.from({ length: 60_000 }, (_, number) => `usr/share/doc/${number}/file`);
    expect(check(writeLayer(at('list'), [file], { head: { deleted }, treeBytes: 7 }))).toBeNull();
  });
});
