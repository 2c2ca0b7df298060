import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { renderBuildHelp, renderHelp } from '../../src/core/inputs/help.ts';
import { inputTable } from '../../src/model/input-table.ts';
import { version } from '../../src/model/version.ts';
import { createWorkbench, type Workbench } from '../support/stand-in/workbench.ts';

let bench: Workbench;

beforeAll(async () => {
  bench = await createWorkbench();
}, 30_000);
afterAll(() => bench.close());

const problemsOf = (stdout: string): { message: string; hint: string; code: string }[] =>
  JSON.parse(stdout).error.problems;

describe('the command line', () => {
  it.each([
    [[], renderHelp(version)],
    [['help'], renderHelp(version)],
    [['--help'], renderHelp(version)],
    [['-h'], renderHelp(version)],
    [['clean', '--help'], renderHelp(version)],
    [['build', '--help'], renderBuildHelp(inputTable)],
    [['version'], version],
    [['--version'], version],
  ])('prints what %j asks for to standard output and exits with 0', async (args, text) => {
    const { status, stdout, stderr } = await bench.command(args).ended;
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: `${text}\n`, stderr: '' });
  });

  it('knows the nearest name of a command that it does not have', async () => {
    const { status, stderr } = await bench.command(['biuld']).ended;
    expect(status).toBe(2);
    expect(stderr).toContain('"biuld" is not a command. Did you mean "build"?');
    expect(stderr).toContain(
      'Use one of build, cache, clean, datastores, diff, help, images, plan, publish, status, trovestack, verify, version.',
    );
  });

  it('knows the nearest name of an option that it does not have', async () => {
    const { status, stdout } = await bench.command(['build', '--guest-od', 'debian', '--json'])
      .ended;
    expect(status).toBe(2);
    expect(problemsOf(stdout)).toContainEqual({
      code: 'unknown-input',
      message: '"guest-od" is not an input. Did you mean "guest-os"?',
      hint: 'Use guest-os.',
    });
  });

  it('refuses words that belong to no option', async () => {
    const { status, stderr } = await bench.command(['build', 'debian']).ended;
    expect(status).toBe(2);
    expect(stderr).toContain('"debian" belongs to no option.');
  });

  it.each([[['--output-dir']], [['--image-name']], [['--mirror', '--dry-run']]])(
    'refuses an option without its value: %j',
    async (args) => {
      const { status, stderr } = await bench.build('no-value', { flags: args }).ended;
      expect({ status, stderr }).toEqual({
        status: 2,
        stderr: expect.stringMatching(`Error: (--)?${args[0]?.slice(2)}`),
      });
      expect(bench.archive.requests).toEqual([]);
    },
  );

  it('tells all mistakes at once, for people and as one line of JSON, before it looks at the machine', async () => {
    const inputs = {
      'guest-os': 'debain',
      'image-size': '2',
      formats: 'qcow3',
      packages: 'ok -rf',
      mirror: 'ftp://archive.example.org',
      'mirror-security': '',
      environment: 'DB_PASSWORD=hidden-value',
    };
    const { status, stdout, stderr } = await bench.build('mistakes', { inputs, flags: ['--json'] })
      .ended;
    expect(status).toBe(2);
    const messages = problemsOf(stdout).map(({ message }) => message);
    for (const name of ['guest-os', 'image-size', 'formats', 'packages', 'mirror', 'environment']) {
      expect(messages).toContainEqual(expect.stringMatching(new RegExp(`^${name}: got `)));
    }
    expect(stdout.split('\n')).toHaveLength(2);
    expect(JSON.parse(stdout).error.kind).toBe('input');
    for (const message of messages) expect(stderr).toContain(`Error: ${message}`);
    expect(`${stdout}${stderr}`).not.toContain('hidden-value');
    expect(stderr).not.toContain('Prepare the machine');
    expect(bench.archive.requests).toEqual([]);
  });

  it.each([
    ['elements', 'x;touch ran'],
    ['elements', '$(touch ran)'],
    ['elements', '../../etc'],
    ['elements', '-e'],
    ['packages', 'a\nb;touch ran'],
    ['packages', '`touch ran`'],
    ['image-name', '../escape'],
    ['image-name', '-rf'],
    ['image-name', 'name\u202egpj'],
    ['guest-username', 'root'],
    ['guest-username', 'a;touch ran'],
    ['mirror', 'http://user:word@archive.example.org/debian'],
    ['mirror', 'http://archive.example.org/$(touch ran)'],
    ['environment', 'A=$(touch ran)'],
    ['environment', 'LD_PRELOAD=ran.so'],
    ['environment', 'BASH_ENV=ran'],
    ['work-dir', '/var/tmp/a:b'],
    ['work-dir', '/var/tmp/$(touch ran)'],
    ['output', '/var/tmp/x.img'],
    ['image-size', '5; touch ran'],
  ])('refuses %s: %j with exit code 2, names the input, and runs nothing', async (name, value) => {
    const security = name === 'mirror' ? { 'mirror-security': '' } : {};
    const { status, stderr } = await bench.build('hostile', {
      inputs: { [name]: value, ...security },
    }).ended;
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringContaining(`Error: ${name}: got `),
    });
    expect(existsSync(`${bench.directory}/ran`)).toBe(false);
    expect(bench.archive.requests).toEqual([]);
  });

  it('proposes the nearest element for one that nobody has, and says where it looked', async () => {
    const { status, stderr } = await bench.build('element', {
      inputs: { elements: 'cloud-init-datasource' },
    }).ended;
    expect(status).toBe(2);
    expect(stderr).toContain('there is no element "cloud-init-datasource"');
    expect(stderr).toContain('Did you mean "cloud-init-datasources"?');
    expect(stderr).toContain('diskimage_builder/elements');
    expect(existsSync(bench.outputDir('element'))).toBe(false);
  });
});
