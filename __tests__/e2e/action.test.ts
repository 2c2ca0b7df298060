import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { outputTable } from '../../src/model/output-table.ts';
import { type ResultsService, startResultsService } from '../support/results-service/service.ts';
import type { RunResult } from '../support/runner.ts';
import { downloadArtifact } from '../support/stand-in/download.ts';
import { makeGuestImage } from '../support/stand-in/stand-in.ts';
import {
  type ActOptions,
  createWorkbench,
  nothing,
  type Workbench,
} from '../support/stand-in/workbench.ts';
import { createSudoUser, type SudoUser } from '../support/sudo-user.ts';

let bench: Workbench;
let service: ResultsService;
let user: SudoUser;

beforeAll(async () => {
  bench = await createWorkbench({ checkout: true });
  service = await startResultsService({ directory: join(bench.directory, 'service') });
  user = createSudoUser();
}, 30_000);
afterEach(() => service.setFaults([]));
afterAll(async () => {
  user.remove();
  await service.close();
  await bench.close();
});

/** Every run has a token of its own, as every workflow run has; artifacts of one do not meet those of another. */
let runs = 0;
const runIdOf = (run: number): string => `00000000-0000-4000-8000-${String(run).padStart(12, '0')}`;
const act = (name: string, options: ActOptions = {}): Promise<RunResult> => {
  runs += 1;
  return bench.act(name, { extraEnv: service.env({ runId: runIdOf(runs) }), ...options });
};
const artifactsOf = (run: number) =>
  service.artifacts().filter(({ runId }) => runId === runIdOf(run));
const sha256 = (path: string): string =>
  createHash('sha256').update(readFileSync(path)).digest('hex');
const errorsOf = ({ main }: RunResult) =>
  main.annotations.filter(({ level }) => level === 'error').map(({ message }) => message);
const imagesIn = (run: RunResult): readonly string[] =>
  readdirSync(join(run.workspace, 'images')).filter((name) => /qcow2|raw|partial/.test(name));

function expectClean(name: string, run: RunResult): void {
  expect(run.post?.exitCode).toBe(0);
  expect(bench.residue(name, `${run.main.log}${run.main.state.workspace ?? ''}/`)).toEqual(nothing);
}

describe('the action', () => {
  it.each(['root', 'a user with sudo'])(
    'builds, uploads the image with its own digest, and leaves nothing, as %s',
    async (who) => {
      const name = who.replaceAll(' ', '-');
      const owner = who === 'root' ? { uid: 0 } : user;
      const run = await act(name, {
        inputs: { 'retention-days': '7' },
        ...(who === 'root' ? {} : { user }),
      });
      const { main } = run;
      expect({ exitCode: main.exitCode, errors: errorsOf(run) }).toEqual({
        exitCode: 0,
        errors: [],
      });

      const path = main.outputs['image-path'] ?? '';
      const stored = artifactsOf(runs);
      const image = stored.find((each) => each.name === 'trove-guest-debian-bookworm.qcow2');
      expect(Object.keys(main.outputs).sort()).toEqual(outputTable.map((each) => each.name).sort());
      expect(main.outputs).toMatchObject({
        sha256: sha256(path),
        size: String(statSync(path).size),
        'artifact-id': String(image?.id),
        'artifact-url': `https://github.com/example/images/actions/runs/1/artifacts/${image?.id}`,
        'verify-result': 'passed',
      });
      expect(image).toMatchObject({ hash: `sha256:${sha256(path)}`, finalized: true });
      expect(stored.map((each) => each.name).sort()).toEqual([
        'trove-guest-debian-bookworm-build',
        'trove-guest-debian-bookworm.qcow2',
      ]);
      for (const { createdAt, expiresAt } of stored) {
        const days = (Date.parse(expiresAt ?? '') - Date.parse(createdAt)) / 86_400_000;
        expect(Math.round(days)).toBe(7);
      }
      for (const file of readdirSync(join(run.workspace, 'images'))) {
        expect({ file, uid: statSync(join(run.workspace, 'images', file)).uid }).toEqual({
          file,
          uid: owner.uid,
        });
      }
      expectClean(name, run);
    },
  );

  it('shows chapters that are closed, and a summary with chart, digest and artifact', async () => {
    const { main } = await act('summary');
    expect(main.groups.map(({ title }) => title)).toEqual([
      'Prepare the machine',
      'Look at the package archives',
      'Build: root',
      'Build: extra-data',
      'Build: pre-install',
      'Build: install',
      'Build: post-install',
      'Build: finalise',
      'Build: cleanup',
      'Check the image',
      'Write the image files',
      'Clean up',
      'Upload artifacts',
    ]);
    expect(main.groups.filter(({ closed }) => !closed)).toEqual([]);
    expect(main.summary).toContain('```mermaid');
    expect(main.summary).toContain(main.outputs.sha256);
    expect(main.summary).toContain(main.outputs['artifact-url']);
    expect(main.summary).toContain('trove-guestagent 1:18.0.0-1');
  });

  it('uploads manifest, sums and log in a second artifact with the name that was given', async () => {
    const { main } = await act('companions', { inputs: { artifact: 'record of {the} build' } });
    expect(main.exitCode).toBe(0);
    const stored = artifactsOf(runs).find(({ mimeType }) => mimeType === 'application/zip');
    expect(stored?.name).toBe('record of {the} build');
    const zip = join(bench.directory, 'companions.zip');
    await downloadArtifact(service, { runId: runIdOf(runs) }, stored?.name ?? '', zip);
    const listing = execFileSync('/usr/bin/python3', ['-m', 'zipfile', '--list', zip], {
      encoding: 'utf8',
    });
    for (const name of ['manifest.json', 'SHA256SUMS', 'trove-guest-debian-bookworm.log']) {
      expect(listing).toContain(name);
    }
  });

  it('uploads nothing and asks no service when artifact is off', async () => {
    const before = service.requests.length;
    const { main } = await act('no-artifact', { inputs: { artifact: 'off' } });
    expect(main.exitCode).toBe(0);
    expect(main.outputs).toMatchObject({ 'artifact-id': '', 'artifact-url': '' });
    expect(service.requests).toHaveLength(before);
  });

  it('prints the plan and builds nothing when dry-run is true', async () => {
    const run = await act('dry-run', { inputs: { 'dry-run': 'true' } });
    expect(run.main.exitCode).toBe(0);
    expect(run.main.log).toContain('disk-image-create 3.40.0');
    expect(run.main.outputs).toEqual({});
    expect(readdirSync(run.workspace)).toEqual([]);
    expectClean('dry-run', run);
  });

  it('tells every mistake as an annotation of its own', async () => {
    const run = await act('mistakes', { inputs: { 'guest-os': 'fedora', 'image-size': 'huge' } });
    expect(run.main.exitCode).toBe(2);
    expect(errorsOf(run)).toEqual([
      expect.stringMatching(/^guest-os: got "fedora", accepts debian or ubuntu/),
      expect.stringMatching(/^image-size: got "huge", accepts a whole number from 3 to 100/),
    ]);
    expectClean('mistakes', run);
  });

  it('fails with path and reason when the image breaks rules, and leaves no image and no artifact of one', async () => {
    const image = join(bench.directory, 'dirty.raw');
    makeGuestImage(image, {
      'etc/ssh/ssh_host_rsa_key': 'PRIVATE',
      'tmp/leftover': 'x',
      'etc/machine-id': '0123456789abcdef0123456789abcdef\n',
    });
    const run = await act('dirty', { settings: { STAND_IN_IMAGE: image } });
    expect(run.main.exitCode).toBe(5);
    const errors = errorsOf(run).join('\n');
    expect(errors).toContain('/etc/ssh/ssh_host_rsa_key: every instance would have the same');
    expect(errors).toContain('/tmp/leftover: was left by the build.');
    expect(errors).toContain('/etc/machine-id: is set');
    expect(run.main.log).toContain('BROKEN  ssh-host-keys');
    expect(run.main.outputs).toEqual({});
    expect(imagesIn(run)).toEqual([]);
    expect(artifactsOf(runs).filter(({ name }) => name.endsWith('.qcow2'))).toEqual([]);
    expectClean('dirty', run);
  });
});

