import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { verifyOutputTable } from '../../src/model/verify-inputs.ts';
import { projectDirectory } from '../support/checkout.ts';
import { runAction } from '../support/runner.ts';
import { createWorkbench } from '../support/stand-in/workbench.ts';

const directory = mkdtempSync(join(tmpdir(), 'verify-action-test-'));
afterAll(() => rmSync(directory, { recursive: true }));

it('verifies as an action: outputs, annotations and summary tell what was found', async () => {
  const imagePath = join(directory, 'disk.raw');
  writeFileSync(imagePath, Buffer.alloc(1 << 20));
  const run = join(directory, 'run');
  mkdirSync(run);
  const { main } = await runAction({
    actionDirectory: join(projectDirectory, 'verify'),
    directory: run,
    inputs: { 'image-path': imagePath, level: 'boot', timeout: '20' },
  });
  expect({ exitCode: main.exitCode, log: main.log }).toMatchObject({ exitCode: 5 });
  expect(Object.keys(main.outputs).sort()).toEqual(
    verifyOutputTable.map(({ name }) => name).sort(),
  );
  expect(main.outputs).toMatchObject({
    'verify-result': 'failed',
    'verdict-path': join(directory, 'verify.json'),
    'failed-checks': expect.stringMatching(/\w/),
  });
  const errors = main.annotations.filter(({ level }) => level === 'error');
  expect(errors.map(({ message }) => message).join()).toMatch(/boot/);
  expect(main.summary).toContain('## Verification (boot');
  expect(main.summary).toContain('boot-no-bootloader');
}, 120_000);

it('verifies in a build, which then publishes nothing', async () => {
  const workbench = await createWorkbench();
  try {
    // its image has files, and nothing that boots
    const { status, stdout, stderr } = await workbench.build('verified', {
      inputs: { verify: 'boot', publish: 'glance', cloud: 'nowhere' },
      flags: ['--json'],
      timeLimitMs: 120_000,
    }).ended;
    expect({ status, stderr }).toMatchObject({ status: 5 });
    expect(stderr).toContain('[boot-no-bootloader]');
    expect(stderr).not.toContain('nowhere');
    const answer = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
    expect(answer).toMatchObject({ 'verify-result': 'failed', verdict: { passed: false } });
    expect(workbench.residue('verified', stderr)).toMatchObject({ processes: [], mounts: [] });
  } finally {
    await workbench.close();
  }
}, 180_000);
