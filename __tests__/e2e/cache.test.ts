import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createDirectoryCache } from '../../src/adapters/directory-cache.ts';
import { renderCacheHelp } from '../../src/core/shelf/help.ts';
import type { ParentLayer, StoredImage } from '../../src/model/layers.ts';
import type { ShelfItem } from '../../src/model/shelf.ts';
import { type CacheBench, createCacheBench } from '../support/cache-process.ts';
import { projectDirectory } from '../support/checkout.ts';
import { onMachine } from '../support/stand-in/private-machine.ts';
import { startProgram } from '../support/stand-in/program.ts';
import { dayMs, idOf, imageRecord } from '../unit/support/shelf.ts';

let bench: CacheBench;
let cache: ReturnType<typeof createDirectoryCache>;

const command = join(projectDirectory, 'bin', 'trove-image');
const run = (args: readonly string[], within: readonly string[] = []) =>
  startProgram([...within, process.execPath, command, 'cache', ...args], {
    cwd: bench.directory,
    environment: {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: bench.directory,
      XDG_CACHE_HOME: bench.at('home-cache'),
    },
  }).ended;
const ask = async (...args: readonly string[]) => {
  const { status, stdout } = await run([...args, '--cache-path', 'cache', '--json']);
  return { status, answer: JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') };
};
const startsOf = (items: readonly ShelfItem[]) => items.map(({ id }) => id.slice(0, 4));
const placeOf = (start: string): string => join(bench.root, 'layers', idOf(start));

async function keep(start: string, parent: ParentLayer | null, daysAgo: number, bytes = 1000) {
  const { manifest, path } = bench.makeLayer(start, null, Buffer.alloc(bytes, start));
  const layer = { ...manifest, parent, savedAtMs: Date.now() - daysAgo * dayMs };
  await cache.store(layer, path);
  return { key: layer.key, sha256: layer.blob.sha256 };
}

beforeEach(async () => {
  bench = createCacheBench();
  cache = createDirectoryCache(bench.root);
  const root = await keep('aaaa', null, 5);
  await keep('aabb', root, 3);
  await keep('cccc', null, 1);
  writeFileSync(bench.at('work/guest.qcow2'), Buffer.alloc(2000));
  const image: StoredImage = { ...imageRecord('eeee'), savedAtMs: Date.now() };
  await cache.storeImage(image, [{ name: 'guest.qcow2', path: bench.at('work/guest.qcow2') }]);
});
afterEach(() => bench.close());

describe('cache ls', () => {
  it('shows all to people, and to programs on the last line of standard output', async () => {
    const { status, stdout, stderr } = await run(['ls', '--cache-path', bench.root]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line) => line.split(/ {2,}/).slice(0, 3).join('|'))).toEqual([
      'kind|position|id',
      'layer|install.d/aaaa|aaaa00000000',
      'layer|install.d/aabb|aabb00000000',
      'layer|install.d/cccc|cccc00000000',
      'image|-|eeee00000000',
      '',
      expect.stringMatching(/^\d+\.\d KiB of 20\.0 GiB in .*\/cache$/),
    ]);
    const { answer } = await ask('ls', '--cache-max-size', '3');
    expect(startsOf(answer.entries)).toEqual(['aaaa', 'aabb', 'cccc', 'eeee']);
    expect(answer).toMatchObject({ cachePath: bench.root, mostBytes: 3 * 1024 ** 3 });
    const sizes = answer.entries.map(({ sizeBytes }: ShelfItem) => sizeBytes);
    expect(answer.totalBytes).toBe(sizes.reduce((a: number, b: number) => a + b));
  });

  it.each([
    [['ls'], /^The cache is empty: 0 B of 20\.0 GiB in .*\/home-cache\/trove-image\/layers\n$/],
    [['gc'], /^0 entries removed, 0 B freed; 0 B of 20\.0 GiB left/],
    [['rm', '--all'], /^0 entries removed/],
  ])(
    'of a directory that does not exist, like %j, is no error and makes none',
    async (args, text) => {
      const { status, stdout, stderr } = await run(args);
      expect({ status, stdout, stderr }).toEqual({
        ...{ status: 0, stdout: expect.stringMatching(text), stderr: '' },
      });
      expect(existsSync(bench.at('home-cache'))).toBe(false);
    },
  );

  it('of what is no directory is the fault of the machine', async () => {
    const { status, stdout } = await run(['ls', '--json', '--cache-path', 'program.mjs']);
    expect({ status, answer: JSON.parse(stdout) }).toMatchObject({
      status: 3,
      answer: { error: { kind: 'host', problems: [{ code: 'name-taken' }] } },
    });
  });
});

