import type { HookFile } from '../../model/layers.ts';

/** A git repository that extra-data clones into the tree. */
export interface Repository {
  readonly path: string;
  readonly location: string;
  readonly ref: string;
}

/**
 * The git repositories that the elements' `source-repository-*` files name, with the variables that change them; null
 * when there is one whose state cannot be asked beforehand (an archive, a file, a name with a variable in it). Those
 * in `pinned` are left out: their state is known.
 */
export function listRepositories(
  hooks: readonly HookFile[],
  environment: Readonly<Record<string, string>>,
  pinned: readonly string[] = [],
): readonly Repository[] | null {
  if (environment.DIB_GITREPOBASE !== undefined) return null;
  const lines = hooks
    .filter(({ path }) => /^source-repository-[^/]*[^/~]$/.test(path))
    .flatMap(({ text }) => (text ?? '$').split('\n'))
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const repositories: Repository[] = [];
  for (const line of lines) {
    const [name = '', type, path = '', location = '', ref = 'master'] = line.split(/\s+/);
    if (pinned.includes(name)) continue;
    const suffix = name.replace(/[^A-Za-z0-9]/g, '_');
    const chosen = {
      type: environment[`DIB_REPOTYPE_${suffix}`] ?? type,
      location: environment[`DIB_REPOLOCATION_${suffix}`] ?? location,
      ref: environment[`DIB_REPOREF_${suffix}`] ?? ref,
    };
    const isPlain = !/[$`\\]/.test(line) && /^[\w./:@+~%-]+$/.test(chosen.location);
    if (chosen.type !== 'git' || !isPlain || !/^[\w./-]+$/.test(chosen.ref)) return null;
    repositories.push({ path, location: chosen.location, ref: chosen.ref });
  }
  return repositories;
}

/** Commit that a reference stands for in the answer of `git ls-remote`; null when it is not clear. */
export function readCommit(answer: string, ref: string): string | null {
  if (/^[0-9a-f]{40}$/.test(ref)) return ref;
  const rows = answer.split('\n').map((line) => line.split('\t'));
  const find = (name: string): string | undefined => rows.find(([, full]) => full === name)?.[0];
  const commit =
    find(ref) ??
    find(`refs/heads/${ref}`) ??
    find(`refs/tags/${ref}^{}`) ??
    find(`refs/tags/${ref}`);
  return commit ?? null;
}
