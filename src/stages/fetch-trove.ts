import { createHash } from 'node:crypto';
import { failure, type TroveImageError } from '../errors.ts';
import type { TroveSource } from '../model/inputs.ts';
import { gitEnvironment as environment, type FoundTree } from '../model/trove.ts';
import type { CommandResult, Commands } from '../ports/commands.ts';
import type { Files } from '../ports/files.ts';
import type { Log } from '../ports/log.ts';

interface TrovePorts {
  readonly commands: Commands;
  readonly files: Files;
  readonly log: Log;
}

/** Parts of a tree that a build reads; the guest agent's code is cloned from the repository. */
const neededPaths = [
  'integration/scripts/files',
  'devstack/settings',
  'devstack/plugin.sh',
  'trove/common/cfg.py',
  'trove/guestagent/datastore',
  '.gitreview',
  'tox.ini',
];

/** Trees with other parts are other trees. */
const partsName = createHash('sha256').update(neededPaths.join('\n')).digest('hex').slice(0, 8);
const unusedDays = 14;

/** The parts of a commit of the repository, in a directory of that commit. */
export async function fetchTrove(
  ports: TrovePorts,
  source: TroveSource,
  cacheDir: string,
): Promise<FoundTree> {
  const ref = source.ref || 'master';
  const name = createHash('sha256').update(source.repository).digest('hex').slice(0, 16);
  const mirror = `${cacheDir}/trove/${name}.git`;
  const git = (...rest: readonly string[]): Promise<CommandResult> =>
    ports.commands.run(['git', '--git-dir', mirror, ...rest], { environment });
  await ports.files.makeDirectory(`${cacheDir}/trove`);
  ports.log.info(`Fetching ${source.repository} ${ref}`);
  await fetchRefs(ports, source.repository, ref, mirror);
  const commit = await resolve(git, ref);
  if (commit === null) throw refuseReference(source.repository, ref, '');
  const path = `${cacheDir}/trove/${name}-${commit}-${partsName}`;
  if ((await ports.files.list(path)).length === 0) await extract(ports, mirror, commit, path);
  await sweepTrees(ports, `${cacheDir}/trove`, path);
  return {
    path,
    origin: source.repository,
    ref,
    code: { repository: mirror, commit },
    isDirty: false,
  };
}

const refuseReference = (repository: string, ref: string, reason: string): TroveImageError =>
  failure(
    'input',
    'no-trove-ref',
    `trove-ref: ${repository} has no branch, tag or commit ${JSON.stringify(ref)}${reason === '' ? '' : ` (${reason.split('\n').at(-1)})`}.`,
    'Correct trove-ref: for example master, stable/2025.1, or a commit of a branch.',
  );

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
  // changes under review, and commits that no branch has; whether such a commit is known is seen later
  const isReference = /^refs\/(?!heads\/|tags\/)/.test(ref);
  if (!isReference && !/^[0-9a-f]{40}$/.test(ref)) return;
  const more = await fetch(`+${ref}:refs/trove-image/${ref}`);
  if (isReference && more.exitCode !== 0)
    throw refuseReference(repository, ref, more.stderr.trim());
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
  try {
    await checkOut(ports, mirror, commit, draft);
    // another build may have been faster
    await ports.files.rename(draft, path).catch(async (error: Error) => {
      if ((await ports.files.list(path)).length === 0) throw describeTrouble(commit, error.message);
    });
  } finally {
    await ports.files.removeFile(`${draft}.index`);
    await removeTree(ports, draft);
  }
}

async function checkOut(
  ports: TrovePorts,
  mirror: string,
  commit: string,
  draft: string,
): Promise<void> {
  const index = { ...environment, GIT_INDEX_FILE: `${draft}.index` };
  const git = (...rest: readonly string[]): Promise<CommandResult> =>
    ports.commands.run(['git', '--git-dir', mirror, '--work-tree', draft, ...rest], {
      environment: index,
    });
  const listed = await git('ls-tree', '--name-only', commit, '--', ...neededPaths);
  const there = listed.stdout.split('\n').filter(Boolean);
  if (listed.exitCode !== 0) throw describeTrouble(commit, listed.stderr.trim());
  if (there.length === 0) return;
  const result = await git('checkout', '--force', commit, '--', ...there);
  if (result.exitCode !== 0) throw describeTrouble(commit, result.stderr.trim());
}

const describeTrouble = (commit: string, reason: string): TroveImageError =>
  failure(
    'host',
    'trove-unreachable',
    `trove-repository: commit ${commit} could not be written to the cache of this user: ${reason}.`,
    'Check the free space there.',
  );

/** Removes trees that no build has used for two weeks, and what a build that died has left. */
async function sweepTrees(ports: TrovePorts, directory: string, used: string): Promise<void> {
  await ports.commands.run(['touch', '--', used]);
  const found = await ports.commands.run([
    ...(['find', directory] as const),
    ...['-mindepth', '1', '-maxdepth', '1', '-name', '????????????????-*'],
    ...['-mtime', `+${unusedDays}`],
  ]);
  for (const path of found.stdout.split('\n').filter(Boolean)) await removeTree(ports, path);
}

async function removeTree(ports: TrovePorts, path: string): Promise<void> {
  await ports.commands.run(['rm', '--recursive', '--force', '--one-file-system', '--', path]);
}