describe('cache show', () => {
  it('shows a layer with what its key was made of, and what is above it', async () => {
    const { status, stdout } = await run(['show', 'aaaa', '--cache-path', 'cache']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^layer +aaaa0{60}$/m);
    expect(stdout).toMatch(/^Ingredients: 3\n {2}architecture +amd64$/m);
    expect(stdout).toMatch(/^Layers above: 1\n {2}aabb00000000 {2}install.d\/aabb$/m);
    const { answer } = await ask('show', 'aabb');
    expect(answer).toMatchObject({
      ...{ entry: { parent: idOf('aaaa') }, layersAbove: [] },
      manifest: { ingredients: { architecture: 'amd64' } },
    });
  });

  it('shows an image with the record of its build', async () => {
    const { answer } = await ask('show', 'eeee');
    expect(answer).toMatchObject({
      entry: { kind: 'image', files: ['guest.qcow2'] },
      manifest: { files: [{ sha256: idOf('f') }], manifest: { guest: { os: 'debian' } } },
    });
    expect(answer.manifest).not.toHaveProperty('log');
  });

  it.each([
    [['show', 'beef'], ['entry-not-found']],
    [
      ['rm', 'aaaa', 'beef', 'dead'],
      ['entry-not-found', 'entry-not-found'],
    ],
    [
      ['show', 'aa', '--al'],
      ['unknown-input', 'bad-input'],
    ],
    [['rm'], ['no-entry-named']],
    [['sohw'], ['unknown-command']],
  ])('and the others refuse %j, and remove nothing', async (args, codes) => {
    const { status, answer } = await ask(...args);
    const found = answer.error.problems.map(({ code }: { code: string }) => code);
    expect({ status, codes: found }).toEqual({ status: 2, codes });
    expect(await cache.list()).toHaveLength(4);
  });

  it('lists the candidates of an id that several have', async () => {
    await keep('eeeeee', null, 0);
    const { status, stderr } = await run(['show', 'eeee', '--cache-path', 'cache']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/eeee stands for 2 entries: .*eeeeee0+ \(layer .*eeee0+ \(image guest/);
  });
});

describe('cache rm', () => {
  it.each([
    [['aaaa'], ['aaaa', 'aabb'], ['cccc', 'eeee']],
    [
      ['aabb', 'eeee'],
      ['aabb', 'eeee'],
      ['aaaa', 'cccc'],
    ],
    [['--all'], ['aaaa', 'aabb', 'cccc', 'eeee'], []],
    [
      ['--older-than', '4'],
      ['aaaa', 'aabb'],
      ['cccc', 'eeee'],
    ],
    [['--older-than', '30'], [], ['aaaa', 'aabb', 'cccc', 'eeee']],
  ])('%j removes that and the layers above', async (args, gone, left) => {
    const { totalBytes } = (await ask('ls')).answer;
    const { status, answer } = await ask('rm', ...args);
    expect({ status, gone: startsOf(answer.removed).sort() }).toEqual({ status: 0, gone });
    expect(answer.freedBytes + answer.totalBytes).toBe(totalBytes);
    expect(startsOf((await ask('ls')).answer.entries)).toEqual(left);
    expect(readdirSync(join(bench.root, 'staging'))).toEqual([]);
  });

  it('tells people what went and how much that was', async () => {
    const { stdout } = await run(['rm', 'aaaa', '--cache-path', 'cache']);
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/^layer {2}install\.d\/aaaa {2}aaaa0{8} +\S+ KiB$/),
      expect.stringMatching(/^layer {2}install\.d\/aabb {2}aabb0{8} .* above a layer that goes$/),
      expect.stringMatching(/^2 entries removed, \S+ KiB freed; \S+ KiB left in .*\/cache$/),
      '',
    ]);
  });

  it('tells what it could not remove, for each entry, and exits with 3', async () => {
    const within = onMachine(
      `mount --bind ${bench.root} ${bench.root}`,
      `mount -o remount,bind,ro ${bench.root}`,
    );
    const { status, stdout, stderr } = await run(
      ['rm', '--all', '--json', '--cache-path', 'cache'],
      within,
    );
    expect({ status, ...JSON.parse(stdout) }).toMatchObject({
      status: 3,
      removed: [],
      freedBytes: 0,
    });
    expect(JSON.parse(stdout).failed).toHaveLength(4);
    expect(
      stderr.match(/^Error: (layer|image) [0-9a-f]{12} could not be removed: EROFS/gm),
    ).toHaveLength(4);
    expect(stderr).toContain('[entry-not-removed]');
  });

  it('touches nothing that is no entry of a cache', async () => {
    const other = bench.at('project');
    for (const name of ['images/holiday', 'layers/top', 'staging/old'])
      mkdirSync(join(other, name), { recursive: true });
    utimesSync(join(other, 'staging/old'), 1, 1);
    for (const args of [['rm', '--all'], ['gc'], ['rm', '--older-than', '0']])
      expect((await run([...args, '--cache-path', other])).status).toBe(0);
    expect(readdirSync(other, { recursive: true }).sort()).toEqual([
      ...['images', 'images/holiday', 'layers', 'layers/top', 'staging', 'staging/old'],
    ]);
  });
});

