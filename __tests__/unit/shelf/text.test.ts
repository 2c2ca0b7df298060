import { describe, expect, it } from '@jest/globals';
import { alignRows, showBytes, showName } from '../../../src/core/diff/spelling.ts';
import { describeAge } from '../../../src/core/layers/explain.ts';
import { renderDetail } from '../../../src/core/shelf/detail.ts';
import { readShelf } from '../../../src/core/shelf/items.ts';
import { renderRemoved, renderShelf, sortAsTree } from '../../../src/core/shelf/text.ts';
import type { CacheEntry } from '../../../src/model/shelf.ts';
import {
  idOf,
  imageEntry,
  imageRecord,
  layerEntry,
  layerManifest,
  nowMs,
} from '../support/shelf.ts';

const spelling = { alignRows, showBytes, showName, describeAge };
const gib = 1024 ** 3;
const shelfOf = (entries: readonly CacheEntry[], mostBytes = 20 * gib) => ({
  ...{ cachePath: '/cache', items: readShelf(entries), mostBytes, nowMs },
});
const render = (entries: readonly CacheEntry[], mostBytes?: number) =>
  renderShelf(shelfOf(entries, mostBytes), spelling).split('\n');

describe('the table of the cache', () => {
  it('has layers as a tree, then images, then the sum', () => {
    const lines = render([
      imageEntry('eeee'),
      layerEntry('cccc', 'bbbb', {}, { savedAtMs: nowMs - 60_000 }),
      layerEntry('dddd', null, {}, { position: 'root', savedAtMs: nowMs }),
      layerEntry('bbbb', 'aaaa'),
      layerEntry('aaaa', null, {}, { position: 'root', ingredients: {} }),
    ]);
    expect(lines).toEqual([
      'kind   position            id               size   age  last use   cost  parent        guest',
      'layer  root                aaaa00000000  1.1 KiB  24 h    60 min   61 s  -             -',
      'layer    install.d/bbbb    bbbb00000000  1.1 KiB  24 h    60 min   61 s  aaaa00000000  debian bookworm amd64',
      'layer      install.d/cccc  cccc00000000  1.1 KiB  60 s    60 min   61 s  bbbb00000000  debian bookworm amd64',
      'layer  root                dddd00000000  1.1 KiB   0 s    60 min   61 s  -             debian bookworm amd64',
      'image  -                   eeee00000000  2.2 KiB   2 h      60 s  2 min  -             guest.qcow2',
      '',
      '6.5 KiB of 20.0 GiB in /cache',
    ]);
  });

  it('marks what is not sound, and says why', () => {
    const lines = render([
      layerEntry('bbbb', 'aaaa'),
      imageEntry('eeee', { files: {} }),
      layerEntry('ffff', null, { manifest: { format: 2 } }),
      layerEntry('1111', null, { manifest: null, locked: 'EACCES: no' }),
    ]);
    expect(lines).toContainEqual(
      expect.stringMatching(/^layer {2}install.d\/bbbb \(an orphan\) +bbbb0+ /),
    );
    expect(lines).toContainEqual(expect.stringMatching(/^image {2}- \(damaged\) +eeee0+ /));
    expect(lines.slice(-5)).toEqual([
      'bbbb00000000 is an orphan: the layer below is gone',
      'ffff00000000 is of another version: its format is 2',
      "111100000000 is another user's: EACCES: no",
      'eeee00000000 is damaged: guest.qcow2 is missing',
      '5.5 KiB of 20.0 GiB in /cache',
    ]);
  });

  it('says that the cache is empty, or over its bound', () => {
    expect(render([])).toEqual(['The cache is empty: 0 B of 20.0 GiB in /cache']);
    expect(render([imageEntry('eeee')], 2000).at(-1)).toBe(
      '2.2 KiB of 2.0 KiB in /cache (trove-image cache gc makes room)',
    );
  });

  it('has nothing that a terminal would act on', () => {
    const position = 'root\u001b[2J\u202e';
    const text = render([
      layerEntry('aaaa', null, {}, { position, ingredients: { architecture: 'a\u0007' } }),
      imageEntry('eeee', {
        manifest: imageRecord('eeee', { files: [{ fileName: 'a\nb' } as never] }),
      }),
    ]).join('\n');
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}|\p{Cf}/u);
    expect(text).toContain('root\\x1b[2J\\u202e');
    expect(text).toContain('a\\x0ab');
  });

  it('has every entry once, even those in a circle', () => {
    const items = readShelf([
      layerEntry('aaaa', 'bbbb'),
      layerEntry('bbbb', 'aaaa'),
      imageEntry('e'),
    ]);
    expect(sortAsTree(items).map(({ item, depth }) => [item.id[0], depth])).toEqual([
      ...[
        ['a', 0],
        ['b', 1],
        ['e', 0],
      ],
    ]);
  });
});

