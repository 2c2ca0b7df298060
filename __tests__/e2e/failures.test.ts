import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ResultsService, startResultsService } from '../support/results-service/service.ts';
import { downloadArtifact } from '../support/stand-in/download.ts';
import { createWorkbench, nothing, type Workbench } from '../support/stand-in/workbench.ts';

interface SeededFailure {
  readonly name: string;
  readonly at: string;
  readonly exitCode: number;
  readonly element: string;
  readonly lines: readonly string[];
  readonly code: string;
  readonly hint: RegExp;
}

/** What apt, dpkg, debootstrap, losetup and bash really say, in the script that says it. */
const failures: readonly SeededFailure[] = [
  {
    name: 'signature',
    at: 'root.d/08-debootstrap',
    exitCode: 1,
    element: 'debootstrap',
    lines: [
      'I: Checking Release signature',
      'E: Release signed by unknown key (key id 6ED0E7B82643E131)',
    ],
    code: 'signature-unknown',
    hint: /mirror is an archive of this distribution/,
  },
  {
    name: 'download',
    at: 'root.d/08-debootstrap',
    exitCode: 1,
    element: 'debootstrap',
    lines: ["E: Couldn't download packages: bash base-files perl-base"],
    code: 'download-failed',
    hint: /mirror can be reached/,
  },
  {
    name: 'resolving',
    at: 'pre-install.d/03-baseline-tools',
    exitCode: 100,
    element: 'base',
    lines: [
      "Err:1 http://archive.example.org/debian bookworm InRelease\n  Temporary failure resolving 'archive.example.org'",
    ],
    code: 'name-resolution',
    hint: /name resolution and proxy/,
  },
  {
    name: 'package',
    at: 'install.d/01-package-installs',
    exitCode: 100,
    element: 'package-installs',
    lines: [
      'Reading package lists...',
      'E: Unable to locate package mariadb-clinet',
      'returncode: 100',
    ],
    code: 'package-not-found',
    hint: /input packages/,
  },
  {
    name: 'dpkg',
    at: 'install.d/01-package-installs',
    exitCode: 100,
    element: 'package-installs',
    lines: [
      'dpkg: error processing package docker.io (--configure):',
      ' installed docker.io package post-installation script subprocess returned error exit status 1',
      'E: Sub-process /usr/bin/dpkg returned an error code (1)',
    ],
    code: 'dpkg-failed',
    hint: /name the package/,
  },
  {
    name: 'variable',
    at: 'install.d/40-trove-guest-agent-package',
    exitCode: 1,
    element: 'trove-guest-agent-package',
    lines: [
      '/tmp/in_target.d/install.d/40-trove-guest-agent-package: line 7: GUEST_PLACE: unbound variable',
    ],
    code: 'unbound-variable',
    hint: /input environment/,
  },
  {
    name: 'command',
    at: 'finalise.d/50-bootloader',
    exitCode: 127,
    element: 'bootloader',
    lines: ['/tmp/in_target.d/finalise.d/50-bootloader: line 120: grub-install: command not found'],
    code: 'command-not-found',
    hint: /Install it/,
  },
  {
    name: 'mirror-update',
    at: 'pre-install.d/03-baseline-tools',
    exitCode: 100,
    element: 'base',
    lines: ['E: Failed to fetch http://archive.example.org/Packages.xz  Hash Sum mismatch'],
    code: 'hash-mismatch',
    hint: /being updated/,
  },
  {
    name: 'unknown',
    at: 'install.d/40-trove-guest-agent-package',
    exitCode: 42,
    element: 'trove-guest-agent-package',
    lines: ['something that nobody has seen before'],
    code: 'build-failed',
    hint: /last lines below/,
  },
];

let bench: Workbench;
let service: ResultsService;

beforeAll(async () => {
  bench = await createWorkbench();
  service = await startResultsService({ directory: join(bench.directory, 'service') });
}, 30_000);
afterAll(async () => {
  await service.close();
  await bench.close();
});

