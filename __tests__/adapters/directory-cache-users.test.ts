import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createDirectoryCache } from '../../src/adapters/directory-cache.ts';
import { readShelf } from '../../src/core/shelf/items.ts';
import type { LayerManifest } from '../../src/model/layers.ts';
import { type CacheBench, createCacheBench } from '../support/cache-process.ts';
import { killProcessTree } from '../support/runner/process-tree.ts';
import { onMachine } from '../support/stand-in/private-machine.ts';
import { idOf } from '../unit/support/shelf.ts';

let bench: CacheBench;
let cache: ReturnType<typeof createDirectoryCache>;

beforeEach(() => {
  bench = createCacheBench();
  cache = createDirectoryCache(bench.root);
});
afterEach(() => bench.close());

const keys = [idOf('aa'), idOf('bb')] as const;
const nobody = { uid: 65_534, gid: 65_534 };
const staging = (): string => join(bench.root, 'staging');
const pause = (durationMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, durationMs));
const keep = async (start: string, bytes?: Buffer) => {
  const { manifest, path } = bench.makeLayer(start, null, bytes);
  await cache.store(manifest, path);
  return manifest;
};

/** Finds and fetches once: the bytes are those of the manifest, or there are none at all. */
async function readOnce(key: string): Promise<'whole' | 'none' | 'given up'> {
  const path = bench.at('fetched');
  const found = (await cache.find(key)) as LayerManifest | null;
  if (found === null) return 'none';
  try {
    await cache.fetch(found, path);
  } catch (error) {
    expect((error as Error).message).toMatch(/meanwhile/);
    expect(existsSync(path)).toBe(false);
    return 'given up';
  }
  const bytes = readFileSync(path);
  rmSync(path);
  expect(bytes).toHaveLength(found.blob.sizeBytes);
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(found.blob.sha256);
  return 'whole';
}

describe('several processes at the same cache', () => {
  it('never see a part of an entry, however often its writer is killed', async () => {
    const seen = { whole: 0, none: 0, 'given up': 0 };
    for (let round = 0; round < 20; round += 1) {
      const writer = bench.start(['store-forever', bench.at('work'), ...keys]);
      await writer.seen(/ready/);
      const killAtMs = performance.now() + Math.random() * 60;
      while (performance.now() < killAtMs) {
        seen[await readOnce(keys[round % 2] as string)] += 1;
        await pause(1);
      }
      writer.child.kill('SIGKILL');
      await writer.ended;
      for (const key of keys) seen[await readOnce(key)] += 1;
      expect(readShelf(await cache.list()).filter(({ state }) => state !== 'sound')).toEqual([]);
    }
    expect(seen.whole).toBeGreaterThan(40);

    // and what the killed ones left goes, once it is old enough
    const left = readdirSync(staging());
    const hoursAgo = Date.now() / 1000 - 7200;
    for (const path of readdirSync(staging(), { recursive: true, encoding: 'utf8' }))
      utimesSync(join(staging(), path), hoursAgo, hoursAgo);
    expect(await cache.sweep()).toMatchObject({ count: left.length });
    expect(readdirSync(staging())).toEqual([]);
  });

  it('store one key at once: one of them wins, and nothing is left over', async () => {
    const words = ['store-times', bench.at('work'), keys[0], '100'];
    const answers = await Promise.all([bench.ask(words), bench.ask(words), bench.ask(words)]);
    expect(answers).toEqual(answers.map(() => ({ answer: null })));
    expect(await readOnce(keys[0])).toBe('whole');
    expect(readdirSync(staging())).toEqual([]);
  });

  it('tidy it at once, and neither fails', async () => {
    for (let number = 0; number < 30; number += 1) await keep(`${100 + number}`);
    for (const name of ['new-oldone', 'new-older1'])
      mkdirSync(join(staging(), name, 'entry'), { recursive: true });
    const hoursAgo = Date.now() / 1000 - 7200;
    for (const path of readdirSync(staging(), { recursive: true, encoding: 'utf8' }))
      utimesSync(join(staging(), path), hoursAgo, hoursAgo);
    const answers = await Promise.all([0, 1, 2].map(() => bench.ask(['remove-all'])));
    for (const answer of answers) expect(answer).toEqual({ answer: expect.anything() });
    expect(await cache.list()).toEqual([]);
    expect(readdirSync(staging())).toEqual([]);
  });

  it('get a whole blob or none when it is removed while they fetch', async () => {
    const writer = bench.start(['store-forever', bench.at('work'), keys[0]]);
    try {
      await writer.seen(/ready/);
      const seen = { whole: 0, none: 0, 'given up': 0 };
      for (let turn = 0; turn < 150; turn += 1) {
        const [result] = await Promise.all([
          readOnce(keys[0]),
          turn % 3 === 0 ? cache.remove({ kind: 'layer', id: keys[0] }) : pause(1),
        ]);
        seen[result] += 1;
      }
      expect(seen.whole).toBeGreaterThan(0);
    } finally {
      killProcessTree(writer.child.pid ?? 0);
      await writer.ended;
    }
  });
});