describe('what was removed', () => {
  const items = readShelf([layerEntry('aaaa', null), imageEntry('eeee')]);
  const removals = items.map((item, index) => ({
    item,
    why: ['', 'not used for longest'][index] ?? '',
  }));
  const shelf = { cachePath: '/cache', items, mostBytes: null };

  it('is told with its size, its reason and what is left', () => {
    const done = { removed: removals, failed: [], freedBytes: 3400 };
    expect(renderRemoved(done, null, shelf, spelling).split('\n')).toEqual([
      'layer  install.d/aaaa  aaaa00000000  1.1 KiB',
      'image  guest.qcow2     eeee00000000  2.2 KiB  not used for longest',
      '2 entries removed, 3.3 KiB freed; 0 B left in /cache',
    ]);
  });

  it('counts what killed builds left, against the bound', () => {
    const done = { removed: removals.slice(0, 1), failed: [], freedBytes: 1100 };
    const swept = { count: 2, sizeBytes: 1024 };
    const text = renderRemoved(done, swept, { ...shelf, mostBytes: gib }, spelling);
    expect(text.split('\n').slice(1)).toEqual([
      'Left by killed builds and removed: 2 (1.0 KiB)',
      '1 entry removed, 2.1 KiB freed; 2.2 KiB of 1.0 GiB left in /cache',
    ]);
  });

  it('is told apart from what could not be', () => {
    const failed = [{ ...(removals[0] as (typeof removals)[0]), reason: 'EACCES' }];
    const text = renderRemoved({ removed: [], failed, freedBytes: 0 }, null, shelf, spelling);
    expect(text.split('\n')).toEqual([
      '0 entries removed, 0 B freed; 3.3 KiB left in /cache',
      'aaaa00000000 could not be removed: EACCES',
    ]);
  });
});

describe('one entry', () => {
  const show = (start: string, entries: readonly CacheEntry[]): string => {
    const items = readShelf(entries);
    const index = items.findIndex(({ id }) => id.startsWith(start));
    const [item, manifest] = [items[index], entries[index]?.manifest];
    if (item === undefined) throw new Error('no such entry');
    return renderDetail({ item, manifest, items, nowMs }, spelling);
  };

  it('is a layer with all that its key was made of, what no key knows, and the layers around it', () => {
    const manifest = {
      impureScripts: ['install.d/10-pip'],
      observedArchives: [{ url: 'http://archive.example.org/x', suite: 's', sha256: idOf('5') }],
      ...{ mounts: ['var/cache/apt'], mountHooks: ['50-shared-apt-cache'] },
    };
    const text = show('bbbb', [
      layerEntry('aaaa', null),
      layerEntry('bbbb', 'aaaa', {}, manifest),
      layerEntry('cccc', 'bbbb'),
    ]);
    expect(text.split('\n')).toEqual([
      `layer        ${idOf('bbbb')}`,
      'guest        debian bookworm amd64',
      'position     install.d/bbbb',
      `parent       ${idOf('aaaa')} install.d/aaaa`,
      `blob         sha256:${idOf('bbbbb')} 1000 B`,
      'holds        4.9 KiB in 7 files; deletes 1',
      'mounts       var/cache/apt',
      'mount hooks  50-shared-apt-cache',
      'saved        2026-11-24T12:00:00.000Z (24 h ago)',
      'last use     2026-11-25T11:00:00.000Z (60 min ago)',
      'cost         61 s',
      '',
      'Scripts that fetch what no key knows: 1',
      '  install.d/10-pip',
      '',
      'Archives that scripts added: 1',
      '  http://archive.example.org/x  s  500000000000',
      '',
      'Ingredients: 3',
      '  architecture                                                amd64',
      '  archive http://archive.example.org/debian bookworm-updates  a10000000000',
      '  archive http://archive.example.org/debian bookworm          a00000000000',
      '',
      'Layers above: 1',
      '  cccc00000000  install.d/cccc',
    ]);
  });

  it('is an image with its files and their digests', () => {
    expect(show('eeee', [imageEntry('eeee')]).split('\n')).toEqual([
      `image        ${idOf('eeee')}`,
      'guest        debian bookworm amd64',
      'built        2026-11-25T10:00:00.000Z',
      `build id     ${idOf('d')}`,
      'trove-image  1.2.3',
      'saved        2026-11-25T10:00:00.000Z (2 h ago)',
      'last use     2026-11-25T11:59:00.000Z (60 s ago)',
      'cost         2 min',
      '',
      'Files: 1',
      `  guest.qcow2  2.0 KiB  sha256:${idOf('f')}`,
    ]);
  });

  it('is shown whatever is wrong with it, and nothing in it acts on a terminal', () => {
    expect(show('aaaa', [layerEntry('aaaa', null, { manifest: null })])).toMatch(
      /^state +damaged: no readable manifest$/m,
    );
    const hostile = { ...layerManifest('aaaa', 'bbbb'), ingredients: { '\u001b]0;x': '\u0007' } };
    const text = show('aaaa', [layerEntry('aaaa', null, { manifest: hostile })]);
    expect(text).toMatch(/^parent +bbbb0+ \(gone\)$/m);
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });
});
