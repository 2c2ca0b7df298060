import type { TroveLayout } from '../../model/trove.ts';

/** Texts of the files of a Trove tree that say what branch it belongs to; empty where one is missing. */
export interface TreeTexts {
  readonly gitreview: string;
  readonly tox: string;
  /** `source-repository-guest-agent` of the element guest-agent. */
  readonly sourceRepository: string;
}

/** Branch of OpenStack that a tree belongs to: its review configuration names it, on master by saying nothing. */
export const readSeries = ({ gitreview }: Pick<TreeTexts, 'gitreview'>): string =>
  /^\s*defaultbranch\s*=\s*(\S+)\s*$/m.exec(gitreview)?.[1] ?? 'master';

/**
 * URL of the upper constraints of a tree. The element names one, but release tags of a stable branch name master's
 * there: where it is not of the tree's own branch, the one that its tests run with is taken.
 */
export function chooseConstraints(texts: TreeTexts): string {
  const series = readSeries(texts);
  const name = series.slice(series.lastIndexOf('/') + 1);
  const ofElement = /^upper-constraints\s+file\s+\S+\s+(\S+)/m.exec(texts.sourceRepository)?.[1];
  const ofTests = /(https?:\/\/[^\s}]+\/constraints\/upper\/[^\s}]+)/.exec(texts.tox)?.[1];
  if (ofElement?.split('/').includes(name)) return ofElement;
  const fallback = 'https://releases.openstack.org/constraints/upper/';
  return ofTests ?? `${fallback}${name}`;
}

/** Tells the two generations of trees apart by their elements. */
export function detectLayout(elements: readonly string[], os: string): TroveLayout {
  const isCurrent = elements.includes(`${os}-docker`) || !elements.includes(`${os}-guest`);
  return isCurrent ? 'containers' : 'per-datastore';
}

/** Datastores that a tree of the old form has elements for. */
export function listDatastoreElements(elements: readonly string[], os: string): readonly string[] {
  const names = elements
    .filter((name) => name.startsWith(`${os}-`))
    .map((name) => name.slice(os.length + 1));
  return names
    .filter((name) => name !== 'guest' && name !== 'docker' && !name.includes('-'))
    .sort();
}
