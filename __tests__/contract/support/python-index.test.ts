import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  explainMissingIndex,
  heldBack,
  type PythonIndex,
  startPythonIndex,
} from '../../support/python-index.ts';
import {
  commitAgentCode,
  firstCode,
  type MadeTree,
  makeTroveTree,
} from '../../support/trove-tree.ts';

const MINUTE_MS = 60_000;
const execute = promisify(execFile);
const osRelease = readFileSync('/etc/os-release', 'utf8');
const release = /^VERSION_CODENAME=(\w+)$/m.exec(osRelease)?.[1] as string;
const listLeft = (): readonly string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith('python-index-test-'));

describe('the Python index for tests', () => {
  const directory = mkdtempSync(join(tmpdir(), 'python-index-contract-'));
  const venv = join(directory, 'venv');
  const constraints = join(directory, 'upper-constraints.txt');
  let index: PythonIndex;
  let tree: MadeTree;

  const run = async (program: string, ...words: readonly string[]): Promise<string> => {
    const host = new URL(index.url).hostname;
    const pip = { PIP_INDEX_URL: index.url, PIP_TRUSTED_HOST: host, PIP_NO_CACHE_DIR: '1' };
    const environment = { PATH: '/usr/bin:/bin', HOME: directory, LC_ALL: 'C', ...pip };
    const { stdout } = await execute(program, [...words], { env: environment, cwd: directory });
    return stdout;
  };
  const installed = async (): Promise<Record<string, string>> => {
    const list = await run(join(venv, 'bin', 'pip'), 'list', '--format', 'json');
    const found = JSON.parse(list) as readonly { name: string; version: string }[];
    return Object.fromEntries(found.map(({ name, version }) => [normalize(name), version]));
  };
  const normalize = (name: string): string => name.replace(/[-_.]+/g, '-').toLowerCase();
  const ask = (path: string): Promise<Response> =>
    fetch(new URL(path, index.url), { redirect: 'manual' });

  beforeAll(async () => {
    index = await startPythonIndex({ release });
    tree = makeTroveTree(join(directory, 'trove'));
    writeFileSync(constraints, index.upperConstraints);
  }, 2 * MINUTE_MS);
  afterAll(async () => {
    await index?.stop();
    rmSync(directory, { recursive: true });
  });

  it('lists every distribution under its normalised name, and sends other spellings there', async () => {
    const page = await (await ask('/simple/')).text();
    const names = [...page.matchAll(/href="\/simple\/([^/]+)\/"/g)].map(([, name]) => name);
    expect(names).toEqual([...Object.keys(index.versions)].sort());
    const answer = await ask('/simple/Oslo.Config/');
    expect([answer.status, answer.headers.get('location')]).toEqual([301, '/simple/oslo-config/']);
  });

  it.each([
    '/simple/nothing/',
    '/files/nothing.whl',
    '/files/../../../etc/passwd',
    '/files/%2e%2e/%2e%2e/etc/passwd',
  ])('has nothing at %s', async (path) => {
    expect((await ask(path)).status).toBe(404);
  });

  it('names the digest of every wheel, and pip refuses other bytes', async () => {
    const page = await (await ask('/simple/pbr/')).text();
    const [, file = ''] = /href="([^"#]+)#sha256=[0-9a-f]{64}"/.exec(page) ?? [];
    expect(file).toMatch(/^\/files\/pbr-.*\.whl$/);
    const wrong = new URL(`${file}#sha256=${'0'.repeat(64)}`, index.url).href;
    await expect(
      run('/usr/bin/python3', '-m', 'venv', venv).then(() =>
        run(join(venv, 'bin', 'pip'), 'install', `pbr @ ${wrong}`),
      ),
    ).rejects.toThrow(/HASH|hash/);
  });

  it(
    'gives pip what the agent, its build and its dependencies need, as the constraints say',
    async () => {
      const pip = join(venv, 'bin', 'pip');
      await run('/usr/bin/python3', '-m', 'venv', '--clear', venv);
      await run(pip, 'install', 'pip', '--upgrade');
      await run(pip, 'install', '-U', '-c', constraints, tree.path);
      const found = await installed();
      expect(found.trove).toBe('2.0.0');
      for (const name of ['oslo-config', 'pbr', 'pyyaml', 'stevedore', 'netaddr', heldBack])
        expect([name, found[name]]).toEqual([name, index.versions[name]]);
      for (const path of ['/simple/pip/', '/simple/setuptools/', '/simple/wheel/', '/simple/pbr/'])
        expect(index.log()).toContain(`GET ${path} 200`);
      expect(await run(pip, 'check')).toContain('No broken requirements');
      const agent = join(venv, 'bin', 'trove-guestagent');
      expect((await run(agent, '--version')).trim()).toBe(`2.0.0 ${firstCode}`);
    },
    3 * MINUTE_MS,
  );

  it(
    'gives the newest of all without constraints, which cannot be imported',
    async () => {
      const pip = join(venv, 'bin', 'pip');
      commitAgentCode(tree, 'second');
      await run(pip, 'install', '-U', '--upgrade-strategy', 'eager', tree.path);
      expect(await installed()).toMatchObject({ [heldBack]: '9999' });
      const agent = join(venv, 'bin', 'trove-guestagent');
      await expect(run(agent, '--version')).rejects.toThrow('nothing held this version back');
    },
    3 * MINUTE_MS,
  );

  it('is refused for guests of another release than this machine’s', async () => {
    expect(explainMissingIndex(release)).toBeNull();
    await expect(startPythonIndex({ release: 'hamm' })).rejects.toThrow(
      `it is ${release}, and the guest is hamm`,
    );
  });

  it('has wheels whose records are right, of plain and of compiled modules', async () => {
    const pip = join(venv, 'bin', 'pip');
    await run(pip, 'install', 'wheel');
    for (const name of ['oslo-config', 'pyyaml'])
      await run(join(venv, 'bin', 'wheel'), 'unpack', index.wheel(name));
    expect(index.wheel('oslo-config')).toMatch(/-py3-none-any\.whl$/);
    expect(index.wheel('pyyaml')).toMatch(/-cp3\d+-cp3\d+-linux_\w+\.whl$/);
  });

  it('makes the same wheels the next time, and ends by itself', async () => {
    const next = await startPythonIndex({ release, timeLimitMs: 3_000 });
    const read = async (url: string): Promise<string> =>
      (await fetch(new URL('pyyaml/', url))).text();
    expect(await read(next.url)).toBe(await read(index.url));
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    await expect(fetch(next.url)).rejects.toThrow();
    await next.stop();
  });

  it('leaves nothing where its packages do not exist', async () => {
    const before = listLeft();
    await expect(startPythonIndex({ release, packages: ['python3-no-such'] })).rejects.toThrow(
      'python3-no-such',
    );
    expect(listLeft()).toEqual(before);
  });
});