describe('the action, when the artifact service', () => {
  it('has an artifact of this name already, says what to do and keeps the image in the output directory', async () => {
    const first = await act('taken');
    expect(first.main.exitCode).toBe(0);
    const run = await act('taken-again', { extraEnv: service.env({ runId: runIdOf(runs) }) });
    expect(run.main.exitCode).toBe(6);
    expect(errorsOf(run)).toEqual([
      expect.stringMatching(/^artifact: trove-guest-debian-bookworm\.qcow2 could not be uploaded/),
    ]);
    expect(errorsOf(run)[0]).toContain('give each job its own image-name and artifact');
    expect(imagesIn(run)).toEqual(['trove-guest-debian-bookworm.qcow2']);
    expectClean('taken-again', run);
  });

  it.each([
    ['refuses with 403', { kind: 'status', status: 403, message: 'no' }],
    ['drops the connection', { kind: 'drop' }],
    ['loses its answer', { kind: 'lose-answer' }],
  ] as const)('%s, fails with a sentence and a hint, and keeps the image', async (what, effect) => {
    const name = what.replaceAll(' ', '-');
    service.setFaults([{ operation: 'CreateArtifact', effect }]);
    const run = await act(name);
    expect({ exitCode: run.main.exitCode, ms: run.main.durationMs < 50_000 }).toEqual({
      exitCode: 6,
      ms: true,
    });
    expect(errorsOf(run)[0]).toMatch(/could not be uploaded.*\n.*(Run the job again|Another job)/s);
    expect(imagesIn(run)).toEqual(['trove-guest-debian-bookworm.qcow2']);
    expect(run.main.summary).toContain('could not be uploaded');
    expectClean(name, run);
  });

  it('never answers, is left by a cancel in time', async () => {
    service.setFaults([{ operation: 'CreateArtifact', effect: { kind: 'hang' } }]);
    const run = await act('hanging', { cancel: { when: /::group::Upload artifacts/ } });
    expect(run.main).toMatchObject({ endedBy: 'cancel', exitCode: 130 });
    expect(run.main.durationMs).toBeLessThan(12_000);
    expect(run.main.log).not.toContain('SIGTERM');
    expect(imagesIn(run)).toEqual(['trove-guest-debian-bookworm.qcow2']);
    expectClean('hanging', run);
  });

  it('is missing, as on an enterprise server, says so after the build and keeps the image', async () => {
    const run = await act('enterprise', {
      extraEnv: { ...service.env(), GITHUB_SERVER_URL: 'https://github.example.com' },
    });
    expect(run.main.exitCode).toBe(6);
    expect(errorsOf(run)[0]).toContain('artifact: off');
    expect(imagesIn(run)).toEqual(['trove-guest-debian-bookworm.qcow2']);
  });
});
