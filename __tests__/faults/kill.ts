import { mkdtempSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { makeCheckout } from '../support/checkout.ts';
import { readResidue } from '../support/residue.ts';
import { type RunResult, runAction } from '../support/runner.ts';

const MINUTE_MS = 60_000;
const directory = mkdtempSync('/var/tmp/kill-faults-');
const actionDirectory = join(directory, 'action');
const inputs = {
  'guest-os': 'debian',
  'guest-release': 'bookworm',
  artifact: 'off',
  cache: 'off',
};

beforeAll(() => makeCheckout(actionDirectory));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** When the whole process tree of the action gets SIGKILL: a line of its log. */
const moments: readonly (readonly [string, RegExp])[] = [
  ['root, in debootstrap', /Extracting /],
  ['root, in the base installation', /root 75-debian-minimal-baseinstall/],
  ['pre-install', /pre-install 10-package-installs/],
  ['install, in the packages', /install 01-package-installs/],
  ['post-install', /post-install 96-/],
  ['the partitioning, with a loop device attached', /Calling \[sudo losetup --show/],
  ['finalise, in the boot loader', /finalise 50-bootloader/],
  ['cleanup', /cleanup 40-unblock-daemons/],
  ['the check of the image', /Check the image/],
  ['the writing of the image files', /Writing trove-guest-/],
];

const start = (
  name: string,
  more: Partial<Parameters<typeof runAction>[0]> = {},
): Promise<RunResult> =>
  runAction({
    actionDirectory,
    directory: join(directory, name),
    inputs,
    timeLimitMs: 15 * MINUTE_MS,
    ...more,
  });

/** Everything of a build bears the name of its workspace, which main tells post. */
function expectNothingLeft(run: RunResult): void {
  const workspace = basename(run.main.state.workspace ?? '');
  expect(workspace).toMatch(/^trove-image-[A-Za-z0-9]{6}$/);
  const roots = [run.temp, '/var/tmp', '/tmp'];
  expect(readResidue(workspace, { fileRoots: roots })).toEqual({
    mounts: [],
    loops: [],
    processes: [],
    deviceMapper: [],
    files: [],
  });
}

describe('SIGKILL of the whole process tree of a real build', () => {
  it.each(moments)(
    'in %s leaves nothing after the post step',
    async (name, line) => {
      const run = await start(name.replace(/\W+/g, '-'), { killWhen: line });
      expect(run.main.endedBy).toBe('kill');
      expect(run.post?.exitCode).toBe(0);
      expect(run.post?.durationMs).toBeLessThan(30_000);
      expectNothingLeft(run);
    },
    16 * MINUTE_MS,
  );

  it(
    'does not keep the next build from working',
    async () => {
      const run = await start('next');
      expect(run.main.exitCode).toBe(0);
      expectNothingLeft(run);
    },
    16 * MINUTE_MS,
  );
});
