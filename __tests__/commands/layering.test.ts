import { describe, expect, it } from '@jest/globals';
import type { LayerPorts } from '../../src/commands/layer-run.ts';
import { createLayering, type Layering } from '../../src/commands/layering.ts';
import type { Problem } from '../../src/errors.ts';
import type { CacheMode, LayerManifest, Trail } from '../../src/model/layers.ts';
import type { Files, Web } from '../../src/ports/files.ts';

type Words = readonly [string, ...string[]];
type Answer = (words: Words) => unknown;

const hooks = [
  ['root.d/08-bootstrap', '0755', 'a1', 'debootstrap'],
  ['root.d/50-cache', '0755', 'a2', 'mount --bind cache'],
  ['install.d/01-package-installs', '0755', 'b1', 'install-packages'],
  ['install.d/60-agent', '0755', 'b2', 'cp /opt/agent/x /usr'],
  ['post-install.d/90-own', '0755', 'c1', 'echo'],
  ['source-repository-agent', '0644', 'd1', 'agent git /opt/agent http://example.org/agent main'],
];
const savedBlob = {
  ...{ sizeBytes: 10, treeBytes: 20, entries: 1, deleted: 0, resolvConf: 'file' },
  ...{ aptIndexes: {}, aptSources: {} },
};
const archive = { name: 'default', url: 'http://archive.example.org/debian', suite: 'bookworm' };

/** A build without diskimage-builder: answers of the tool, and all that was asked of it and kept. */
function createRun(mode: CacheMode = 'read-write', answers: Readonly<Record<string, Answer>> = {}) {
  const calls: Words[] = [];
  const warnings: Problem[] = [];
  const written: Record<string, string> = {};
  const stored = new Map<string, LayerManifest>();
  let trail: Trail | null = null;
  let saves = 0;
  const usual: Readonly<Record<string, Answer>> = {
    hooks: () => ({ files: hooks }),
    watch: () => ({ watched: ['50-cache'] }),
    mounts: () => ({ mounts: ['var/cache'], byHook: { '50-cache': ['var/cache'] }, impure: [] }),
    scan: () => ({ changes: [], sources: { 'opt/agent': 's1' }, packageInstalls: null }),
    save: () => {
      saves += 1;
      return { ...savedBlob, sha256: String(saves).repeat(64) };
    },
    check: () => ({ ok: true }),
  };
  const call = async <T>(words: Words): Promise<T> => {
    calls.push(words);
    const answer = answers[words[0]] ?? usual[words[0]] ?? (() => ({}));
    return answer(words) as T;
  };
  const log = { warning: (problem: Problem) => warnings.push(problem), progress: () => undefined };
  const ports = {
    clock: { now: () => 1_000_000 },
    log,
    web: {} as Web,
    files: {
      read: async () => 'TMP_MOUNT_PATH=/w/build/mnt\0TMP_HOOKS_PATH=/w/build/hooks\0ARCH=amd64\0',
      write: async (path: string, text: string) => {
        written[path] = text;
      },
    } as unknown as Files,
    store: {
      find: async (key: string) => stored.get(key) ?? null,
      fetch: async () => undefined,
      store: async (manifest: LayerManifest) => void stored.set(manifest.key, manifest),
      readTrail: async () => trail,
      writeTrail: async (_: string, newest: Trail) => {
        trail = newest;
      },
    },
    tool: { call },
    checker: { call },
  } as unknown as LayerPorts;
  const open = (): Layering =>
    createLayering(
      ports,
      { mode, maxAgeMs: 1e9, directory: '/w/layers' },
      {
        ...{ architecture: 'amd64', tools: {}, slot: 'guest', extraData: 'e1' },
        archives: [{ ...archive, inReleaseSha256: 'i1', date: '' }],
        ownScripts: new Set(['post-install.d/90-own']),
        secretVariables: [],
        workspacePath: '/w',
      },
    );
  const names = (): readonly string[] => calls.map(([name]) => name);
  return { open, calls, names, warnings, written, stored };
}

const chrootStops = ['save-0', 'put-back-0', 'save-1', 'save-2'];

async function runAll(layering: Layering): Promise<void> {
  for (const name of ['root-begin', 'root-end', 'extra-data-end', ...chrootStops])
    await layering.onStop(name, 7);
}

