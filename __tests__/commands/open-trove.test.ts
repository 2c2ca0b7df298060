import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { createCommands } from '../../src/adapters/commands.ts';
import { createFiles } from '../../src/adapters/files.ts';
import { openTrove } from '../../src/commands/open-trove.ts';
import { TroveImageError } from '../../src/errors.ts';
import { fakeLog } from '../stages/fakes.ts';

const directory = mkdtempSync(join(tmpdir(), 'open-trove-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let count = 0;
const fresh = (name: string): string => join(directory, `${name}-${++count}`);

const identity = ['-c', 'user.name=Example', '-c', 'user.email=example@example.org'];
const git = (path: string, ...rest: readonly string[]): string =>
  execFileSync('git', ['-C', path, ...identity, ...rest], { encoding: 'utf8' }).trim();

const elements = 'integration/scripts/files/elements';
const shape: Readonly<Record<string, string>> = {
  '.gitreview': '[gerrit]\nproject=openstack/trove.git\n',
  'tox.ini': '-c{env:X:https://releases.openstack.org/constraints/upper/master}\n',
  [`${elements}/guest-agent/source-repository-guest-agent`]:
    'upper-constraints file /opt/upper-constraints.txt https://example.org/branch/master/uc.txt\n',
  [`${elements}/ubuntu-docker/element-deps`]: 'ubuntu-guest\n',
  [`${elements}/ubuntu-guest/install.d/11-user`]: '#!/bin/bash\n',
  'trove/common/cfg.py': '# options\n',
  'devstack/plugin.sh': '# images\n',
  'trove/guestagent/datastore/mysql/service.py': '# names\n',
  'trove/guestagent/service.py': '# large\n',
};

function makeTree(files: Readonly<Record<string, string>> = shape): {
  path: string;
  commit: string;
} {
  const path = fresh('tree');
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  chmodSync(join(path, elements, 'ubuntu-guest/install.d/11-user'), 0o755);
  git(path, 'init', '--quiet', '--initial-branch', 'master');
  git(path, 'add', '--all');
  git(path, 'commit', '--quiet', '--message', 'tree');
  return { path, commit: git(path, 'rev-parse', 'HEAD') };
}

function open(
  source: { path?: string; repository?: string; ref?: string; constraints?: string },
  cacheDir = fresh('cache'),
) {
  const log = fakeLog();
  const isRoot = process.getuid?.() === 0;
  const ports = {
    log,
    files: createFiles(),
    commands: createCommands({ PATH: process.env.PATH ?? '', HOME: directory }, isRoot),
  };
  const whole = { path: '', repository: '', ref: '', constraints: '', ...source };
  return { log, cacheDir, tree: openTrove(ports, whole, { os: 'ubuntu', cacheDir }) };
}

const problemsOf = async (tree: Promise<unknown>) => {
  const error = await tree.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(TroveImageError);
  return (error as TroveImageError).problems;
};

describe('a checkout', () => {
  it('is its own source of the agent, at its commit', async () => {
    const { path, commit } = makeTree();
    const { tree, log } = open({ path });
    expect(await tree).toMatchObject({
      path,
      origin: path,
      ref: 'master',
      series: 'master',
      code: { repository: path, commit },
      isDirty: false,
      layout: 'containers',
      elements: ['guest-agent', 'ubuntu-docker', 'ubuntu-guest'],
      constraints: 'https://example.org/branch/master/uc.txt',
    });
    expect(log.problems).toEqual([]);
  });

  it('is refused nothing because it belongs to somebody else', async () => {
    const { path, commit } = makeTree();
    if (process.getuid?.() !== 0) return console.log('not root: the owner cannot be changed here');
    execFileSync('chown', ['-R', '1234:1234', path]);
    expect((await open({ path }).tree).code).toEqual({ repository: path, commit });
  });

  it('with changes that are not committed gets a warning', async () => {
    const { path } = makeTree();
    writeFileSync(join(path, 'trove/common/cfg.py'), '# changed\n');
    const { tree, log } = open({ path });
    expect(await tree).toMatchObject({ isDirty: true });
    expect(log.problems).toMatchObject([{ code: 'uncommitted-changes' }]);
  });

  it('without git gives its elements, and a warning', async () => {
    const { path } = makeTree();
    rmSync(join(path, '.git'), { recursive: true });
    const { tree, log } = open({ path });
    expect(await tree).toMatchObject({ code: null, ref: 'master', isDirty: false });
    expect(log.problems).toMatchObject([{ code: 'no-trove-commit' }]);
  });

  it('without a commit is refused', async () => {
    const { path } = makeTree();
    rmSync(join(path, '.git'), { recursive: true });
    git(path, 'init', '--quiet');
    expect(await problemsOf(open({ path }).tree)).toMatchObject([
      { code: 'no-trove-tree', message: expect.stringMatching(/^trove-path: .*has no commit/) },
    ]);
  });

  it.each(['/nonexistent', directory])('that is none (%s) is refused', async (path) => {
    expect(await problemsOf(open({ path }).tree)).toMatchObject([
      { code: 'no-trove-tree', message: expect.stringMatching(/^trove-path: /) },
    ]);
  });

  it('takes the constraints that are given', async () => {
    const { path } = makeTree();
    expect(await open({ path, constraints: '/opt/uc.txt' }).tree).toMatchObject({
      constraints: '/opt/uc.txt',
    });
  });
});

describe('a repository', () => {
  const { path, commit: first } = makeTree();
  git(path, 'tag', '--annotate', '--message', 'release', '25.0.0');
  git(path, 'checkout', '--quiet', '-b', 'stable/2025.1');
  writeFileSync(join(path, '.gitreview'), '[gerrit]\ndefaultbranch=stable/2025.1\n');
  git(path, 'commit', '--quiet', '--all', '--message', 'stable');
  const stable = git(path, 'rev-parse', 'HEAD');
  git(path, 'update-ref', 'refs/changes/45/12345/1', stable);
  git(path, 'checkout', '--quiet', 'master');

  it.each([
    ['', first, 'master', 'master'],
    ['stable/2025.1', stable, 'stable/2025.1', 'stable/2025.1'],
    ['25.0.0', first, '25.0.0', 'master'],
    [stable, stable, stable, 'stable/2025.1'],
    ['refs/changes/45/12345/1', stable, 'refs/changes/45/12345/1', 'stable/2025.1'],
  ])('at %j gives commit, name and branch', async (ref, commit, name, series) => {
    const { tree, cacheDir } = open({ repository: path, ref });
    const found = await tree;
    expect(found).toMatchObject({ ref: name, series, code: { commit }, origin: path });
    expect(git(found.code?.repository ?? '', 'rev-parse', `${commit}^{commit}`)).toBe(commit);
    expect(found.path.startsWith(cacheDir)).toBe(true);
    expect(existsSync(join(found.path, elements, 'ubuntu-docker/element-deps'))).toBe(true);
    // only what a build reads of it
    expect(existsSync(join(found.path, 'trove/guestagent/datastore/mysql/service.py'))).toBe(true);
    expect(existsSync(join(found.path, 'trove/guestagent/service.py'))).toBe(false);
  });

  it('is fetched again: a branch that moved gives its new commit', async () => {
    const moving = makeTree();
    const { tree, cacheDir } = open({ repository: moving.path });
    expect((await tree).code?.commit).toBe(moving.commit);
    writeFileSync(join(moving.path, 'trove/common/cfg.py'), '# moved\n');
    git(moving.path, 'commit', '--quiet', '--all', '--message', 'moved');
    const again = await open({ repository: moving.path }, cacheDir).tree;
    expect(again.code?.commit).toBe(git(moving.path, 'rev-parse', 'HEAD'));
    expect(again.path).not.toBe((await tree).path);
  });

  it('is shared by builds at once', async () => {
    const cacheDir = fresh('cache');
    const trees = await Promise.all([1, 2, 3].map(() => open({ repository: path }, cacheDir).tree));
    expect(new Set(trees.map((tree) => tree.path)).size).toBe(1);
    const names = readdirSync(join(cacheDir, 'trove'));
    expect(
      names.filter(
        (name) => !/^[0-9a-f]{16}(\.git(\.lock)?|-[0-9a-f]{40}-[0-9a-f]{8})$/.test(name),
      ),
    ).toEqual([]);
  });

  it('leaves nothing half made', async () => {
    const { tree, cacheDir } = open({ repository: path });
    await tree;
    expect(
      readdirSync(join(cacheDir, 'trove')).filter(
        (name) => !/^[0-9a-f]{16}(\.git(\.lock)?|-[0-9a-f]{40}-[0-9a-f]{8})$/.test(name),
      ),
    ).toEqual([]);
  });

  it.each(['stable/2099.1', 'f'.repeat(40), 'refs/changes/45/99999/1'])(
    'without the ref %s is refused by the name of the input',
    async (ref) => {
      expect(await problemsOf(open({ repository: path, ref }).tree)).toMatchObject([
        { code: 'no-trove-ref', message: expect.stringMatching(/^trove-ref: /) },
      ]);
    },
  );

  it.each(['/nonexistent/trove', 'http://127.0.0.1:9/trove'])(
    'that does not answer (%s) is told so',
    async (repository) => {
      expect(await problemsOf(open({ repository }).tree)).toMatchObject([
        { code: 'trove-unreachable', message: expect.stringMatching(/^trove-repository: /) },
      ]);
    },
  );

  it('of something else is refused', async () => {
    const other = fresh('other');
    mkdirSync(other);
    git(other, 'init', '--quiet', '--initial-branch', 'master');
    git(other, 'commit', '--quiet', '--allow-empty', '--message', 'nothing');
    expect(await problemsOf(open({ repository: other }).tree)).toMatchObject([
      { code: 'no-trove-tree', message: expect.stringMatching(/^trove-ref: /) },
    ]);
  });
});
