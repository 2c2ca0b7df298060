import { chooseConstraints, detectLayout, readSeries } from '../core/trove/tree.ts';
import { failure } from '../errors.ts';
import type { TroveSource } from '../model/inputs.ts';
import {
  gitEnvironment as environment,
  type FoundTree,
  type TroveTree,
  troveElements,
} from '../model/trove.ts';
import type { CommandResult, Commands } from '../ports/commands.ts';
import type { Files } from '../ports/files.ts';
import type { Log } from '../ports/log.ts';

export interface TrovePorts {
  readonly commands: Commands;
  readonly files: Files;
  readonly log: Log;
}

/** Looks into a tree: which generation it is of, which branch it belongs to, and its upper constraints. */
export async function describeTree(
  ports: TrovePorts,
  found: FoundTree,
  source: TroveSource,
  os: string,
): Promise<TroveTree> {
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

/** Opens a checkout on this machine: its elements as they are, its code at the commit. */
export async function openCheckout(ports: TrovePorts, path: string): Promise<FoundTree> {
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
