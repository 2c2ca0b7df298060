import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createWorkbench, nothing, type Workbench } from '../support/stand-in/workbench.ts';

let bench: Workbench;
let cache: string;

beforeAll(async () => {
  bench = await createWorkbench();
  cache = join(bench.directory, 'layers');
}, 30_000);
afterAll(() => bench.close());

async function build(name: string, inputs: Readonly<Record<string, string>> = {}) {
  const more = { cache: 'read-write', 'cache-path': cache, ...inputs };
  const ended = await bench.build(name, { inputs: more, flags: ['--json'] }).ended;
  expect({ status: ended.status, stderr: ended.stderr.slice(-1500) }).toMatchObject({ status: 0 });
  const outputs = JSON.parse(ended.stdout) as Record<string, string>;
  const isReused = (outputs.layers ?? '').includes('"position":"image"');
  return { outputs, isReused, stderr: ended.stderr };
}

const onlyImage = (): string => {
  const [id = ''] = readdirSync(join(cache, 'images'));
  return join(cache, 'images', id, 'trove-guest-debian-bookworm.qcow2');
};

describe('a build in which nothing has changed', () => {
  it('gives the finished image of the build before, with its record, in another directory', async () => {
    const first = await build('first');
    expect(first.isReused).toBe(false);
    const second = await build('second');
    expect(second.isReused).toBe(true);
    expect(second.outputs.sha256).toBe(first.outputs.sha256);
    expect(second.outputs['build-id']).toBe(first.outputs['build-id']);
    expect(second.stderr).toMatch(/Nothing has changed since 20.*: that image is used again\./);
    const directory = bench.outputDir('second');
    expect(readdirSync(directory).sort()).toEqual([
      'SHA256SUMS',
      'manifest.json',
      'trove-guest-debian-bookworm.log',
      'trove-guest-debian-bookworm.qcow2',
    ]);
    const record = (name: string) => readFileSync(join(bench.outputDir(name), 'manifest.json'));
    expect(record('second').equals(record('first'))).toBe(true);
    expect(bench.residue('second', second.stderr)).toEqual(nothing);
  });

  it('is foretold by a dry run', async () => {
    const { stdout } = await bench.build('foretold', {
      inputs: { cache: 'read', 'cache-path': cache },
      flags: ['--dry-run', '--json'],
    }).ended;
    expect(JSON.parse(stdout).layers).toEqual([
      {
        position: 'image',
        result: 'hit',
        reason: 'nothing has changed: the finished image is used again',
        costMs: 0,
      },
    ]);
  });

  it('builds when the stored image is not what it was, and says so', async () => {
    const stored = onlyImage();
    const bytes = readFileSync(stored);
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    writeFileSync(stored, bytes);
    const again = await build('damaged');
    expect(again.isReused).toBe(false);
    expect(again.stderr).toMatch(/Warning: The finished image in the cache is not used.*digest/);
    expect((await build('mended')).isReused).toBe(true);
  });

  it.each([
    ['an input changed', { 'image-size': '6' }],
    ['another format is wanted', { formats: 'raw' }],
    ['the image would be of another name', { 'image-name': 'other' }],
    ['a package is added', { packages: 'htop' }],
    ['its age is over the limit', { 'cache-max-age': '0' }],
    ['the cache is off', { cache: 'off' }],
    ['the cache is only written', { cache: 'write' }],
  ])('builds when %s', async (name, inputs) => {
    expect((await build(name.replaceAll(' ', '-'), inputs)).isReused).toBe(false);
  });
});
