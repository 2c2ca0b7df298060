/** A checkout of Trove as it is on this machine. */
export interface TroveTree {
  readonly path: string;
  /** URL of the repository, or the path of a local checkout. */
  readonly origin: string;
  /** Branch, tag or commit that was asked for; for a local checkout its branch. */
  readonly ref: string;
  /** Branch of OpenStack that the tree belongs to: master, stable/2025.1, … */
  readonly series: string;
  /** Local git repository, and the commit in it, that the guest agent's code is cloned from; null: upstream's. */
  readonly code: { readonly repository: string; readonly commit: string } | null;
  /** Uncommitted changes, which are not in the image as far as they are the guest agent's. */
  readonly isDirty: boolean;
  readonly layout: TroveLayout;
  /** Names of its elements. */
  readonly elements: readonly string[];
  /** URL or path of the upper constraints. */
  readonly constraints: string;
}

/** `containers`: one image for all datastores (since Victoria). `per-datastore`: an element for each of them. */
export type TroveLayout = 'containers' | 'per-datastore';

/** Where a Trove tree keeps its elements. */
export const troveElements = 'integration/scripts/files/elements';

/** The upper constraints that a build uses. */
export interface Constraints {
  readonly location: string;
  readonly sha256: string;
  readonly text: string;
}

/** A tree before it was looked into. */
export type FoundTree = Pick<TroveTree, 'path' | 'origin' | 'ref' | 'code' | 'isDirty'>;

/** For git: nobody sits at a prompt, and no helper program is started for an unknown protocol. */
export const gitEnvironment = {
  GIT_TERMINAL_PROMPT: '0',
  GIT_ALLOW_PROTOCOL: 'http:https:git:ssh:file',
  LC_ALL: 'C',
} as const;