describe('the layering of a build', () => {
  it('saves every layer of a cold build, each above the one before it, and answers every stop', async () => {
    const run = createRun();
    const layering = run.open();
    await runAll(layering);
    const reports = await layering.finish();
    expect(reports.map(({ position, result, saved }) => [position, result, saved])).toEqual([
      ['root', 'miss', true],
      ['install.d/01-package-installs', 'miss', true],
      ['install.d/60-agent', 'miss', true],
      ['post-install.d/90-own', 'miss', true],
    ]);
    const parents = [...run.stored.values()].map(({ parent }) => parent?.key ?? null);
    expect(parents).toEqual([null, ...[...run.stored.keys()].slice(0, -1)]);
    expect(run.names().filter((name) => name === 'answer')).toHaveLength(7);
    expect(run.warnings).toEqual([]);
    expect([...run.stored.values()][0]).toMatchObject({
      mountHooks: ['50-cache'],
      mounts: ['var/cache'],
    });
  });

  it('moves a source aside until its script, and takes care that nobody makes its path meanwhile', async () => {
    const run = createRun();
    await runAll(run.open());
    const arrangement = JSON.parse(run.written['/w/layers/arrangement.json'] ?? '');
    expect(arrangement.deferred).toEqual([
      { path: 'opt/agent', stash: '/w/build/trove-image-sources/0' },
    ]);
    const saves = run.calls.filter(([name]) => name === 'save');
    expect(saves.map((words) => words.includes('opt/agent'))).toEqual([false, true, false, false]);
    expect(run.calls).toContainEqual([
      'put-back',
      '/w/build/mnt',
      '/w/build/trove-image-sources/0',
      'opt/agent',
    ]);
  });

  it('restores the whole chain in the next build: root first, the others when extra-data is done', async () => {
    const run = createRun();
    const cold = run.open();
    await runAll(cold);
    await cold.finish();
    run.calls.length = 0;
    const warm = run.open();
    for (const name of ['root-begin', 'root-end', 'extra-data-end']) await warm.onStop(name, 7);
    const reports = await warm.finish();
    expect(reports.map(({ result }) => result)).toEqual(['hit', 'hit', 'hit', 'hit']);
    const restores = run.calls.filter(([name]) => name === 'restore');
    expect(restores.map((words) => words.filter((word) => word.endsWith('.blob')).length)).toEqual([
      1, 3,
    ]);
    expect(run.calls).toContainEqual(['neutralise', '/w/build/hooks', '--keep', '50-cache']);
    expect(run.names()).not.toContain('save');
    expect(run.warnings).toEqual([]);
  });

  it.each<[string, CacheMode, number, number]>([
    ['read uses layers and saves none', 'read', 3, 0],
    ['write uses none and saves all', 'write', 0, 4],
  ])('in the mode %s', async (_, mode, hits, saved) => {
    const cold = createRun();
    const layering = cold.open();
    await runAll(layering);
    await layering.finish();
    const run = createRun(mode);
    for (const manifest of [...cold.stored.values()].slice(0, 3))
      run.stored.set(manifest.key, manifest);
    const next = run.open();
    await runAll(next);
    const reports = await next.finish();
    expect(reports.filter(({ result }) => result === 'hit')).toHaveLength(hits);
    expect(reports.filter((report) => report.saved)).toHaveLength(saved);
  });

  it.each<[string, Readonly<Record<string, Answer>>, RegExp]>([
    [
      'a root hook mounts and writes',
      { mounts: () => ({ mounts: ['x'], byHook: {}, impure: ['50-cache'] }) },
      /mounts, and does more/,
    ],
    [
      'a mount has no known origin',
      { mounts: () => ({ mounts: ['x'], byHook: {}, impure: [] }) },
      /nobody knows which root hook mounted \/x/,
    ],
    ['the tool refuses', { save: () => ({ refused: 'a process is alive' }) }, /a process is alive/],
    [
      'the tool fails',
      {
        save: () => {
          throw new Error('no space left');
        },
      },
      /no space left/,
    ],
  ])('saves nothing when %s, says why, and lets the build go on', async (_, answers, why) => {
    const run = createRun('read-write', answers);
    const layering = run.open();
    await runAll(layering);
    const reports = await layering.finish();
    expect(reports.some(({ saved }) => saved)).toBe(false);
    expect(run.stored.size).toBe(0);
    const told = [
      ...run.warnings.map(({ message }) => message),
      ...reports.map(({ reason }) => reason),
    ];
    expect(told.join('\n')).toMatch(why);
    expect(layering.brokenBy()).toBeNull();
    const words = run.calls.filter(([name]) => name === 'answer').map(([, , word]) => word);
    expect(new Set(words)).toEqual(new Set(['go']));
  });

  it.each<[string, Readonly<Record<string, Answer>>]>([
    [
      'a layer could not be extracted completely',
      {
        restore: () => {
          throw new Error('tar ended with exit status 2');
        },
      },
    ],
    ['other mounts are there than with the restored layer', { mounts: () => ({ mounts: [] }) }],
  ])('ends the build when %s, so that it can begin again', async (_, answers) => {
    const cold = createRun();
    const layering = cold.open();
    await runAll(layering);
    await layering.finish();
    const run = createRun('read-write', answers);
    for (const manifest of cold.stored.values()) run.stored.set(manifest.key, manifest);
    const warm = run.open();
    await warm.onStop('root-begin', 7);
    await warm.onStop('root-end', 7);
    expect(warm.brokenBy()).not.toBeNull();
    expect(run.calls.at(-1)?.[2]).toBe('stop');
  });

  it('heeds a stop once, whoever says its name again', async () => {
    const run = createRun();
    const layering = run.open();
    await layering.onStop('root-begin', 7);
    await layering.onStop('root-begin', 7);
    expect(run.names().filter((name) => name === 'answer')).toHaveLength(1);
  });

  it('names what changed since the last build, and that the rest lies above it', async () => {
    const run = createRun();
    const cold = run.open();
    await runAll(cold);
    await cold.finish();
    const changed = createRun('read', {
      scan: () => ({ changes: [], sources: { 'opt/agent': 's2' }, packageInstalls: null }),
    });
    for (const manifest of run.stored.values()) changed.stored.set(manifest.key, manifest);
    const warm = changed.open();
    await runAll(warm);
    const reports = await warm.finish();
    expect(reports.map(({ result }) => result)).toEqual(['hit', 'hit', 'miss', 'miss']);
  });
});