describe('another file system', () => {
  const mounted = (path: string, size: string): readonly string[] => {
    mkdirSync(path, { recursive: true });
    return onMachine(`mount -t tmpfs -o mode=777,size=${size} tmpfs ${path}`);
  };
  const thenShow = (command: string): readonly string[] => [
    ...['bash', '-c', `"$@" && ${command}`, 'bash'],
  ];

  it('gets a copy of a blob, and gives one', async () => {
    const bytes = Buffer.alloc(300_000, 'bytes');
    const { blob, key } = await keep('aa', bytes);
    const disk = bench.at('disk');
    const within = [...mounted(disk, '4m'), ...thenShow(`sha256sum ${disk}/fetched`)];
    const { stdout } = await bench.start(['fetch', key, `${disk}/fetched`], { within }).ended;
    expect(stdout).toContain(`${blob.sha256}  ${disk}/fetched`);

    // here the cache is the other file system
    const root = `${disk}/cache`;
    const show = thenShow(`stat -c %n:%s:%a ${root}/layers/*/*; ls ${bench.at('work')}`);
    const stored = await bench.start(['store', bench.at('work'), key, '300000'], {
      ...{ root, within: [...mounted(disk, '4m'), ...show] },
    }).ended;
    expect(stored.stdout).toContain(`${root}/layers/${key}/blob:300000:444`);
    expect(stored.stdout).not.toMatch(/\.blob$/m);
  });

  it('that is full gets no part of a blob', async () => {
    const { key } = await keep('aa', Buffer.alloc(3_000_000, 'bytes'));
    const disk = bench.at('disk');
    const within = [...mounted(disk, '1m'), ...thenShow(`find ${disk} -type f`)];
    const { stdout } = await bench.start(['fetch', key, `${disk}/fetched`], { within }).ended;
    expect(stdout).toMatch(/^\{"code":"ENOSPC".*\}\n$/);
  });

  it('that is full keeps no part of a layer, and nothing in staging', async () => {
    const disk = bench.at('disk');
    const show = thenShow(`find ${disk} -mindepth 2 -printf 'LEFT %P\\n'`);
    const options = { root: `${disk}/cache`, within: [...mounted(disk, '1m'), ...show] };
    const words = ['store', bench.at('work'), keys[0], '3000000'];
    const { stdout } = await bench.start(words, options).ended;
    expect(stdout).toMatch(/"code":"ENOSPC"/);
    expect([...stdout.matchAll(/^LEFT (.*)$/gm)].map(([, path]) => path)).toEqual([
      'cache/staging',
    ]);
  });

  it('without room for one more name lets entries go', async () => {
    await keep('aa');
    const disk = bench.at('disk');
    mkdirSync(disk);
    const within = onMachine(
      `mount -t tmpfs -o size=1m,nr_inodes=16 tmpfs ${disk}`,
      `cp -r ${bench.root} ${disk}/cache`,
      `for n in $(seq 20); do : > ${disk}/$n || break; done 2>/dev/null`,
    );
    const show = thenShow(`ls ${disk}/cache/layers | wc -l`);
    const options = { root: `${disk}/cache`, within: [...within, ...show] };
    const { stdout } = await bench.start(['remove', idOf('aa')], options).ended;
    expect(stdout).toBe('{"answer":null}\n0\n');
  });
});

describe('a cache that may only be read', () => {
  it('gives what it has, and tells who wants to change it', async () => {
    const { key } = await keep('aa');
    const within = onMachine(
      `mount --bind ${bench.root} ${bench.root}`,
      `mount -o remount,bind,ro ${bench.root}`,
    );
    const ask = (...words: readonly string[]) => bench.ask(words, { within });
    expect(await ask('fetch', key, bench.at('fetched'))).toMatchObject({ answer: { key } });
    expect(readFileSync(bench.at('fetched'), 'utf8')).toBe('the bytes of aa');
    expect(await ask('store', bench.at('work'), key, '10')).toMatchObject({ code: 'EROFS' });
    expect(await ask('remove', key)).toMatchObject({ code: 'EROFS' });
    expect(await ask('sweep')).toEqual({ answer: { count: 0, sizeBytes: 0 } });
    expect(await cache.find(key)).not.toBeNull();
  });
});

describe("another user's cache", () => {
  const ask = (...words: readonly string[]) => bench.ask(words, { user: nobody });

  beforeEach(async () => {
    await keep('aa');
  });

  it('is trouble and no crash, whatever is asked', async () => {
    for (const words of [
      ['find', keys[0]],
      ['list'],
      ['sweep'],
      ['store', bench.at('work'), keys[0], '10'],
      ['remove', keys[0]],
    ])
      expect([words[0], await ask(...words)]).toEqual([
        words[0],
        expect.objectContaining({ code: 'EACCES' }),
      ]);
    expect(await readOnce(keys[0])).toBe('whole');
  });

  it('that can be looked into has entries that are locked, and stay', async () => {
    for (const path of ['', 'layers', 'staging']) chmodSync(join(bench.root, path), 0o755);
    mkdirSync(join(staging(), 'new-theirs'));
    utimesSync(join(staging(), 'new-theirs'), 1, 1);
    expect(await ask('list')).toMatchObject({
      answer: [{ id: keys[0], manifest: null, locked: expect.stringMatching(/EACCES/) }],
    });
    expect(await ask('sweep')).toEqual({ answer: { count: 0, sizeBytes: 0 } });
    for (const words of [
      ['find', keys[0]],
      ['store', bench.at('work'), keys[0], '10'],
      ['remove', keys[0]],
    ])
      expect([words[0], await ask(...words)]).toEqual([
        words[0],
        expect.objectContaining({ code: 'EACCES' }),
      ]);
    expect(await readOnce(keys[0])).toBe('whole');
  });
});
