import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createDirectoryCache } from '../../src/adapters/directory-cache.ts';
import { readShelf } from '../../src/core/shelf/items.ts';
import { trimCache } from '../../src/stages/trim-cache.ts';
import { fakeLog } from '../stages/fakes.ts';
import { type CacheBench, createCacheBench } from '../support/cache-process.ts';
import { dayMs, idOf, imageRecord } from '../unit/support/shelf.ts';

let bench: CacheBench;
let cache: ReturnType<typeof createDirectoryCache>;

beforeEach(() => {
  bench = createCacheBench();
  cache = createDirectoryCache(bench.root);
});
afterEach(() => bench.close());

const keep = async (start: string, parent: string | null = null, bytes?: Buffer) => {
  const { manifest, path } = bench.makeLayer(start, parent, bytes);
  await cache.store(manifest, path);
  return manifest;
};
const placeOf = (start: string, name = ''): string => join(bench.root, 'layers', idOf(start), name);
const age = (path: string, days: number): void => {
  const then = Date.now() / 1000 - (days * dayMs) / 1000;
  utimesSync(path, then, then);
};
const staged = (): readonly string[] => readdirSync(join(bench.root, 'staging'));

describe('a layer', () => {
  it('is found and fetched as it was stored, without a second copy of its bytes', async () => {
    const { manifest, path } = bench.makeLayer('aa', 'bb');
    const bytes = readFileSync(path);
    await cache.store(manifest, path);
    expect(existsSync(path)).toBe(false);
    expect(await cache.find(manifest.key)).toEqual(manifest);
    await cache.fetch(manifest, bench.at('fetched'));
    expect(readFileSync(bench.at('fetched'))).toEqual(bytes);
    expect(statSync(bench.at('fetched')).ino).toBe(statSync(placeOf('aa', 'blob')).ino);
    expect(staged()).toEqual([]);
  });

  it('that was never stored is none, in a cache that does not exist as well', async () => {
    expect(await cache.find(idOf('aa'))).toBeNull();
    expect(await cache.findImage(idOf('aa'))).toBeNull();
    expect(await cache.readTrail('debian')).toBeNull();
    expect(existsSync(bench.root)).toBe(false);
    await keep('bb');
    expect(await cache.find(idOf('aa'))).toBeNull();
  });

  it('that is stored again takes the place of the first', async () => {
    await keep('aa', null, Buffer.from('first'));
    const second = await keep('aa', null, Buffer.from('the second'));
    expect(await cache.find(idOf('aa'))).toEqual(second);
    expect(readFileSync(placeOf('aa', 'blob'), 'utf8')).toBe('the second');
    expect(staged()).toEqual([]);
  });

  it('is not put over a file that is there', async () => {
    const manifest = await keep('aa');
    writeFileSync(bench.at('there'), 'mine');
    await expect(cache.fetch(manifest, bench.at('there'))).rejects.toThrow(/EEXIST/);
    expect(readFileSync(bench.at('there'), 'utf8')).toBe('mine');
  });

  it('is not given any more when it was removed, or replaced, since it was found', async () => {
    const found = await keep('aa', null, Buffer.from('first'));
    await keep('aa', null, Buffer.from('the second'));
    await expect(cache.fetch(found, bench.at('fetched'))).rejects.toThrow(
      /another build put its own/,
    );
    expect(existsSync(bench.at('fetched'))).toBe(false);
    await cache.remove({ kind: 'layer', id: found.key });
    await expect(cache.fetch(found, bench.at('fetched'))).rejects.toThrow(/removed from the cache/);
  });

  it('that was fetched stays when its entry goes', async () => {
    const manifest = await keep('aa');
    await cache.fetch(manifest, bench.at('fetched'));
    await cache.remove({ kind: 'layer', id: manifest.key });
    expect(await cache.find(manifest.key)).toBeNull();
    expect(readFileSync(bench.at('fetched'), 'utf8')).toBe('the bytes of aa');
    await cache.remove({ kind: 'layer', id: manifest.key });
  });

  it.each([
    ['cut off', '{"format":1,'],
    ['empty', ''],
  ])(
    'whose manifest is %s is trouble to who asks for it, and makes room for a new one',
    async (_, text) => {
      await keep('aa');
      writeFileSync(placeOf('aa', 'manifest.json'), text);
      await expect(cache.find(idOf('aa'))).rejects.toMatchObject({
        problems: [
          { code: 'cache-trouble', message: 'the manifest of the layer aa0000000000 is damaged' },
        ],
      });
      const again = await keep('aa');
      expect(await cache.find(idOf('aa'))).toEqual(again);
    },
  );

  it('lies where nobody else can write, and cannot be written any more, whatever the umask', async () => {
    const before = process.umask(0);
    try {
      await keep('aa');
      await cache.writeTrail('debian', { format: 1 } as never);
    } finally {
      process.umask(before);
    }
    const modes = readdirSync(bench.root, { recursive: true, withFileTypes: true }).map((each) => [
      each.name,
      (lstatSync(join(each.parentPath, each.name)).mode & 0o777).toString(8),
    ]);
    expect((statSync(bench.root).mode & 0o777).toString(8)).toBe('700');
    expect(Object.fromEntries(modes)).toEqual({
      ...{ layers: '700', staging: '700', trails: '700', [idOf('aa')]: '700' },
      ...{ blob: '444', 'manifest.json': '600', 'debian.json': '600' },
    });
  });
});

