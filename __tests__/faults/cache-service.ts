import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { makeCheckout } from '../support/checkout.ts';
import { readResidue } from '../support/residue.ts';
import type { Fault } from '../support/results-service/faults.ts';
import { type ResultsService, startResultsService } from '../support/results-service/service.ts';
import { type RunResult, runAction } from '../support/runner.ts';

const MINUTE_MS = 60_000;
const directory = mkdtempSync('/var/tmp/cache-service-faults-');
const actionDirectory = join(directory, 'action');
let service: ResultsService;

beforeAll(async () => {
  chmodSync(directory, 0o755);
  makeCheckout(actionDirectory);
  service = await startResultsService({ directory: mkdtempSync(join(directory, 'service-')) });
});

afterAll(async () => {
  await service.close();
  rmSync(directory, { recursive: true, force: true });
});

const start = (name: string, extraEnv: Record<string, string> = {}): Promise<RunResult> =>
  runAction({
    actionDirectory,
    directory: join(directory, name),
    inputs: { 'guest-os': 'debian', 'guest-release': 'bookworm', artifact: 'off' },
    extraEnv: { ...service.env(), ...extraEnv },
    timeLimitMs: 20 * MINUTE_MS,
  });

function expectBuilt(run: RunResult): readonly string[] {
  expect({ exitCode: run.main.exitCode, end: run.main.log.slice(-1500) }).toMatchObject({
    exitCode: 0,
  });
  expect(run.post?.exitCode).toBe(0);
  const workspace = basename(run.main.state.workspace ?? '');
  const residue = readResidue(workspace, { fileRoots: [run.temp, '/var/tmp', '/tmp'] });
  expect(residue).toEqual({ mounts: [], loops: [], processes: [], deviceMapper: [], files: [] });
  return (JSON.parse(run.main.outputs.layers ?? '[]') as { result: string }[]).map(
    ({ result }) => result,
  );
}

const every = (effect: Fault['effect'], ...operations: readonly string[]): readonly Fault[] =>
  operations.map((operation) => ({ operation, effect }));

/** What is wrong with the service, and how many of the layers a build gets nevertheless. */
const troubles: readonly (readonly [string, readonly Fault[], 'all' | 'none'])[] = [
  [
    'answers 500 to every call',
    every({ kind: 'status', status: 500 }, 'GetCacheEntryDownloadURL'),
    'none',
  ],
  ['denies every call', every({ kind: 'status', status: 403 }, 'GetCacheEntryDownloadURL'), 'none'],
  ['drops every connection', every({ kind: 'drop' }, '*'), 'none'],
  ['never answers', every({ kind: 'hang' }, 'GetCacheEntryDownloadURL'), 'none'],
  ['damages what it sends', every({ kind: 'corrupt', atByte: 100_000 }, 'GetBlob'), 'none'],
  ['is slow to answer', every({ kind: 'delay', delayMs: 2000 }, 'GetCacheEntryDownloadURL'), 'all'],
];

describe('a real build with the cache service', () => {
  it(
    'misses every layer at first, and leaves them in the service after its post step',
    async () => {
      const results = expectBuilt(await start('first'));
      expect(new Set(results)).toEqual(new Set(['miss']));
      expect(service.cacheEntries().length).toBe(results.length + 1);
    },
    20 * MINUTE_MS,
  );

  it.each(troubles)(
    'goes on and ends when the service %s',
    async (name, faults, expected) => {
      service.setFaults(faults);
      const run = await start(name.replaceAll(' ', '-'));
      service.dropConnections();
      service.setFaults([]);
      const results = expectBuilt(run);
      expect(new Set(results)).toEqual(new Set([expected === 'all' ? 'hit' : 'miss']));
      const titles = run.main.annotations.map(({ properties }) => properties.title);
      expect(titles.includes('cache-trouble')).toBe(expected === 'none');
      expect(run.main.annotations.filter(({ level }) => level === 'error')).toEqual([]);
    },
    20 * MINUTE_MS,
  );

  it(
    'asks the service for nothing when its mode is none',
    async () => {
      const before = service.requests.length;
      expectBuilt(await start('mode-none', { ACTIONS_CACHE_MODE: 'none' }));
      expect(service.requests.slice(before)).toEqual([]);
    },
    20 * MINUTE_MS,
  );
});
