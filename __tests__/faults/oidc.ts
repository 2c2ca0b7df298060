import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { projectDirectory } from '../support/checkout.ts';
import { readCodeBlocks } from '../support/code-blocks.ts';
import { type GithubOidc, type Job, startGithubOidc } from '../support/github-oidc.ts';
import { explainMissingOpenstack, type Openstack, startOpenstack } from '../support/openstack.ts';
import { makePublishable } from '../support/publishable.ts';
import { readResidue } from '../support/residue.ts';
import { startProgram } from '../support/stand-in/program.ts';
import { nothing } from '../support/stand-in/workbench.ts';

const MINUTE_MS = 60_000;
const execute = promisify(execFile);
const missing = explainMissingOpenstack({ oidc: true });
if (missing !== null) throw new Error(`no test stack here: ${missing}`);

const audience = 'keystone.example.org';
const directory = mkdtempSync(join(tmpdir(), 'oidc-test-'));
const image = makePublishable(directory, 'one', { sourceTime: '2026-11-01T00:00:00Z' });
const dashboard = 'https://dashboard.example.org/auth/websso/';
const page = join(directory, 'page.html');
// what Keystone needs for a dashboard with single sign-on
const settings = [
  `keystone:federation.trusted_dashboard=${dashboard}`,
  `keystone:federation.sso_callback_template=${page}`,
];
let github: GithubOidc;
let stack: Openstack;

beforeAll(async () => {
  writeFileSync(page, '$token\n');
  github = await startGithubOidc();
  stack = await startOpenstack({ oidc: github, settings });
}, 5 * MINUTE_MS);
afterEach(() => github.become({}));
afterAll(async () => {
  await stack?.stop();
  await github?.stop();
  rmSync(directory, { recursive: true });
}, MINUTE_MS);

type Environment = Readonly<Record<string, string>>;
const home = (): Environment => ({
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: directory,
  OS_CLIENT_CONFIG_FILE: stack.cloudsYaml,
});

/** `trove-image publish` as a job of GitHub runs it: with no login but the right to ask for a token. */
async function publish(words: readonly string[], environment: Environment = github.environment) {
  const login = ['--cloud', 'github', '--oidc-audience', audience];
  const done = await startProgram(
    [
      ...[process.execPath, join(projectDirectory, 'bin', 'trove-image'), 'publish'],
      ...['--image-path', image.imagePath, '--grace-period', '0', '--json', ...login, ...words],
    ],
    { cwd: directory, environment: { ...home(), ...environment }, timeLimitMs: 2 * MINUTE_MS },
  ).ended;
  const last = done.stdout.trim().split('\n').at(-1) ?? '';
  return { ...done, answer: last.startsWith('{') ? JSON.parse(last) : null };
}

/** The official client; what it prints as JSON. */
async function client(words: readonly string[], environment: Environment) {
  const env = { ...home(), ...environment };
  const { stdout } = await execute('openstack', [...words, '--format', 'json'], { env });
  return JSON.parse(stdout);
}

