import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createGitRepositories } from '../../src/adapters/git-repository.ts';
import type { TreeFile } from '../../src/model/matrix.ts';
import { makeRepository, runGit, script, type TestRepository } from '../support/repository.ts';

const repositories = createGitRepositories(process.env);
let repository: TestRepository;

beforeEach(() => {
  repository = makeRepository({
    'a file': 'one\n',
    'run/me': script('true'),
    'run/link': { link: '../a file' },
    'ümläut\n': 'with a line break in its name\n',
    '.gitignore': 'ignored\n',
  });
});
afterEach(() => repository.remove());

const shorten = (files: readonly TreeFile[]): Readonly<Record<string, string>> =>
  Object.fromEntries(files.map(({ path, mode }) => [path, mode]));
const committed = {
  '.gitignore': '100644',
  'a file': '100644',
  'run/link': '120000',
  'run/me': '100755',
  'ümläut\n': '100644',
};

describe('a git repository', () => {
  it('lists a commit and the disk in the same form, whatever their names', async () => {
    await repositories.use(join(repository.path, 'run'), async (opened) => {
      expect(opened).toMatchObject({ root: repository.path, prefix: 'run', isShallow: false });
      const commit = await opened?.listCommit((await opened.resolve('HEAD')) ?? '');
      expect(shorten(commit ?? [])).toEqual(committed);
      expect(await opened?.listDisk([])).toEqual(commit);
    });
  });

  it('lists what is changed, removed and new on the disk, but nothing that is ignored', async () => {
    repository.change({
      'a file': 'two\n',
      'run/me': null,
      'run/new\t\u{1f600}': 'x\n',
      'run/ignored': 'x\n',
      'elsewhere/new': 'x\n',
    });
    await repositories.use(repository.path, async (opened) => {
      const [before, now] = [
        await opened?.listCommit('HEAD'),
        await opened?.listDisk(['run', 'none']),
      ];
      const { 'run/me': _gone, ...kept } = committed;
      expect(shorten(now ?? [])).toEqual({ ...kept, 'run/new\t\u{1f600}': '100644' });
      const idOf = (files: readonly TreeFile[] = []) =>
        files.find(({ path }) => path === 'a file')?.id ?? '';
      const texts = await opened?.readTexts([idOf(before), idOf(now), '0'.repeat(40)]);
      expect([...(texts?.values() ?? [])]).toEqual(['one\n', 'two\n']);
    });
  });

  it('sees a change of the same length in the moment in which the index was written', async () => {
    const [file, index] = ['a file', '.git/index'].map((name) => join(repository.path, name));
    if (file === undefined || index === undefined) throw new Error('there are two');
    repository.git('config', 'core.trustctime', 'false');
    const moment = new Date('2026-01-01T00:00:00Z');
    utimesSync(file, moment, moment);
    repository.git('update-index', '--refresh');
    writeFileSync(file, 'two\n');
    // as on a disk whose clock ticks slowly
    for (const path of [file, index]) utimesSync(path, moment, moment);
    await repositories.use(repository.path, async (opened) => {
      const id = (await opened?.listDisk([]))?.find(({ path }) => path === 'a file')?.id ?? '';
      expect(await opened?.readTexts([id])).toEqual(new Map([[id, 'two\n']]));
    });
  });

  it('knows branches, tags, commits and branches of origin, and nothing else', async () => {
    const head = repository.git('rev-parse', 'HEAD').trim();
    repository.git('tag', '--annotate', '--message', 'x', 'v1');
    repository.git('update-ref', 'refs/remotes/origin/theirs', head);
    await repositories.use(repository.path, async (opened) => {
      const names = ['main', 'v1', head, head.slice(0, 10), 'theirs', 'main~0'];
      for (const name of names) expect(await opened?.resolve(name)).toBe(head);
      for (const name of ['none', 'main~1', '0'.repeat(40), 'HEAD:run'])
        expect(await opened?.resolve(name)).toBeNull();
    });
  });

  it('is none outside of a repository and in one without a working tree', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'no-repository-'));
    try {
      expect(await repositories.use(directory, async (opened) => opened)).toBeNull();
      runGit(directory, 'init', '--quiet', '--bare', 'bare.git');
      expect(
        await repositories.use(join(directory, 'bare.git'), async (opened) => opened),
      ).toBeNull();
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('is a worktree beside its repository, too, and one without a commit', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'worktrees-'));
    try {
      const path = join(directory, 'other');
      repository.git('worktree', 'add', '--quiet', '--detach', path);
      execFileSync('rm', [join(path, 'a file')]);
      await repositories.use(path, async (opened) => {
        const { 'a file': _gone, ...kept } = committed;
        expect(shorten((await opened?.listDisk([])) ?? [])).toEqual(kept);
      });
      runGit(directory, 'init', '--quiet', 'fresh');
      execFileSync('touch', [join(directory, 'fresh', 'first')]);
      await repositories.use(join(directory, 'fresh'), async (opened) => {
        expect(await opened?.resolve('HEAD')).toBeNull();
        expect(shorten((await opened?.listDisk(['.'])) ?? [])).toEqual({ first: '100644' });
      });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('leaves nothing behind, and says what git said when a commit is damaged', async () => {
    const list = () => readdirSync(tmpdir()).filter((name) => name.startsWith('trove-image-git-'));
    const before = list();
    const broken = repositories.use(repository.path, async (opened) =>
      opened?.listCommit('f'.repeat(40)),
    );
    await expect(broken).rejects.toMatchObject({
      kind: 'host',
      problems: [
        { code: 'repository-unreadable', message: expect.stringContaining('git ls-tree said') },
      ],
    });
    expect(list()).toEqual(before);
  });

  it('needs git', async () => {
    const without = createGitRepositories({ PATH: '/nonexistent', HOME: '/nonexistent' });
    await expect(without.use(repository.path, async () => null)).rejects.toMatchObject({
      problems: [{ code: 'tool-missing' }],
    });
  });
});