describe('a build that fails', () => {
  it.each(failures)(
    'for $name names element, phase, script, exit code and what to do, and keeps its log',
    async ({ name, at, exitCode, element, lines, code, hint }) => {
      const [phase = '', script = ''] = at.split('.d/');
      const text = join(bench.directory, `${name}.txt`);
      writeFileSync(text, `${lines.join('\n')}\n`);
      const settings = {
        ...{ STAND_IN_AT: at, STAND_IN_DO: 'fail', STAND_IN_TEXT: text },
        ...{ STAND_IN_EXIT: String(exitCode), STAND_IN_DISK: 'yes' },
      };
      const token = {
        runId: `00000000-0000-4000-8000-${Buffer.from(name).toString('hex').padEnd(12, '0').slice(0, 12)}`,
      };
      const inputs = { 'image-name': name };
      const run = await bench.act(name, { settings, inputs, extraEnv: service.env(token) });
      const { main, post } = run;

      const [error, ...more] = main.annotations.filter(({ level }) => level === 'error');
      expect({ status: main.exitCode, more }).toEqual({ status: 4, more: [] });
      expect(error?.message).toContain(
        `Script ${script} of element ${element} failed in phase ${phase} with exit code ${exitCode}.`,
      );
      expect(error?.message).toMatch(hint);
      expect(error?.properties.title).toBe(code);
      expect(error?.properties.file).toMatch(new RegExp(`/${element}/${phase}\\.d/${script}$`));
      expect(existsSync(error?.properties.file ?? '')).toBe(true);
      const telling = lines.at(-1)?.split('\n').at(-1) ?? '';
      expect(main.summary).toContain('**What to do:**');
      expect(main.summary).toContain(telling);
      expect(main.log).toContain(`| ${telling}`);

      const zip = await downloadArtifact(
        ...([service, token, `${name}-failed-log`] as const),
        join(bench.directory, `${name}.zip`),
      );
      expect(zip.length).toBeGreaterThan(100);
      expect(readFileSync(join(run.workspace, 'images', `${name}.failed.log`), 'utf8')).toContain(
        telling,
      );
      expect(service.artifacts().filter(({ runId }) => runId === token.runId)).toHaveLength(1);
      expect(main.outputs).toEqual({});
      expect(post?.exitCode).toBe(0);
      expect(bench.residue(name, main.log)).toEqual(nothing);
    },
  );

  it('still fails with its own reason when its log cannot be uploaded', async () => {
    service.setFaults([{ operation: 'CreateArtifact', effect: { kind: 'status', status: 403 } }]);
    const settings = { STAND_IN_AT: 'finalise.d/50-bootloader', STAND_IN_DO: 'fail' };
    const { main } = await bench.act('no-log', { settings, extraEnv: service.env() });
    service.setFaults([]);
    expect(main.exitCode).toBe(4);
    expect(main.annotations.map(({ level, properties }) => [level, properties.title])).toEqual([
      ['warning', 'log-not-uploaded'],
      ['error', 'build-failed'],
    ]);
    expect(main.annotations[0]?.message).toContain(
      join('images', 'trove-guest-debian-bookworm.failed.log'),
    );
  });

  it('says so when diskimage-builder gives an image that nobody can read', async () => {
    const image = join(bench.directory, 'noise.raw');
    writeFileSync(image, Buffer.alloc(1 << 20, 'noise'));
    const settings = { STAND_IN_IMAGE: image };
    const { status, stdout, stderr } = await bench.build('noise', { settings, flags: ['--json'] })
      .ended;
    expect(status).toBe(5);
    expect(JSON.parse(stdout).error.problems[0]).toMatchObject({ code: 'image-unreadable' });
    expect(stderr).toContain('The finished image could not be read:');
  });

  it('says so when diskimage-builder ends well but gives no image', async () => {
    const settings = { STAND_IN_IMAGE: '/dev/null' };
    const { status, stdout } = await bench.build('empty', { settings, flags: ['--json'] }).ended;
    expect({ status, code: JSON.parse(stdout).error.problems[0].code }).toEqual({
      status: 5,
      code: 'image-unreadable',
    });
  });

  it('prints the lines that matter on the command line, and exits with 4', async () => {
    const text = join(bench.directory, 'command-line.txt');
    writeFileSync(text, 'E: Unable to locate package mariadb-clinet\n');
    const { status, stdout, stderr } = await bench.build('command-line', {
      settings: {
        ...{ STAND_IN_AT: 'install.d/01-package-installs', STAND_IN_DO: 'fail' },
        ...{ STAND_IN_TEXT: text, STAND_IN_EXIT: '100' },
      },
      flags: ['--json'],
    }).ended;
    expect(status).toBe(4);
    expect(stderr).toMatch(/^ {2}\| E: Unable to locate package mariadb-clinet$/m);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { kind: 'build', problems: [{ code: 'package-not-found' }] },
    });
    expect(bench.residue('command-line', stderr)).toEqual(nothing);
  });
});
