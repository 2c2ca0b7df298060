import { createHash } from 'node:crypto';
import { chooseConstraints, detectLayout, readSeries } from '../core/trove/tree.ts';
import { failure } from '../errors.ts';
import type { TroveSource } from '../model/inputs.ts';
import { type TroveTree, troveElements } from '../model/trove.ts';
import type { CommandResult, Commands } from '../ports/commands.ts';
import type { Files } from '../ports/files.ts';
import type { Log } from '../ports/log.ts';

export interface TrovePorts {
  readonly commands: Commands;
  readonly files: Files;
  readonly log: Log;
}

/** Parts of a tree that a build reads; the guest agent's code is cloned from the repository. */
const neededPaths = [
  'integration/scripts/files',
  'devstack/settings',
  'trove/common/cfg.py',
  '.gitreview',
  'tox.ini',
];

/** Nobody sits at a prompt, and no helper program is started for an unknown protocol. */
const environment = {
  GIT_TERMINAL_PROMPT: '0',
  GIT_ALLOW_PROTOCOL: 'http:https:git:ssh:file',
  LC_ALL: 'C',
};

/** Opens the checkout that the inputs name, or brings the repository below `cacheDir` up to date; tells what it is. */
export async function openTrove(
  ports: TrovePorts,
  source: TroveSource,
  { os, cacheDir }: { readonly os: string; readonly cacheDir: string },
): Promise<TroveTree> {
  const found =
    source.path === ''
      ? await fetchTree(ports, source, cacheDir)
      : await openCheckout(ports, source.path);
  const elements = await ports.files.list(`${found.path}/${troveElements}`);
  if (elements.length === 0) {
    throw failure(
      'input',
      'no-trove-tree',
      `${source.path === '' ? 'trove-ref' : 'trove-path'}: ${found.origin}${source.path === '' ? ` at ${found.ref}` : ''} has no ${troveElements}.`,
      'Name a checkout, or a branch, of OpenStack Trove.',
    );
  }
  const read = (name: string): Promise<string> =>
    ports.files.read(`${found.path}/${name}`).catch(() => '');
  const [gitreview, tox, sourceRepository] = await Promise.all(
    ['.gitreview', 'tox.ini', `${troveElements}/guest-agent/source-repository-guest-agent`].map(
      read,
    ),
  );
  const texts = {
    gitreview: gitreview ?? '',
    tox: tox ?? '',
    sourceRepository: sourceRepository ?? '',
  };
  const series = readSeries(texts);
  const tree = {
    ...found,
    ref: found.ref || series,
    series,
    layout: detectLayout(elements, os),
    elements: [...elements].sort(),
    constraints: source.constraints || chooseConstraints(texts),
  };
  ports.log.info(
    `Trove of ${tree.origin}: ${tree.ref}${tree.code === null ? '' : `, commit ${tree.code.commit}`}, of the branch ${series}`,
  );
  return tree;
}

type Found = Pick<TroveTree, 'path' | 'origin' | 'ref' | 'code' | 'isDirty'>;

async function openCheckout(ports: TrovePorts, path: string): Promise<Found> {
  const found = { path, origin: path, ref: '', code: null, isDirty: false };
  if (!(await ports.files.list(path)).includes('.git')) {
    ports.log.warning({
      code: 'no-trove-commit',
      message: `trove-path: ${path} is no git checkout: its elements are used, and the guest agent's code is what they name.`,
      hint: 'Use a git checkout to build the code that is in it.',
    });
    return found;
  }
  // it may belong to somebody else than the one who builds
  const git = (...rest: readonly string[]): Promise<CommandResult> =>
    ports.commands.run(['git', '-c', `safe.directory=${path}`, '-C', path, ...rest], {
      environment,
    });
  const head = await git('rev-parse', '--verify', '--quiet', 'HEAD^{commit}');
  const commit = head.stdout.trim();
  if (head.exitCode !== 0 || !/^[0-9a-f]{40,64}$/.test(commit)) {
    throw failure(
      'input',
      'no-trove-tree',
      `trove-path: ${path} has no commit: ${head.stderr.trim() || 'git names none for HEAD'}.`,
      "Commit the tree: the guest agent's code is cloned from it.",
    );
  }
  const branch = (await git('symbolic-ref', '--quiet', '--short', 'HEAD')).stdout.trim();
  const status = await git('status', '--porcelain', '--untracked-files=no');
  const isDirty = status.stdout.trim() !== '';
  if (isDirty) {
    ports.log.warning({
      code: 'uncommitted-changes',
      message: `trove-path: ${path} has changes that are not committed: those of elements are in the image, those of the guest agent's code are not.`,
      hint: 'Commit them to have all of them in the image.',
    });
  }
  return { ...found, ref: branch, code: { repository: path, commit }, isDirty };
}

