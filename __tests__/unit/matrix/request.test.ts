import { describe, expect, it } from '@jest/globals';
import { readPlanRequest } from '../../../src/core/inputs/plan-request.ts';
import { listHeld, locate } from '../../../src/core/matrix/held.ts';
import { renderPlanHelp } from '../../../src/core/matrix/help.ts';
import {
  findEarlier,
  type PublishedManifest,
  readPublished,
} from '../../../src/core/matrix/published.ts';
import { createTree } from '../../../src/core/matrix/tree.ts';
import { TroveImageError } from '../../../src/errors.ts';
import { inputTable } from '../../../src/model/input-table.ts';
import { planInputs } from '../../../src/model/plan-inputs.ts';

const read = (raw: Readonly<Record<string, string>>) => readPlanRequest(raw, '/site', inputTable);
function refusals(raw: Readonly<Record<string, string>>): readonly string[] {
  try {
    read(raw);
  } catch (error) {
    if (error instanceof TroveImageError) return error.problems.map(({ message }) => message);
  }
  return [];
}

describe('the inputs of a plan', () => {
  it('have defaults', () => {
    expect(read({})).toEqual({
      ...{ catalogue: '', base: '', images: [], published: null, foresees: false },
      runners: { amd64: 'ubuntu-latest', arm64: 'ubuntu-24.04-arm' },
      explicit: { 'cache-backend': 'auto', 'cache-path': '', install: 'auto' },
    });
  });

  it('are lists of names, ids, paths and pairs', () => {
    const id = 'a'.repeat(64);
    const request = read({
      images: 'web, nightly-*',
      published: `${id}\nbuilt/web /var/images`,
      runners: 'arm64=my-arm',
      inputs: 'mirror = http://archive.example.org/debian\nenvironment=A=1\nenvironment=B=2',
      base: ' HEAD^1 ',
    });
    expect(request).toMatchObject({
      images: ['web', 'nightly-*'],
      published: { ids: [id], manifests: ['/site/built/web', '/var/images'] },
      runners: { amd64: 'ubuntu-latest', arm64: 'my-arm' },
      explicit: { mirror: 'http://archive.example.org/debian', environment: 'A=1\nB=2' },
      base: 'HEAD^1',
    });
  });

  it.each(['main', 'origin/main', 'v1.2', 'HEAD~3', 'HEAD^1', 'main@{1}', 'a'.repeat(40)])(
    'take %s as a base',
    (base) => {
      expect(read({ base }).base).toBe(base);
    },
  );

  it.each(['-x', '--output=x', 'a b', 'main:file', 'a\nb', '$(id)', '^main', ':/text'])(
    'refuse %j as a base',
    (base) => {
      expect(refusals({ base })).toEqual([expect.stringMatching(/^base: got /)]);
    },
  );

  it('are refused with all mistakes at once, and no secret is repeated', () => {
    const said = refusals({
      images: 'a/b',
      runners: 'riscv=x',
      published: 'a:b',
      cache: 'write',
      inputs: 'root-password=hunter2hunter2\nno-such=1\nimage=web\nnonsense',
      bsae: 'x',
    });
    expect(said).toHaveLength(9);
    expect(said.join()).toContain('"bsae" is not an input. Did you mean "base"?');
    expect(said.join()).toContain('root-password is a secret');
    expect(said.join()).not.toContain('hunter2');
  });

  it('are all in the help, within 100 columns', () => {
    const help = renderPlanHelp(planInputs);
    for (const { name } of planInputs) expect(help).toContain(`  --${name} `);
    expect(help.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });
});

describe('a path', () => {
  const place = { root: '/real/site', cwd: '/link/site/sub', prefix: 'sub' };
  it.each([
    ['/link/site/sub/elements', 'sub/elements'],
    ['/link/site/sub', 'sub'],
    ['/real/site', ''],
    ['/real/site/elements', 'elements'],
    ['/real/site-2/elements', null],
    ['/usr/share', null],
  ])('%s lies in the repository at %j', (path, expected) => {
    expect(locate(place, path)).toBe(expected);
  });

  it('of a file that decides an image is held with what it holds', () => {
    const file = (path: string) => ({ path, mode: '100644', id: path });
    const tree = createTree(
      ['agent.conf', 'tox.ini', 'trove/guestagent/datastore/mysql', 'x'].map(file),
      new Map(),
    );
    const held = listHeld(tree, { trove: '', files: ['agent.conf', null, 'gone'] });
    expect(held.map(({ path }) => path)).toEqual([
      'agent.conf',
      'tox.ini',
      'trove/guestagent/datastore/mysql',
    ]);
  });
});

describe('the manifest of a published image', () => {
  const manifest = {
    ...{
      buildId: 'a'.repeat(64),
      builtAt: '2026-01-01',
      durationSeconds: 1,
      tools: {},
      guest: {},
      trove: null,
    },
    ...{ containerImages: [], sources: [], elements: [], environment: {}, command: [] },
    files: [{ fileName: 'web.qcow2' }],
  } as unknown as PublishedManifest;

  it('is read, and nothing else is', () => {
    expect(readPublished(JSON.stringify(manifest))).toEqual(manifest);
    for (const text of [
      '',
      'null',
      '[]',
      '{}',
      JSON.stringify({ ...manifest, buildId: 'a' }),
      JSON.stringify({ ...manifest, files: {} }),
    ])
      expect(readPublished(text)).toBeNull();
  });

  it('of an image is the newest with a file of its name', () => {
    const later = { ...manifest, builtAt: '2026-02-01' };
    expect(findEarlier([manifest, later, manifest], ['web.raw', 'web.qcow2'])).toBe(later);
    expect(findEarlier([manifest], ['store.qcow2'])).toBeNull();
  });
});
