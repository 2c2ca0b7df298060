import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createWorkbench, type Workbench } from '../support/stand-in/workbench.ts';
import { type MadeTree, makeTroveTree } from '../support/trove-tree.ts';

let bench: Workbench;
let tree: MadeTree;
let old: MadeTree;

beforeAll(async () => {
  bench = await createWorkbench();
  tree = makeTroveTree(join(bench.directory, 'trove'), { branch: 'stable/2025.1' });
  old = makeTroveTree(join(bench.directory, 'old'), {
    branch: 'stable/train',
    form: 'per-datastore',
  });
}, 60_000);
afterAll(() => bench.close());

const call = (words: string, environment: Readonly<Record<string, string>>) =>
  bench.command(
    ['trovestack', ...words.split(' '), '--mirror', bench.archive.mirror, '--dry-run', '--json'],
    { environment },
  ).ended;
const planOf = (stdout: string) => JSON.parse(stdout.trim().split('\n').at(-1) ?? '');

describe('trovestack build-image', () => {
  it('says what it became, prints the same command, and plans it', async () => {
    const { status, stdout, stderr } = await call(
      'build-image ubuntu noble false agent out/guest.raw',
      {
        PATH_TROVE: tree.path,
        DEV_MODE: 'true',
        OS_TOKEN: 'k7-token',
        TROVE_ROOT_PASSWORD: 'k7-root-password',
      },
    );
    expect({ status, stderr: stderr.slice(-500) }).toMatchObject({ status: 0 });
    const plan = planOf(stdout);
    expect(plan.guest).toMatchObject({
      os: 'ubuntu',
      release: 'noble',
      username: 'agent',
      isDevelopment: false,
    });
    expect(plan.elements.slice(0, 9)).toEqual([
      ...['base', 'vm', 'ubuntu-minimal', 'block-device-mbr', 'cloud-init-datasources'],
      ...['pip-cache', 'guest-agent', 'ubuntu-docker', 'trove-guest-source'],
    ]);
    expect(plan.environment).toMatchObject({
      DEV_MODE: 'false',
      DIB_REPOREF_guest_agent: tree.commit,
    });
    expect(plan.files).toEqual([{ format: 'raw', fileName: 'guest.raw' }]);
    expect(stderr).toContain('DEV_MODE has no effect');
    expect(stderr).toMatch(
      /The same command: TROVE_IMAGE_ROOT_PASSWORD=\*\*\* trove-image build --guest-os ubuntu/,
    );
    expect(`${stdout}${stderr}`).not.toMatch(/k7-/);
  });

  it('recognises a tree of the old form by its datastore', async () => {
    const { status, stdout, stderr } = await call(
      'build-image mysql ubuntu xenial false ubuntu out/mysql',
      {
        PATH_TROVE: old.path,
      },
    );
    expect({ status, stderr: stderr.slice(-800) }).toMatchObject({ status: 0 });
    const plan = planOf(stdout);
    expect(plan.elements).toEqual(
      expect.arrayContaining(['ubuntu', 'guest-agent', 'ubuntu-mysql', 'ubuntu-xenial-mysql']),
    );
    expect(plan.elements).not.toContain('ubuntu-docker');
    expect(plan.files).toEqual([{ format: 'qcow2', fileName: 'mysql.qcow2' }]);
  });

  it('is told what an old tree needs', async () => {
    const { status, stdout } = await call('build-image ubuntu xenial false', {
      PATH_TROVE: old.path,
    });
    expect(status).toBe(2);
    expect(JSON.parse(stdout).error.problems).toMatchObject([{ code: 'old-trove-tree' }]);
  });

  it.each([
    ['int-tests', 'only build-image builds images'],
    ['build-image oracle', 'neither an operating system'],
  ])('refuses %s with a sentence', async (words, part) => {
    const { status, stdout } = await call(words, {});
    expect({ status, stdout }).toEqual({ status: 2, stdout: expect.stringContaining(part) });
  });
});

describe('the datastores of a tree', () => {
  it('are those of its configuration', async () => {
    const args = ['datastores', '--guest-os', 'ubuntu', '--trove-path', tree.path, '--json'];
    const { status, stdout, stderr } = await bench.command(args).ended;
    expect({ status, stderr: stderr.slice(-500) }).toMatchObject({ status: 0 });
    const { datastores } = JSON.parse(stdout);
    expect(Object.keys(datastores)).toContain('mysql');
    expect(datastores.mysql.versions.length).toBeGreaterThan(0);
  });
});