describe('cache gc', () => {
  it('removes what is damaged, orphans, what killed builds left, and what is too much', async () => {
    rmSync(join(placeOf('cccc'), 'blob'));
    await keep('dddd', { key: idOf('ffff'), sha256: idOf('f') }, 0);
    const left = join(bench.root, 'staging', 'new-killed');
    mkdirSync(left);
    writeFileSync(join(left, 'blob'), '12345');
    for (const path of [join(left, 'blob'), left]) utimesSync(path, 1, 1);
    const { status, answer } = await ask('gc');
    expect(status).toBe(0);
    const why = answer.removed.map((each: ShelfItem & { why: string }) => [
      each.id.slice(0, 4),
      each.why,
    ]);
    expect(Object.fromEntries(why)).toEqual({
      cccc: 'blob is missing',
      dddd: 'the layer below is gone',
    });
    expect(answer.swept).toEqual({ count: 1, sizeBytes: 5 });
    expect(startsOf((await ask('ls')).answer.entries)).toEqual(['aaaa', 'aabb', 'eeee']);
  });

  it('keeps to the bound, by last use', async () => {
    // without its content it is as large as it says
    const image = join(bench.root, 'images', idOf('eeee'), 'guest.qcow2');
    chmodSync(image, 0o600);
    const manifest = imageRecord('eeee');
    const bytes = 1.5 * 1024 ** 3;
    const large = { ...manifest, files: [{ ...manifest.files[0], sizeBytes: bytes }] };
    const within = ['bash', '-c', `truncate -s ${bytes} ${image} && "$@"`, 'bash'];
    writeFileSync(join(bench.root, 'images', idOf('eeee'), 'manifest.json'), JSON.stringify(large));
    utimesSync(join(bench.root, 'images', idOf('eeee'), 'manifest.json'), 1, 1);
    const args = ['gc', '--cache-max-size', '1', '--cache-path', 'cache', '--json'];
    const { status, stdout } = await run(args, within);
    expect({ status, ...JSON.parse(stdout) }).toMatchObject({
      ...{ status: 0, removed: [{ id: idOf('eeee'), why: 'not used for longest' }] },
      ...{ failed: [], freedBytes: expect.any(Number), mostBytes: 1024 ** 3 },
    });
    expect(startsOf((await ask('ls')).answer.entries)).toEqual(['aaaa', 'aabb', 'cccc']);
  });
});

describe('the command cache', () => {
  it('prints its help', async () => {
    const { status, stdout } = await run(['--help']);
    expect({ status, stdout }).toEqual({ status: 0, stdout: `${renderCacheHelp()}\n` });
  });
});
