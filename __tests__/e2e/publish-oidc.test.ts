import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { projectDirectory } from '../support/checkout.ts';
import { type GithubOidc, type Job, startGithubOidc } from '../support/github-oidc.ts';
import { explainMissingOpenstack, type Openstack, startOpenstack } from '../support/openstack.ts';
import { makePublishable } from '../support/publishable.ts';
import { runAction } from '../support/runner.ts';

// every kind of token: npm run faults -- oidc
let github: GithubOidc;
let stack: Openstack;
const directory = mkdtempSync(join(tmpdir(), 'publish-oidc-test-'));

beforeAll(async () => {
  const missing = explainMissingOpenstack({ oidc: true });
  if (missing !== null) throw new Error(missing);
  github = await startGithubOidc();
  stack = await startOpenstack({ oidc: github });
}, 600_000);
afterAll(async () => {
  await stack?.stop();
  await github?.stop();
  rmSync(directory, { recursive: true });
});

async function publish(name: string, job: Job) {
  github.become(job);
  const image = makePublishable(directory, name, { sourceTime: '2026-11-01T00:00:00Z' });
  const run = join(directory, `run-${name}`);
  mkdirSync(run);
  const { main } = await runAction({
    actionDirectory: join(projectDirectory, 'publish'),
    directory: run,
    inputs: {
      'image-path': image.imagePath,
      'clouds-yaml': readFileSync(stack.cloudsYaml, 'utf8'),
      ...{ cloud: 'github', 'oidc-audience': 'keystone.example.org' },
    },
    extraEnv: github.environment,
  });
  return main;
}

it('publishes with the token that GitHub gives to the job, and no stored secret', async () => {
  const { exitCode, outputs, annotations, log } = await publish('good', {});
  expect({ exitCode, outcome: outputs.outcome, annotations }).toEqual({
    ...{ exitCode: 0, outcome: 'published', annotations: [] },
  });
  const shown = log.split('\n').filter((text) => !text.startsWith('::add-mask::'));
  // a JWT
  expect(shown.join('\n')).not.toMatch(/eyJ[\w-]{10,}\.eyJ/);
}, 120_000);

it('publishes nothing for another repository, and says so', async () => {
  const { exitCode, annotations } = await publish('bad', { repository: 'example/other' });
  expect(exitCode).toBe(6);
  expect(annotations.map(({ message }) => message).join()).toContain(
    'wrong repository example/other',
  );
}, 120_000);
