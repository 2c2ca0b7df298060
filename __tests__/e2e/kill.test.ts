import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { killProcessTree } from '../support/runner/process-tree.ts';
import { makeNoiseImage } from '../support/stand-in/stand-in.ts';
import { createWorkbench, nothing, type Workbench } from '../support/stand-in/workbench.ts';
import { createSudoUser, type SudoUser } from '../support/sudo-user.ts';

let bench: Workbench;
let user: SudoUser;
let noise: string;

beforeAll(async () => {
  bench = await createWorkbench({ checkout: true });
  user = createSudoUser();
  noise = join(bench.directory, 'noise.raw');
  makeNoiseImage(noise, 200);
}, 30_000);
afterAll(async () => {
  user.remove();
  await bench.close();
});

interface Moment {
  readonly name: string;
  readonly line: RegExp;
  readonly hangAt?: string;
}

const hangingMoments: readonly Moment[] = [
  { name: 'in-root', line: /Running \S*08-debootstrap$/, hangAt: 'root.d/08-debootstrap' },
  { name: 'in-install', line: /Running \S*01-pack/, hangAt: 'install.d/01-package-installs' },
  { name: 'on-the-disk', line: /Running \S*50-bootl/, hangAt: 'finalise.d/50-bootloader' },
];
const moments: readonly Moment[] = [
  { name: 'while-preparing', line: /::group::Prepare the machine/ },
  { name: 'at-the-archives', line: /::group::Look at the package archives/ },
  { name: 'before-diskimage-builder', line: /elements, build id/ },
  ...hangingMoments,
  { name: 'at-the-check', line: /::group::Check the image/ },
  { name: 'while-writing', line: /Writing trove-guest/ },
];
const optionsOf = ({ hangAt }: Moment) => ({
  inputs: { artifact: 'off', compression: 'zlib' },
  settings: {
    STAND_IN_IMAGE: noise,
    STAND_IN_DISK: 'yes',
    ...(hangAt === undefined ? {} : { STAND_IN_AT: hangAt, STAND_IN_DO: 'hang' }),
  },
});
/** Logs, with the workspace as its state tells it: a build that died early has not named it. */
const tracesOf = (main: { log: string; state: Readonly<Record<string, string>> }): string =>
  `${main.log}\n${main.state.workspace ?? ''}/`;
const imagesIn = (workspace: string): readonly string[] => {
  const names = readdirSync(workspace);
  const images = names.includes('images') ? readdirSync(join(workspace, 'images')) : [];
  return images.filter((name) => !name.endsWith('.log'));
};

describe('the action', () => {
  it.each(moments)(
    'that is cancelled $name returns in time, says so, and leaves nothing after its post step',
    async (moment) => {
      const options = { ...optionsOf(moment), cancel: { when: moment.line }, user };
      const { main, post, workspace } = await bench.act(`cancel-${moment.name}`, options);
      expect(main).toMatchObject({ endedBy: 'cancel', signal: null, exitCode: 130 });
      expect(main.durationMs).toBeLessThan(7500);
      expect(main.annotations.map(({ level, message }) => [level, message])).toEqual([
        ['error', expect.stringContaining('The build was cancelled.')],
      ]);
      expect(post).toMatchObject({ exitCode: 0 });
      expect(post?.durationMs).toBeLessThan(15_000);
      expect(bench.residue(`cancel-${moment.name}`, tracesOf(main))).toEqual(nothing);
      expect(imagesIn(workspace)).toEqual([]);
    },
  );

  it.each(moments)(
    'whose whole tree is killed $name leaves nothing after its post step, and the next run works',
    async (moment) => {
      const name = `kill-${moment.name}`;
      const options = { ...optionsOf(moment), killWhen: moment.line, user };
      const { main, post } = await bench.act(name, options);
      expect(main).toMatchObject({ endedBy: 'kill', signal: 'SIGKILL' });
      expect({ exitCode: post?.exitCode, warnings: post?.annotations }).toEqual({
        exitCode: 0,
        warnings: [],
      });
      expect(bench.residue(name, tracesOf(main))).toEqual(nothing);

      const next = await bench.act(name, { inputs: { artifact: 'off' }, user });
      expect(next.main.exitCode).toBe(0);
      expect(imagesIn(next.workspace)).toEqual([
        'SHA256SUMS',
        'manifest.json',
        'trove-guest-debian-bookworm.qcow2',
      ]);
      expect(bench.residue(name, tracesOf(next.main))).toEqual(nothing);
    },
  );
});