/** The parts of a commit of the repository, in a directory of that commit. */
async function fetchTree(ports: TrovePorts, source: TroveSource, cacheDir: string): Promise<Found> {
  const ref = source.ref || 'master';
  const name = createHash('sha256').update(source.repository).digest('hex').slice(0, 16);
  const mirror = `${cacheDir}/trove/${name}.git`;
  const git = (...rest: readonly string[]): Promise<CommandResult> =>
    ports.commands.run(['git', '--git-dir', mirror, ...rest], { environment });
  await ports.files.makeDirectory(`${cacheDir}/trove`);
  ports.log.info(`Fetching ${source.repository} ${ref}`);
  await fetchRefs(ports, source.repository, ref, mirror);
  const commit = await resolve(git, ref);
  if (commit === null) {
    throw failure(
      'input',
      'no-trove-ref',
      `trove-ref: ${source.repository} has no branch, tag or commit ${JSON.stringify(ref)}.`,
      'Correct trove-ref: for example master, stable/2025.1, or a commit of a branch.',
    );
  }
  const path = `${cacheDir}/trove/${name}-${commit}`;
  if ((await ports.files.list(path)).length === 0) await extract(ports, mirror, commit, path);
  return {
    path,
    origin: source.repository,
    ref,
    code: { repository: mirror, commit },
    isDirty: false,
  };
}

async function fetchRefs(
  ports: TrovePorts,
  repository: string,
  ref: string,
  mirror: string,
): Promise<void> {
  // one at a time: builds on one machine share it
  const locked = (...command: readonly string[]): Promise<CommandResult> =>
    ports.commands.run(['flock', `${mirror}.lock`, ...command], { environment });
  const fetch = (...specs: readonly string[]): Promise<CommandResult> =>
    locked(
      ...['timeout', '900', 'git', '--git-dir', mirror],
      ...['fetch', '--quiet', '--prune', '--force', '--no-tags', '--', repository, ...specs],
    );
  await locked('git', 'init', '--quiet', '--bare', mirror);
  const result = await fetch('+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*');
  if (result.exitCode !== 0) {
    const reason =
      result.exitCode === 124 ? 'it took longer than 15 minutes' : result.stderr.trim();
    throw failure(
      'host',
      'trove-unreachable',
      `trove-repository: ${repository} could not be fetched: ${reason.split('\n').at(-1) || 'git does not say why'}.`,
      'Check the URL, the network and the proxy of this machine, or give a checkout in trove-path.',
    );
  }
  // changes under review, and commits that no branch has
  if (/^refs\/(?!heads\/|tags\/)/.test(ref) || /^[0-9a-f]{40}$/.test(ref))
    await fetch(`+${ref}:refs/trove-image/${ref}`);
}

async function resolve(
  git: (...rest: readonly string[]) => Promise<CommandResult>,
  ref: string,
): Promise<string | null> {
  for (const name of [`refs/heads/${ref}`, `refs/tags/${ref}`, `refs/trove-image/${ref}`, ref]) {
    const { exitCode, stdout } = await git(
      'rev-parse',
      '--verify',
      '--quiet',
      '--end-of-options',
      `${name}^{commit}`,
    );
    if (exitCode === 0) return stdout.trim().split('\n').at(-1) ?? null;
  }
  return null;
}

async function extract(
  ports: TrovePorts,
  mirror: string,
  commit: string,
  path: string,
): Promise<void> {
  const draft = ports.files.chooseUniqueName(`${path}.`);
  await ports.files.makePrivateDirectory(draft);
  const index = { ...environment, GIT_INDEX_FILE: `${draft}.index` };
  const git = (...rest: readonly string[]): Promise<CommandResult> =>
    ports.commands.run(['git', '--git-dir', mirror, '--work-tree', draft, ...rest], {
      environment: index,
    });
  const there = (await git('ls-tree', '--name-only', commit, '--', ...neededPaths)).stdout;
  const result = await git(
    'checkout',
    '--force',
    commit,
    '--',
    ...there.split('\n').filter(Boolean),
  );
  await ports.files.removeFile(`${draft}.index`);
  if (result.exitCode !== 0) {
    throw failure(
      'host',
      'trove-unreachable',
      `trove-repository: commit ${commit} could not be written to ${draft}: ${result.stderr.trim()}.`,
      'Check the free space there.',
    );
  }
  // another build may have been faster
  await ports.files.rename(draft, path).catch(async () => {
    await ports.commands.run(['rm', '--recursive', '--force', '--one-file-system', '--', draft]);
  });
}