/** A request with the token of an administrator. */
async function ask(method: string, path: string, body?: object): Promise<Response> {
  const { token, endpoints } = await stack.tokens('admin');
  const [base, rest] = path.startsWith('/v2/')
    ? [endpoints.image, path]
    : [endpoints.identity, path];
  const answer = await fetch(`${base}${rest}`, {
    method,
    headers: { 'X-Auth-Token': token, 'Content-Type': 'application/json' },
    body: body === undefined ? null : JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer;
}
const listImages = async (): Promise<readonly { id: string; trove_build_id?: string }[]> => {
  const lists = await Promise.all(
    ['true', 'false'].map((hidden) => ask('GET', `/v2/images?os_hidden=${hidden}`)),
  );
  const bodies = await Promise.all(lists.map((list) => list.json() as Promise<{ images: [] }>));
  return bodies.flatMap(({ images }) => images);
};

describe('a job of GitHub with a bad token', () => {
  const rows: readonly (readonly [string, Job, RegExp])[] = [
    ['repository', { repository: 'example/other' }, /wrong repository example\/other\./],
    ['branch', { ref: 'refs/heads/topic' }, /wrong branch refs\/heads\/topic\./],
    ['pull-request', { ref: 'refs/pull/7/merge' }, /wrong branch refs\/pull\/7\/merge\./],
    ['audience', { audience: 'other.example.org' }, /wrong audience other\.example\.org\./],
    ['expired', { lifeSeconds: -60 }, /it expired \d+ s ago/],
    ['forged', { signedBy: 'somebody' }, /wrong signature/],
    ['issuer', { claims: { iss: 'https://issuer.example.org' } }, /wrong issuer https:/],
    [
      'several',
      { repository: 'example/other', ref: 'refs/heads/topic' },
      /wrong repository example\/other, wrong branch refs\/heads\/topic\./,
    ],
    ['incomplete', { claims: { repository: undefined } }, /wrong repository \(not there\)/],
  ];

  it.each(rows)(
    'oidc.%s: publishes nothing, and is told what is wrong',
    async (_id, job, told) => {
      github.become(job);
      const { status, stderr } = await publish([]);
      expect({ status, stderr }).toEqual({ status: 6, stderr: expect.stringMatching(told) });
      expect(stderr).toContain('[oidc-refused]');
      expect(await listImages()).toEqual([]);
    },
    MINUTE_MS,
  );
});

describe('a job of GitHub without a token', () => {
  it(
    'oidc.no-permission: is told which permission it lacks',
    async () => {
      const { status, stderr } = await publish([], {});
      expect({ status, stderr }).toEqual({
        status: 2,
        stderr: expect.stringContaining('[no-oidc]'),
      });
      expect(stderr).toContain('id-token: write');
    },
    MINUTE_MS,
  );

  it(
    'oidc.no-audience: is told of the input that it lacks',
    async () => {
      const { status, stderr } = await publish(['--oidc-audience', '']);
      expect(status).toBe(6);
      expect(stderr).toContain('[oidc-not-set-up]');
      expect(stderr).toContain('oidc-audience');
    },
    MINUTE_MS,
  );
});

describe('a job of GitHub with a good token', () => {
  it(
    'oidc.good: publishes, and the token is shown nowhere',
    async () => {
      const issued = github.requests.length;
      const { status, stdout, stderr, answer } = await publish([]);
      expect({ status, stderr, outcome: answer?.outcome }).toMatchObject({
        status: 0,
        outcome: 'published',
      });
      expect(await listImages()).toMatchObject([{ trove_build_id: image.buildId }]);
      expect(github.requests.slice(issued).join()).toContain(`audience=${audience}`);
      // every JWT begins with {"typ" in base64
      expect(`${stdout}${stderr}`).not.toContain('eyJ0eXAi');
    },
    MINUTE_MS,
  );

  it(
    'oidc.client: is known to the official client by --os-cloud, OS_CLOUD, and OS_* alone',
    async () => {
      const OS_ACCESS_TOKEN = github.issue(audience);
      const project = (await stack.tokens('publisher')).projectId;
      const alone = {
        ...{ OS_AUTH_TYPE: 'v3oidcaccesstoken', OS_AUTH_URL: stack.urls.apache ?? '' },
        ...{ OS_IDENTITY_PROVIDER: 'github', OS_PROTOCOL: 'openid', OS_CLIENT_CONFIG_FILE: '' },
        ...{ OS_PROJECT_NAME: 'publisher', OS_PROJECT_DOMAIN_ID: 'default' },
      };
      const ways = [
        [['--os-cloud', 'github'], {}],
        [[], { OS_CLOUD: 'github' }],
        [[], alone],
      ] as const;
      for (const [words, environment] of ways) {
        const all = { OS_ACCESS_TOKEN, ...environment };
        const login = await client([...words, 'token', 'issue'], all);
        expect(login).toMatchObject({ project_id: project });
      }
    },
    MINUTE_MS,
  );

  it(
    "oidc.renewal: asks for another one when Keystone's own would end during the upload",
    async () => {
      await stack.up([...settings, 'keystone:token.expiration=600']);
      const before = github.requests.length;
      const { answer } = await publish(['--glance-name', 'renewal']);
      expect(answer?.outcome).toBe('published');
      const asked = github.requests.slice(before).filter((each) => each.startsWith('GET /token'));
      expect(asked.length).toBeGreaterThanOrEqual(2);
      await stack.up(settings);
    },
    2 * MINUTE_MS,
  );
});

describe('a cloud that is not set up for a good token', () => {
  const mapping = '/OS-FEDERATION/mappings/github-actions';
  const read = async (): Promise<{
    id: string;
    rules: { remote: { any_one_of?: string[] }[] }[];
  }> => ((await (await ask('GET', mapping)).json()) as { mapping: never }).mapping;

  it(
    'oidc.mapping: has a mapping that does not say which: both claims are named',
    async () => {
      const { rules } = await read();
      const other = JSON.parse(
        JSON.stringify(rules).replaceAll('example/trove-images', 'example/x'),
      );
      await ask('PATCH', mapping, { mapping: { rules: other } });
      const { status, stderr } = await publish(['--glance-name', 'mapping']);
      await ask('PATCH', mapping, { mapping: { rules } });
      expect(status).toBe(6);
      expect(stderr).toMatch(
        /wrong repository example\/trove-images, or branch refs\/heads\/main: its mapping does not say/,
      );
    },
    MINUTE_MS,
  );

  it.each([
    ['project', 'project_name: "publisher"', 'project_name: "admin"', 'oidc-no-role', 'admin'],
    ['protocol', 'protocol: "openid"', 'protocol: "other"', 'oidc-not-set-up', 'protocol other'],
    [
      'provider',
      'identity_provider: "github"',
      'identity_provider: "other"',
      'oidc-not-set-up',
      'identity_provider other',
    ],
  ])(
    'oidc.%s: is told from a bad token when clouds.yaml names another one',
    async (_id, right, wrong, code, told) => {
      const file = join(directory, 'clouds.yaml');
      writeFileSync(file, readFileSync(stack.cloudsYaml, 'utf8').replace(right, wrong));
      const environment = { ...github.environment, OS_CLIENT_CONFIG_FILE: file };
      const { status, stderr } = await publish(['--glance-name', 'wrong'], environment);
      expect(status).toBe(6);
      expect(stderr).toContain(`[${code}]`);
      expect(stderr).toContain(told);
    },
    MINUTE_MS,
  );
});

describe('the documented set-up', () => {
  it(
    'oidc.claims: lets no client send claims itself, to any path that Keystone has',
    async () => {
      const claims = {
        'OIDC-iss': github.issuer,
        'OIDC-sub': 'somebody',
        'OIDC-repository': 'example/trove-images',
        'OIDC-ref': 'refs/heads/main',
      };
      const provider = 'OS-FEDERATION/identity_providers/github/protocols/openid';
      const sso = `auth/${provider}/websso?origin=${encodeURIComponent(dashboard)}`;
      const send = async (base = '', path = sso, headers: object = claims) =>
        (await fetch(`${base}/${path}`, { headers: { ...headers } })).status;
      // Keystone itself believes them: that is why nobody may reach it past Apache
      expect(await send(stack.urls.keystone)).toBe(200);
      expect(await send(stack.urls.apache)).toBe(403);
      const spellings = [/-/g, /^OIDC/].map((pattern) =>
        Object.fromEntries(
          Object.entries(claims).map(([name, value]) => [
            name.replace(pattern, (part) => (part === '-' ? '_' : 'oidc')),
            value,
          ]),
        ),
      );
      for (const spelling of spellings)
        expect(await send(stack.urls.apache, sso, spelling)).toBe(403);
      const authorization = { Authorization: `Bearer ${github.issue(audience, { ref: 'other' })}` };
      const path = `${provider}/auth`;
      expect(await send(stack.urls.apache, path, authorization)).toBe(401);
      expect(await send(stack.urls.apache, path, { ...authorization, ...claims })).toBe(403);
      expect(await send(stack.urls.apache, path, {})).toBe(401);
    },
    MINUTE_MS,
  );

  it(
    "oidc.commands: is made by the document's commands, and lets a good token in",
    async () => {
      const provider = '/OS-FEDERATION/identity_providers/github';
      await ask('DELETE', `${provider}/protocols/openid`);
      await ask('DELETE', provider);
      await ask('DELETE', '/OS-FEDERATION/mappings/github-actions');
      const groups = (await (await ask('GET', '/groups?name=image-publishers')).json()) as {
        groups: { id: string }[];
      };
      for (const { id } of groups.groups) await ask('DELETE', `/groups/${id}`);
      const document = 'docs/publishing-with-oidc.md';
      const [rules = ''] = readCodeBlocks(document, 'json');
      const [commands = ''] = readCodeBlocks(document, 'sh');
      expect(commands.match(/^openstack /gm)).toHaveLength(5);
      writeFileSync(join(directory, 'mapping.json'), rules);
      const own = commands.replace('https://token.actions.githubusercontent.com', github.issuer);
      const env = { ...home(), OS_CLOUD: 'admin' };
      await execute('/bin/sh', ['-e', '-c', own], { cwd: directory, env });
      const token = { OS_CLOUD: 'github', OS_ACCESS_TOKEN: github.issue(audience) };
      expect(await client(['token', 'issue'], token)).toHaveProperty('project_id');
      const { answer } = await publish(['--glance-name', 'commands']);
      expect(answer?.outcome).toBe('published');
    },
    3 * MINUTE_MS,
  );
});

describe('Apache in the test stack', () => {
  it(
    'oidc.stack: listens on 127.0.0.1 only, starts again after a kill, and goes without a trace',
    async () => {
      const own = await startOpenstack({ oidc: github });
      const before = (await own.services()).apache;
      const { stdout } = await execute('ss', ['-H', '-l', '-t', '-u', '-n', '-p']);
      const lines = stdout
        .split('\n')
        .filter((line) => before?.pids.some((pid) => line.includes(`pid=${pid},`)));
      expect(lines).toEqual([expect.stringMatching(/\s127\.0\.0\.1:\d+\s/)]);
      await own.kill('apache');
      await own.up();
      const after = (await own.services()).apache;
      expect(after?.leader).not.toBe(before?.leader);
      expect((await fetch(own.urls.apache ?? '')).status).toBe(200);
      await own.stop();
      expect(readResidue(basename(dirname(own.directory)))).toEqual(nothing);
      await expect(fetch(own.urls.apache ?? '')).rejects.toThrow();
    },
    2 * MINUTE_MS,
  );
});
