import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FaultEffect } from '../support/results-service/faults.ts';
import { type ResultsService, startResultsService } from '../support/results-service/service.ts';
import { createWorkbench, nothing, type Workbench } from '../support/stand-in/workbench.ts';

let bench: Workbench;
let service: ResultsService;

beforeAll(async () => {
  bench = await createWorkbench();
  service = await startResultsService({
    directory: mkdtempSync(join(bench.directory, 'service-')),
  });
}, 30_000);
afterAll(async () => {
  await service.close();
  await bench.close();
});

async function act(name: string, environment: Readonly<Record<string, string>> = {}) {
  const run = await bench.act(name, {
    inputs: { cache: 'read-write', artifact: 'off' },
    environment: { ...service.env(), ...environment },
    timeLimitMs: 110_000,
  });
  expect({ exitCode: run.main.exitCode, end: run.main.log.slice(-1500) }).toMatchObject({
    exitCode: 0,
  });
  expect(run.post?.exitCode).toBe(0);
  expect(bench.residue(name, run.main.log)).toEqual(nothing);
  const titles = run.main.annotations.map(({ properties }) => properties.title);
  return { run, titles };
}

const troubles: readonly (readonly [string, string, FaultEffect])[] = [
  ['refuses every connection', '*', { kind: 'drop' }],
  ['answers 500 to every call', '*', { kind: 'status', status: 500 }],
  ['never answers', '*', { kind: 'hang' }],
];

describe('a build of the action, when the cache service', () => {
  it('is well: no word of it, and the state of the caches is asked once for the last build', async () => {
    const { titles } = await act('well');
    expect(titles).toEqual([]);
    const asked = service.requests.map(({ operation }) => operation);
    expect(asked).toContain('GetCacheEntryDownloadURL');
  });

  it.each(troubles)(
    '%s: goes on and ends within the deadline, and waits for nobody',
    async (name, operation, effect) => {
      const before = service.requests.length;
      service.setFaults([{ operation, effect }]);
      const { run } = await act(name.replaceAll(' ', '-'));
      service.dropConnections();
      service.setFaults([]);
      expect(service.requests.length).toBeGreaterThan(before);
      expect(run.main.annotations.filter(({ level }) => level !== 'warning')).toEqual([]);
      expect(run.main.durationMs).toBeLessThan(60_000);
    },
    120_000,
  );

  it('denies it to this job: a warning says so', async () => {
    service.setFaults([{ operation: '*', effect: { kind: 'status', status: 403 } }]);
    const { titles } = await act('told');
    service.setFaults([]);
    expect(titles).toContain('cache-trouble');
  });

  it('may not be used in this job: it is asked for nothing', async () => {
    const before = service.requests.length;
    await act('forbidden', { ACTIONS_CACHE_MODE: 'none' });
    expect(service.requests.slice(before)).toEqual([]);
  });

  it('is asked for by name where there is none: the input is refused', async () => {
    const { status, stderr } = await bench.build('none', {
      inputs: { cache: 'read', 'cache-backend': 'github' },
    }).ended;
    expect(status).toBe(2);
    expect(stderr).toMatch(/cache-backend: github needs the cache service.*\n.*directory, or auto/);
  });
});