describe('a build of the command line whose whole tree was killed', () => {
  it.each(hangingMoments)(
    '$name is cleared away by the next build in the same work-dir, which then works',
    async (moment) => {
      const settings = optionsOf(moment).settings;
      const dead = bench.build(moment.name, { settings, flags: ['--verbose'] });
      await dead.seen(new RegExp(moment.line.source, 'm'));
      killProcessTree(dead.child.pid ?? 0);
      const { stderr } = await dead.ended;
      expect(readdirSync(bench.workDir(moment.name))).toHaveLength(1);

      const next = await bench.build(moment.name).ended;
      expect(next.status).toBe(0);
      expect(next.stderr).toMatch(/Cleaned up after a build that died: trove-image-\w{6}/);
      expect(bench.residue(moment.name, stderr)).toEqual(nothing);
    },
  );

  it('is ended by the next build also when only its own process died and diskimage-builder lives on', async () => {
    const settings = optionsOf(hangingMoments[2] as Moment).settings;
    const dead = bench.build('orphan', { settings, flags: ['--verbose'] });
    await dead.seen(/Running \S*50-bootloader$/m);
    process.kill(dead.child.pid ?? 0, 'SIGKILL');
    const next = await bench.build('orphan').ended;
    const { stderr } = await dead.ended;
    expect(next.status).toBe(0);
    expect(bench.residue('orphan', stderr)).toEqual(nothing);
  });
});

describe('two builds at once in one work-dir', () => {
  it('do not disturb each other, even while one fails and a third is killed', async () => {
    const shared = { 'work-dir': bench.workDir('shared') };
    const disk = { STAND_IN_DISK: 'yes' };
    const hang = { ...disk, STAND_IN_AT: 'finalise.d/50-bootloader', STAND_IN_DO: 'hang' };
    mkdirSync(bench.workDir('shared'));
    const waiting = bench.build('waiting', {
      settings: hang,
      inputs: shared,
      flags: ['--verbose'],
    });
    await waiting.seen(/Running \S*50-bootloader$/m);
    const killed = bench.build('killed', { settings: hang, inputs: shared, flags: ['--verbose'] });
    await killed.seen(/Running \S*50-bootloader$/m);
    killProcessTree(killed.child.pid ?? 0);
    const fine = ['one', 'two'].map((name) =>
      bench.build(name, { settings: disk, inputs: shared }),
    );
    const failing = bench.build('failing', {
      settings: { ...hang, STAND_IN_DO: 'fail' },
      inputs: shared,
    });
    const statuses = (await Promise.all([...fine, failing].map(({ ended }) => ended))).map(
      ({ status }) => status,
    );
    expect(statuses).toEqual([0, 0, 4]);
    expect(waiting.child.exitCode).toBeNull();
    expect(readdirSync(bench.workDir('shared'))).toHaveLength(1);

    process.kill(waiting.child.pid ?? 0, 'SIGINT');
    const ended = await waiting.ended;
    expect(ended.status).toBe(130);
    const logs = `${ended.stderr}${(await killed.ended).stderr}`;
    expect(bench.residue('shared', logs)).toEqual(nothing);
  });
});

describe('a sweep of the work-dir', () => {
  it('touches nothing that is not a workspace of ours, whatever its name', async () => {
    const foreign = ['trove-image-notes', 'trove-image-', 'trove-image-abcdef.bak', 'trove-image'];
    for (const name of foreign) {
      mkdirSync(join(bench.workDir('foreign'), name), { recursive: true });
      writeFileSync(join(bench.workDir('foreign'), name, 'precious'), 'kept');
    }
    writeFileSync(join(bench.workDir('foreign'), 'trove-image-aaaaaa'), 'a file');
    const { status } = await bench.build('foreign').ended;
    const clean = await bench.command(['clean', '--work-dir', bench.workDir('foreign')]).ended;
    expect([status, clean.status]).toEqual([0, 0]);
    for (const name of foreign) {
      expect(readFileSync(join(bench.workDir('foreign'), name, 'precious'), 'utf8')).toBe('kept');
    }
    expect(readFileSync(join(bench.workDir('foreign'), 'trove-image-aaaaaa'), 'utf8')).toBe(
      'a file',
    );
  });

  it('of one user leaves the living build of another one alone', async () => {
    mkdirSync(bench.workDir('users'), { mode: 0o1777 });
    const hang = { STAND_IN_AT: 'finalise.d/50-bootloader', STAND_IN_DO: 'hang' };
    const settings = { ...hang, STAND_IN_DISK: 'yes' };
    const inputs = { 'work-dir': bench.workDir('users') };
    const roots = bench.build('users', { settings, inputs, flags: ['--verbose'] });
    await roots.seen(/Running \S*50-bootloader$/m);
    const other = await bench.command(['clean', '--work-dir', bench.workDir('users')], { user })
      .ended;
    expect(other.status).toBe(0);
    expect(roots.child.exitCode).toBeNull();
    process.kill(roots.child.pid ?? 0, 'SIGINT');
    const { status, stderr } = await roots.ended;
    expect(status).toBe(130);
    expect(bench.residue('users', stderr)).toEqual(nothing);
  });
});