describe('a trail, and a finished image', () => {
  it('are kept; the newest trail counts', async () => {
    for (const savedAtMs of [1, 2])
      await cache.writeTrail('debian-bookworm-amd64', {
        format: 1,
        savedAtMs,
        layers: [],
      } as never);
    expect(await cache.readTrail('debian-bookworm-amd64')).toMatchObject({ savedAtMs: 2 });
    expect(staged()).toEqual([]);

    writeFileSync(bench.at('guest.qcow2'), 'an image');
    await cache.storeImage(imageRecord('ee'), [
      { name: 'guest.qcow2', path: bench.at('guest.qcow2') },
    ]);
    expect(await cache.findImage(idOf('ee'))).toEqual(imageRecord('ee'));
    await cache.fetchImageFile(idOf('ee'), 'guest.qcow2', bench.at('fetched'));
    // who gets an image may write into it
    writeFileSync(bench.at('fetched'), 'changed');
    writeFileSync(bench.at('guest.qcow2'), 'changed');
    await cache.fetchImageFile(idOf('ee'), 'guest.qcow2', bench.at('again'));
    expect(readFileSync(bench.at('again'), 'utf8')).toBe('an image');
  });

  it('are not kept in part: what cannot be copied leaves nothing', async () => {
    const files = [{ name: 'guest.qcow2', path: bench.at('gone') }];
    await expect(cache.storeImage(imageRecord('ee'), files)).rejects.toThrow(/ENOENT/);
    expect(await cache.findImage(idOf('ee'))).toBeNull();
    expect(staged()).toEqual([]);
  });
});

describe('a name that would leave the directory', () => {
  const names = ['..', '../x', '/etc', 'a/b', '', '.hidden', `a\u0000`, '-rf', 'a'.repeat(300)];

  it.each(names)('is refused: %j', async (name) => {
    const { path, manifest } = bench.makeLayer('aa');
    await keep('ee');
    const results = await Promise.allSettled([
      cache.find(name),
      cache.fetch({ ...manifest, key: name }, bench.at('fetched')),
      cache.store({ ...manifest, key: name }, path),
      cache.readTrail(name),
      cache.writeTrail(name, { format: 1 } as never),
      cache.findImage(name),
      cache.fetchImageFile(idOf('ee'), name, bench.at('fetched')),
      cache.storeImage(imageRecord('ee'), [{ name, path }]),
      cache.remove({ kind: 'layer', id: name }),
    ]);
    for (const result of results) {
      const message = expect.stringMatching(/is no name of a cache entry/);
      expect(result).toMatchObject({ status: 'rejected', reason: { message } });
    }
    expect(existsSync(bench.at('fetched'))).toBe(false);
    expect(readdirSync(bench.directory).sort()).toEqual(['cache', 'plain', 'program.mjs', 'work']);
  });
});

