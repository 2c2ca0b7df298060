import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { makeCheckout } from '../../support/checkout.ts';
import { compareImages } from '../../support/layer-builds.ts';
import { readResidue } from '../../support/residue.ts';
import { type ResultsService, startResultsService } from '../../support/results-service/service.ts';
import { type RunResult, runAction } from '../../support/runner.ts';
import { createSudoUser, type SudoUser } from '../../support/sudo-user.ts';

const MINUTE_MS = 60_000;
const canary = 'canary-8f41c2d97b';
const directory = mkdtempSync('/var/tmp/action-test-');
const actionDirectory = join(directory, 'action');
const inputs = { 'guest-os': 'debian', 'guest-release': 'bookworm', 'retention-days': '3' };
let service: ResultsService;
let user: SudoUser;
let built: RunResult;

beforeAll(async () => {
  chmodSync(directory, 0o755);
  makeCheckout(actionDirectory);
  service = await startResultsService({ directory: mkdtempSync(join(directory, 'service-')) });
  user = createSudoUser();
});

afterAll(async () => {
  user.remove();
  await service.close();
  rmSync(directory, { recursive: true, force: true });
});

const start = (
  name: string,
  more: Partial<Parameters<typeof runAction>[0]> = {},
): Promise<RunResult> =>
  runAction({
    actionDirectory,
    directory: join(directory, name),
    inputs,
    user,
    extraEnv: { ...service.env(), EXAMPLE_TOKEN: canary },
    timeLimitMs: 15 * MINUTE_MS,
    ...more,
  });

/** Everything of a build bears the name of its workspace, which main tells post. */
const residue = (run: RunResult) => {
  const workspace = basename(run.main.state.workspace ?? '');
  expect(workspace).toMatch(/^trove-image-[A-Za-z0-9]{6}$/);
  return readResidue(workspace, { fileRoots: [run.temp, '/var/tmp', '/tmp'] });
};
const nothing = { mounts: [], loops: [], processes: [], deviceMapper: [], files: [] };

describe('the action as the runner starts it, for an unprivileged user with sudo, with a real build', () => {
  it(
    'leaves nothing after its post step when the whole tree was killed while it bootstraps',
    async () => {
      const run = await start('killed', { killWhen: /Extracting / });
      expect(run.main.endedBy).toBe('kill');
      expect(run.post?.exitCode).toBe(0);
      expect(residue(run)).toEqual(nothing);
    },
    5 * MINUTE_MS,
  );

  it(
    'then builds the image, and uploads it with its own digest',
    async () => {
      built = await start('built');
      const { main, post } = built;
      expect({ exitCode: main.exitCode, end: main.log.slice(-1500) }).toMatchObject({
        exitCode: 0,
      });
      expect(main.annotations.filter(({ level }) => level === 'error')).toEqual([]);

      const path = main.outputs['image-path'] ?? '';
      const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
      expect(main.outputs).toMatchObject({ sha256, size: String(statSync(path).size) });
      expect(main.outputs['artifact-url']).toMatch(/\/actions\/runs\/\d+\/artifacts\/\d+$/);
      const stored = await service.readArtifact('trove-guest-debian-bookworm.qcow2');
      expect(stored).toMatchObject({ sha256, hash: `sha256:${sha256}` });
      const names = service.artifacts().map(({ name }) => name);
      expect(names).toEqual(
        expect.arrayContaining([
          'trove-guest-debian-bookworm.qcow2',
          'trove-guest-debian-bookworm-build',
        ]),
      );

      expect(statSync(path).uid).toBe(user.uid);
      expect(statSync(main.outputs['manifest-path'] ?? '').uid).toBe(user.uid);
      expect(main.summary).toContain('```mermaid');
      expect(main.summary).toContain(sha256);
      expect(main.groups.map(({ title }) => title)).toEqual(
        expect.arrayContaining([
          'Prepare the machine',
          'Build: install',
          'Check the image',
          'Upload artifacts',
        ]),
      );
      const written = [
        main.log,
        main.summary,
        readFileSync(main.outputs['log-path'] ?? '', 'utf8'),
      ];
      for (const text of [...written, readFileSync(main.outputs['manifest-path'] ?? '', 'utf8')]) {
        expect(text).not.toContain(canary);
      }
      expect(post?.exitCode).toBe(0);
      expect(post?.annotations).toEqual([]);
      expect(residue(built)).toEqual(nothing);
    },
    16 * MINUTE_MS,
  );

  it(
    'then builds the same tree from the layers that the post step left in the cache service',
    async () => {
      const run = await start('again', { inputs: { ...inputs, artifact: 'off', formats: 'raw' } });
      const { main, post } = run;
      expect({ exitCode: main.exitCode, end: main.log.slice(-1500) }).toMatchObject({
        exitCode: 0,
      });
      const layers = JSON.parse(main.outputs.layers ?? '[]') as { result: string }[];
      expect(layers.length).toBeGreaterThanOrEqual(4);
      expect(layers.filter(({ result }) => result !== 'hit')).toEqual([]);
      expect(main.summary).toMatch(/\d of \d from the cache, which spared/);
      expect(main.annotations).toEqual([]);
      const [before = '', after = ''] = [built, run].map(({ main }) => main.outputs['image-path']);
      expect(compareImages(before, after, directory)).toMatchObject({ equal: true });
      expect(post?.exitCode).toBe(0);
      expect(residue(run)).toEqual(nothing);
    },
    16 * MINUTE_MS,
  );
});
