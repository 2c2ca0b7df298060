import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { planOutputs } from '../../src/model/plan-inputs.ts';
import { projectDirectory } from '../support/checkout.ts';
import { makeRepository, script, type TestRepository } from '../support/repository.ts';
import { runAction } from '../support/runner.ts';
import { startProgram } from '../support/stand-in/program.ts';

const catalogue = `version: 1
defaults: { guest-release: bookworm, elements-path: elements }
images:
  web: { elements: [site-web] }
  plain: {}
`;
let directory: string;
let repository: TestRepository;

beforeEach(() => {
  directory = mkdtempSync('/var/tmp/plan-command-');
  repository = makeRepository({
    'trove-images.yml': catalogue,
    'elements/site-web/install.d/50-site-web': script('true'),
  });
  repository.change({ 'elements/site-web/install.d/50-site-web': script('false') });
  repository.commit();
});
afterEach(() => {
  repository.remove();
  rmSync(directory, { recursive: true, force: true });
});

const command = (...words: readonly string[]) =>
  startProgram([process.execPath, join(projectDirectory, 'bin', 'trove-image'), 'plan', ...words], {
    cwd: repository.path,
    environment: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: directory },
  }).ended;

describe('trove-image plan', () => {
  it('prints a table for people', async () => {
    const { status, stdout } = await command('--base', 'HEAD^1');
    expect(status).toBe(0);
    expect(
      stdout
        .split('\n')
        .slice(0, 2)
        .map((line) => line.split(/ {2,}/).at(-1)),
    ).toEqual(['because', 'script site-web/install.d/50-site-web changed']);
  });

  it('prints one JSON object with the matrix', async () => {
    const { status, stdout } = await command('--base=HEAD^1', '--json', '--runners', 'amd64=mine');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      matrix: { include: [{ image: 'web', runner: 'mine' }] },
      ...{ 'has-work': true, any: true, count: 1, unchanged: ['plain'] },
      images: [{ reasons: [{ kind: 'script', change: 'changed' }] }],
    });
  });

  it('is refused with all mistakes at once', async () => {
    const words = ['--bsae', 'x', '--base', 'a b', '--images', 'web', '--images', 'plain'];
    const { status, stdout, stderr } = await command(...words, '--json');
    expect(status).toBe(2);
    expect(stderr).toContain('Did you mean "--base"?');
    expect(stderr).toContain('--images is given twice.');
    expect(JSON.parse(stdout)).toMatchObject({ error: { kind: 'input' } });
  });

  it('has a help', async () => {
    const { status, stdout } = await command('--help');
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: expect.stringContaining('--published IDS'),
    });
  });
});

describe('the action that plans', () => {
  const act = (inputs: Readonly<Record<string, string>>) => {
    const workspace = join(directory, 'work', 'images', 'images');
    execFileSync('git', ['clone', '--quiet', `file://${repository.path}`, workspace]);
    const actionDirectory = join(projectDirectory, 'plan');
    return runAction({ actionDirectory, directory, inputs });
  };

  it('sets every output, and tells of it in the summary', async () => {
    const { main, post } = await act({ base: 'HEAD^1' });
    expect({ annotations: main.annotations, exitCode: main.exitCode, post }).toEqual({
      ...{ annotations: [], exitCode: 0, post: undefined },
    });
    expect(Object.keys(main.outputs).sort()).toEqual(planOutputs.map(({ name }) => name).sort());
    expect(main.outputs).toMatchObject({ 'has-work': 'true', images: '["web"]', count: '1' });
    expect(JSON.parse(main.outputs.matrix ?? '')).toMatchObject({ include: [{ image: 'web' }] });
    expect(main.summary).toContain('| `web` | 2 min (estimate) | `script site-web/install.d/');
  });

  it('has a valid matrix where there is nothing to build', async () => {
    const { main } = await act({ base: 'HEAD' });
    expect(main.outputs).toMatchObject({
      matrix: '{"include":[]}',
      'has-work': 'false',
      any: 'false',
    });
  });

  it('fails with an annotation for a commit that is not there', async () => {
    const { main } = await act({ base: 'nowhere' });
    expect(main.exitCode).toBe(2);
    expect(main.annotations).toMatchObject([{ level: 'error' }]);
    expect(main.log).toContain('base: there is no commit nowhere');
  });
});