describe('the list', () => {
  it('has every entry with size, last use, files and manifest', async () => {
    await keep('aa');
    await cache.storeImage(imageRecord('ee'), []);
    age(placeOf('aa', 'manifest.json'), 3);
    const entries = await cache.list();
    expect(entries).toHaveLength(2);
    const [layer, image] = entries;
    const manifestBytes = statSync(placeOf('aa', 'manifest.json')).size;
    expect(layer).toMatchObject({
      ...{ kind: 'layer', id: idOf('aa'), locked: null, sizeBytes: 15 + manifestBytes },
      ...{ files: { blob: 15, 'manifest.json': manifestBytes } },
      manifest: { key: idOf('aa') },
    });
    expect(Math.round((Date.now() - (layer?.usedAtMs ?? 0)) / dayMs)).toBe(3);
    expect(image).toMatchObject({ kind: 'image', manifest: { id: idOf('ee') } });
  });

  it('has what is damaged, and nothing that is no entry', async () => {
    await keep('aa');
    await keep('bb');
    rmSync(placeOf('aa', 'blob'));
    writeFileSync(placeOf('bb', 'manifest.json'), '{');
    symlinkSync('nowhere', placeOf('bb', 'dangling'));
    mkdirSync(placeOf('cc'));
    for (const name of ['photos', '.git', idOf('dd').slice(1)])
      mkdirSync(join(bench.root, 'layers', name));
    writeFileSync(placeOf('ff'), 'a file');
    symlinkSync('/etc', placeOf('ab'));
    const entries = await cache.list();
    expect(entries.map(({ id, manifest }) => [id.slice(0, 2), manifest === null]).sort()).toEqual([
      ['aa', false],
      ['bb', true],
      ['cc', true],
    ]);
  });

  it('of a cache that is a file is trouble, and not empty', async () => {
    writeFileSync(bench.root, '');
    await expect(cache.list()).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(cache.find(idOf('aa'))).rejects.toMatchObject({ code: 'ENOTDIR' });
    const { manifest, path } = bench.makeLayer('aa');
    await expect(cache.store(manifest, path)).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(cache.sweep()).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(cache.remove({ kind: 'layer', id: idOf('aa') })).rejects.toMatchObject({
      code: 'ENOTDIR',
    });
  });
});

describe('sweeping', () => {
  it('removes what nobody has written for an hour, and only that', async () => {
    await keep('aa');
    const at = (name: string): string => join(bench.root, 'staging', name);
    for (const name of ['new-oldone', 'new-young1', 'new-busy01', 'theirs']) {
      mkdirSync(at(name));
      writeFileSync(join(at(name), 'blob'), '12345');
      if (name !== 'new-busy01') age(join(at(name), 'blob'), 1);
      if (name !== 'new-young1') age(at(name), 1);
    }
    expect(await cache.sweep()).toEqual({ count: 1, sizeBytes: 5 });
    expect([...staged()].sort()).toEqual(['new-busy01', 'new-young1', 'theirs']);
    expect(await cache.find(idOf('aa'))).not.toBeNull();
  });

  it('of a cache that does not exist makes none', async () => {
    expect(await cache.sweep()).toEqual({ count: 0, sizeBytes: 0 });
    expect(existsSync(bench.root)).toBe(false);
  });
});

describe('a cache that is too large', () => {
  it('loses what was not used for longest, and finding a layer is a use', async () => {
    const names = ['aa', 'bb', 'cc'];
    for (const name of names) {
      await keep(name, null, Buffer.alloc(10_000));
      age(placeOf(name, 'manifest.json'), name === 'cc' ? 1 : 2);
    }
    await cache.find(idOf('aa'));
    await trimCache({ log: fakeLog(), shelf: cache }, 25_000);
    const kept = await Promise.all(names.map((name) => cache.find(idOf(name))));
    expect(kept.map((manifest) => manifest !== null)).toEqual([true, false, true]);
  });

  it('loses what is damaged first, and layers whose parent is gone', async () => {
    await keep('aa', null, Buffer.alloc(10_000));
    await keep('bb', 'ff', Buffer.alloc(10_000));
    await keep('cc', null, Buffer.alloc(10_000));
    writeFileSync(placeOf('cc', 'manifest.json'), '');
    age(placeOf('aa', 'manifest.json'), 9);
    await trimCache({ log: fakeLog(), shelf: cache }, 15_000);
    expect((await cache.list()).map(({ id }) => id)).toEqual([idOf('aa')]);
  });

  it('with a chain that was just used loses nothing but its upper end', async () => {
    const root = await keep('aa', null, Buffer.alloc(10_000));
    const { manifest, path } = bench.makeLayer('bb', null, Buffer.alloc(10_000));
    await cache.store({ ...manifest, parent: { key: root.key, sha256: root.blob.sha256 } }, path);
    for (const name of ['aa', 'bb']) await cache.find(idOf(name));
    await trimCache({ log: fakeLog(), shelf: cache }, 15_000);
    expect(readShelf(await cache.list())).toMatchObject([{ id: idOf('aa'), state: 'sound' }]);
  });
});
