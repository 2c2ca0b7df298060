import { createTree, type Tree } from '../core/matrix/tree.ts';
import { failure, type TroveImageError } from '../errors.ts';
import type { TreeFile } from '../model/matrix.ts';
import type { Log } from '../ports/log.ts';
import type { Repository } from '../ports/repository.ts';

/** Two states of a repository: a commit, and what lies on the disk. */
export interface States {
  readonly commit: string;
  readonly base: Tree;
  readonly disk: Tree;
  /** Texts by the ids of their contents: links, catalogues, and what elements say of others. */
  readonly texts: ReadonlyMap<string, string>;
}

/** Reads what is compared: the commit at which `base` and the checkout parted, and the disk. */
export async function readStates(
  { log }: { readonly log: Log },
  repository: Repository,
  wish: {
    readonly base: string;
    /** Path of the catalogue in the repository; null where it lies elsewhere. */
    readonly catalogue: string | null;
    /** Directories in the repository where files count that git does not know yet. */
    readonly paths: readonly string[];
  },
): Promise<States> {
  const found = await repository.resolve(wish.base);
  if (found === null) throw refuseBase(wish.base, repository.isShallow);
  const fork = await repository.findFork(found);
  if (fork === null) {
    log.warning({
      code: 'no-common-history',
      message: `base: this clone does not tell where ${wish.base} and the checkout parted, so that what moved on ${wish.base} alone counts as changed, too.`,
      hint: 'Check out with fetch-depth: 0, or compare with the first parent of a merge: fetch-depth: 2 and base: HEAD^1.',
    });
  }
  const commit = fork ?? found;
  const [before, now] = await Promise.all([
    repository.listCommit(commit),
    repository.listDisk(wish.paths),
  ]);
  const wanted = [...before, ...now].filter((file) => hasMeaning(file, wish.catalogue));
  const texts = await repository.readTexts([...new Set(wanted.map(({ id }) => id))]);
  log.info(`Comparing ${now.length} files with ${commit.slice(0, 12)}`);
  return { commit, base: createTree(before, texts), disk: createTree(now, texts), texts };
}

const hasMeaning = ({ path, mode }: TreeFile, catalogue: string | null): boolean =>
  mode === '120000' || path === catalogue || /(^|\/)element-(deps|provides)$/.test(path);

function refuseBase(base: string, isShallow: boolean): TroveImageError {
  const hint = isShallow
    ? 'Its history is cut: check out with fetch-depth: 0 (or 2, with base: HEAD^1), or fetch that commit: git fetch --depth=1 origin COMMIT.'
    : 'Name a branch, tag or commit that git rev-parse knows here, such as HEAD^1 or origin/main; fetch it first where it is new.';
  const clone = isShallow ? 'this shallow clone' : 'this repository';
  return failure('input', 'base-not-found', `base: there is no commit ${base} in ${clone}.`, hint);
}
