import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { answerOf, openBench, runLayer } from '../support/layer/bench.ts';

const bench = openBench('layer-sources-');
let count = 0;
let own = '';
let tree = '';

beforeEach(() => {
  count += 1;
  own = bench.place(`test-${count}`);
  tree = bench.place(`test-${count}/tree`);
});
afterAll(() => bench.close());

function put(path: string, text = 'text'): string {
  const full = join(tree, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, text);
  return full;
}

interface Scanned {
  readonly changes: readonly (readonly [string, string])[];
  readonly sources: Readonly<Record<string, string>>;
  readonly packageInstalls: unknown;
}

const scan = (): void => void answerOf(['scan', tree, join(own, 'state')]);
const compare = (...sources: readonly string[]): Scanned =>
  answerOf([
    'scan',
    ...[tree, join(own, 'state.new')],
    ...['--since', join(own, 'state')],
    ...sources.flatMap((path) => ['--source', path]),
  ]) as unknown as Scanned;

describe('the digest of a source', () => {
  const git = (folder: string, ...words: readonly string[]): void => {
    execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@example.org', ...words], {
      ...{ cwd: folder, stdio: 'ignore' },
      env: { PATH: process.env.PATH ?? '', GIT_COMMITTER_DATE: '2020-01-01T00:00:00Z' },
    });
  };
  function makeRepository(): string {
    const path = bench.place(`test-${count}/repository`);
    writeFileSync(join(path, 'setup.py'), 'one\n');
    git(path, 'init', '--initial-branch=main');
    git(path, 'add', '.');
    git(path, 'commit', '--message=one', '--date=2020-01-01T00:00:00Z');
    return path;
  }
  /** Clones it to where a build has it, and gives the digest. */
  function digestOfClone(
    repository: string,
    edit: (clone: string) => void = () => undefined,
  ): string {
    const clone = join(tree, 'opt/agent');
    rmSync(clone, { recursive: true, force: true });
    mkdirSync(join(tree, 'opt'), { recursive: true });
    git(own, 'clone', '--no-hardlinks', repository, clone);
    edit(clone);
    return compare('opt/agent').sources['opt/agent'] ?? '';
  }

  it('is that of its files and revision: the same commit cloned twice is the same', () => {
    const repository = makeRepository();
    const first = digestOfClone(repository);
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(digestOfClone(repository)).toBe(first);
    expect(digestOfClone(repository, (clone) => git(clone, 'gc'))).toBe(first);
  });

  it('is another for another commit of the same files, another tag, file, mode or directory', () => {
    const repository = makeRepository();
    const digests = [
      digestOfClone(repository),
      digestOfClone(repository, (clone) => git(clone, 'commit', '--allow-empty', '--message=two')),
      digestOfClone(repository, (clone) => git(clone, 'tag', '1.0')),
      digestOfClone(repository, (clone) => git(clone, 'tag', '1.1')),
      digestOfClone(repository, (clone) => writeFileSync(join(clone, 'setup.py'), 'two\n')),
      digestOfClone(repository, (clone) => writeFileSync(join(clone, 'new'), '')),
      digestOfClone(repository, (clone) => chmodSync(join(clone, 'setup.py'), 0o755)),
      digestOfClone(repository, (clone) => mkdirSync(join(clone, 'empty'))),
      digestOfClone(repository, (clone) => symlinkSync('setup.py', join(clone, 'link'))),
      digestOfClone(repository, (clone) => symlinkSync('.', join(clone, 'link'))),
    ];
    expect(new Set(digests).size).toBe(digests.length);
  });

  it('does not depend on the records of a checkout inside of it', () => {
    const inner = makeRepository();
    const digests = [1, 2].map((time) =>
      digestOfClone(inner, (clone) => {
        git(clone, 'clone', '--no-hardlinks', inner, join(clone, 'vendored'));
        mkdirSync(join(clone, 'submodule'));
        writeFileSync(join(clone, 'submodule/.git'), `gitdir: /somewhere/${time}\n`);
      }),
    );
    expect(digests[0]).toBe(digests[1]);
  });

  it('is refused where git cannot tell the revision, as two could look the same', () => {
    put('opt/agent/setup.py');
    mkdirSync(join(tree, 'opt/agent/.git'));
    const { status, error } = runLayer([
      'scan',
      ...[tree, join(own, 'state.new'), '--since', join(own, 'state'), '--source', 'opt/agent'],
    ]);
    expect(status).toBe(1);
    expect(error).toMatch(/^git ended with exit status 128: fatal: not a git repository/);
  });

  it('leaves the files of the source out of the changes, and only those', () => {
    scan();
    put('opt/agent/setup.py');
    put('opt/agent-more/setup.py');
    put('opt/agent.conf');
    const { changes, sources } = compare('opt/agent', 'opt/absent');
    expect(changes.map(([path]) => path)).toEqual([
      ...['opt', 'opt/agent-more', 'opt/agent-more/setup.py', 'opt/agent.conf'],
    ]);
    expect(Object.keys(sources)).toEqual(['opt/agent']);
  });

  it('is that of a plain file or directory too', () => {
    put('opt/agent/a', '1');
    put('opt/file', '2');
    const first = compare('opt/agent', 'opt/file').sources;
    cpSync(join(tree, 'opt/agent/a'), join(tree, 'opt/agent/b'));
    put('opt/file', '3');
    const second = compare('opt/agent', 'opt/file').sources;
    expect(second['opt/agent']).not.toBe(first['opt/agent']);
    expect(second['opt/file']).not.toBe(first['opt/file']);
  });
});
