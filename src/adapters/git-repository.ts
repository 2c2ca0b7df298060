import { isUtf8 } from 'node:buffer';
import { spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve as resolvePath } from 'node:path';
import { failure } from '../errors.ts';
import type { TreeFile } from '../model/matrix.ts';
import { gitEnvironment } from '../model/trove.ts';
import type { Repositories, Repository } from '../ports/repository.ts';

type Environment = Readonly<Record<string, string | undefined>>;
type Git = (words: readonly string[], input?: Uint8Array) => Promise<Answer>;
interface Answer {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Repositories by the program git; of `environment` it sees the search path and the home directory. */
export function createGitRepositories(environment: Environment): Repositories {
  return {
    async use(directory, body) {
      const scratch = await mkdtemp(join(tmpdir(), 'trove-image-git-'));
      try {
        return await body(await open(directory, scratch, environment));
      } finally {
        await rm(scratch, { recursive: true, force: true });
      }
    },
  };
}

async function open(
  directory: string,
  scratch: string,
  environment: Environment,
): Promise<Repository | null> {
  const variables = await isolate(scratch, environment);
  const ask = ['rev-parse', '--show-toplevel', '--show-prefix', '--is-shallow-repository'];
  const found = await run(directory, variables, [
    ...ask,
    '--git-path',
    'index',
    '--git-path',
    'objects',
  ]);
  const [root, prefix = '', shallow, index = '', objects = ''] = found.stdout
    .toString()
    .split('\n');
  if (found.exitCode !== 0 || !root) return null;
  const private_ = {
    ...variables,
    GIT_INDEX_FILE: join(scratch, 'index'),
    GIT_OBJECT_DIRECTORY: join(scratch, 'objects'),
    // a list by colons, whose items may be quoted
    GIT_ALTERNATE_OBJECT_DIRECTORIES: JSON.stringify(resolvePath(directory, objects)),
  };
  const git: Git = (words, input) => run(root, private_, words, input);
  return {
    root,
    prefix: prefix.replace(/\/$/, ''),
    isShallow: shallow === 'true',
    resolve: async (name) =>
      (await resolve(git, name)) ?? (await resolve(git, `refs/remotes/origin/${name}`)),
    async findFork(commit) {
      const { exitCode, stdout } = await git(['merge-base', commit, 'HEAD']);
      return exitCode === 0 ? stdout.toString().trim() : null;
    },
    listCommit: async (commit) => list(git, ['ls-tree', '-r', '-z', '--full-tree', commit]),
    listDisk: (paths) => listDisk(git, { index: resolvePath(directory, index), scratch }, paths),
    readTexts: (ids) => readTexts(git, ids),
  };
}

/** Variables of git for this run; its settings are the user's own. */
async function isolate(
  scratch: string,
  { HOME: home = '/', XDG_CONFIG_HOME: config = `${home}/.config`, PATH: path }: Environment,
): Promise<Readonly<Record<string, string>>> {
  const own = [`${config}/git/config`, `${home}/.gitconfig`].map((file) => JSON.stringify(file));
  const lines = [
    ...own.map((file) => `[include]\n\tpath = ${file}`),
    // it may belong to somebody else than the one who plans, as in a container
    '[safe]\n\tdirectory = *',
  ];
  await writeFile(join(scratch, 'config'), `${lines.join('\n')}\n`);
  await mkdir(join(scratch, 'objects'));
  return {
    ...gitEnvironment,
    PATH: path ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: home,
    GIT_CONFIG_GLOBAL: join(scratch, 'config'),
    GIT_LITERAL_PATHSPECS: '1',
    GIT_OPTIONAL_LOCKS: '0',
  };
}

/** No program that the repository chooses is run; its own configuration does not overrule this. */
const overrides = ['-c', 'core.hooksPath=/dev/null', '-c', 'core.fsmonitor=false'] as const;

function run(
  directory: string,
  environment: Readonly<Record<string, string>>,
  words: readonly string[],
  input: Uint8Array = Buffer.alloc(0),
): Promise<Answer> {
  return new Promise((settle, reject) => {
    const child = spawn('git', [...overrides, ...words], { cwd: directory, env: environment });
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (data: Buffer) => stdout.push(data));
    child.stderr.on('data', (data: Buffer) => stderr.push(data));
    child.on('error', (error: NodeJS.ErrnoException) => reject(describeStart(error)));
    child.on('close', (code) =>
      settle({
        exitCode: code ?? 128,
        stdout: Buffer.concat(stdout),
        stderr: Buffer.concat(stderr).toString().trim(),
      }),
    );
    // it may end before it has read everything: its exit code tells why
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

const describeStart = (error: NodeJS.ErrnoException): Error =>
  failure(
    'host',
    'tool-missing',
    `git could not be started: ${error.message}.`,
    'Install the package git.',
    error,
  );

async function must(git: Git, words: readonly string[], input?: Uint8Array): Promise<Buffer> {
  const { exitCode, stdout, stderr } = await git(words, input);
  if (exitCode === 0) return stdout;
  throw failure(
    'host',
    'repository-unreadable',
    `The git repository cannot be read: git ${words[0]} said ${JSON.stringify(stderr.split('\n').at(-1) || `exit code ${exitCode}`)}.`,
    'Run git fsck there; a clone without all objects needs the network.',
  );
}

async function resolve(git: Git, name: string): Promise<string | null> {
  const { exitCode, stdout } = await git(['rev-parse', '--verify', '--quiet', `${name}^{commit}`]);
  return exitCode === 0 ? stdout.toString().trim() : null;
}

/** Lines `MODE … ID …<TAB>PATH`, as ls-tree and ls-files write them. */
async function list(git: Git, words: readonly string[]): Promise<readonly TreeFile[]> {
  const output = await must(git, words);
  const files: TreeFile[] = [];
  for (let start = 0; start < output.length; ) {
    const end = output.indexOf(0, start);
    const tab = output.indexOf(9, start);
    const facts = output.toString('latin1', start, tab).split(' ');
    const name = output.subarray(tab + 1, end);
    files.push({
      mode: facts[0] ?? '',
      id: facts.find((word) => word.length >= 40) ?? '',
      path: name.toString(isUtf8(name) ? 'utf8' : 'latin1'),
    });
    start = end + 1;
  }
  return files;
}

/** By an index of our own, which begins as the one of the repository. */
async function listDisk(
  git: Git,
  { index, scratch }: { readonly index: string; readonly scratch: string },
  paths: readonly string[],
): Promise<readonly TreeFile[]> {
  await copyIndex(index, join(scratch, 'index'));
  await must(git, ['add', '--update']);
  const others = ['ls-files', '--others', '--exclude-standard', '-z', '--'];
  const unknown =
    paths.length === 0 ? '' : (await must(git, [...others, ...paths])).toString('latin1');
  // what ends with a slash is a repository of its own
  const names = unknown.split('\0').filter((name) => name !== '' && !name.endsWith('/'));
  if (names.length > 0)
    await must(
      git,
      ['update-index', '--add', '-z', '--stdin'],
      Buffer.from(`${names.join('\0')}\0`, 'latin1'),
    );
  return list(git, ['ls-files', '--stage', '-z']);
}

/** A repository without a commit has none. */
async function copyIndex(index: string, path: string): Promise<void> {
  const facts = await stat(index).catch(() => null);
  if (facts === null) return;
  await copyFile(index, path);
  // a file as new as its index may have changed after it: git looks into those, and goes by the time of the index
  const seconds = (facts.mtimeMs - 1) / 1000;
  await utimes(path, seconds, seconds);
}

async function readTexts(git: Git, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  if (ids.length === 0) return texts;
  const output = await must(git, ['cat-file', '--batch'], Buffer.from(`${ids.join('\n')}\n`));
  for (let start = 0; start < output.length; ) {
    const end = output.indexOf(10, start);
    const [id = '', type, size] = output.toString('latin1', start, end).split(' ');
    start = end + 1;
    if (type === 'missing') continue;
    const bytes = Number(size);
    if (type === 'blob') texts.set(id, output.toString('utf8', start, start + bytes));
    start += bytes + 1;
  }
  return texts;
}
