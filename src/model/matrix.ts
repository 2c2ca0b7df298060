import type { Architecture } from './inputs.ts';

/** A file as git has it: mode 100644, 100755, 120000 (a link) or 160000 (a submodule), and the id of its content. */
export interface TreeFile {
  readonly path: string;
  readonly mode: string;
  readonly id: string;
}

/** What can be the reason to build an image, and the word that stands before its name. */
export const reasonNouns = {
  image: 'image',
  catalogue: 'catalogue',
  element: 'element',
  dependency: 'dependency list',
  script: 'script',
  'package-list': 'package list',
  source: 'source list',
  file: 'file',
  package: 'package',
  variable: 'variable',
  input: 'input',
  trove: 'Trove',
  constraints: 'upper constraints',
  'container-image': 'container image',
  archive: 'archive',
  tool: 'tool',
} as const;
export type ReasonKind = keyof typeof reasonNouns;

/** Why an image is built; read aloud: `script site-tools/install.d/50-x changed`. */
export interface Reason {
  readonly kind: ReasonKind;
  readonly subject: string;
  readonly change: string;
}

/** What a build is expected to take: by the layers that are there, by the last build of the image, or by experience. */
export interface Prediction {
  readonly seconds: number;
  readonly basis: 'layers' | 'last build' | 'estimate';
  /** Layers that will be used again, of those that the image has; both 0 where nothing is known of layers. */
  readonly hits: number;
  readonly layers: number;
}

/** An image that has to be built. */
export interface PlannedImage {
  readonly image: string;
  readonly architecture: Architecture;
  /** Null where nothing needed it: it takes the archives to know it. */
  readonly buildId: string | null;
  readonly reasons: readonly Reason[];
  readonly predicted: Prediction;
}

/** What has to be built, and what became of the other images of the catalogue. */
export interface MatrixPlan {
  /** Commit that was compared with; null where there was none. */
  readonly base: string | null;
  /** The longest build first. */
  readonly images: readonly PlannedImage[];
  readonly unchanged: readonly string[];
  /** Changed or asked for, but there already. */
  readonly published: readonly { readonly image: string; readonly buildId: string }[];
  /** Images of the base that the catalogue no longer has. */
  readonly removed: readonly string[];
}

/** A job of a matrix, as a workflow reads it: `matrix.image`, `matrix.runner`. */
export interface MatrixJob {
  readonly image: string;
  readonly runner: string;
  readonly reasons: readonly string[];
  readonly predicted: Prediction;
}

/** What one call of the command `plan` asks for. */
export interface PlanRequest {
  /** As it is written; empty: the default file. */
  readonly catalogue: string;
  /** Reference or commit; empty: none. */
  readonly base: string;
  /** Names, or patterns with `*`; empty: all. */
  readonly images: readonly string[];
  /** Inputs that builds are given beside `image`. */
  readonly explicit: Readonly<Record<string, string>>;
  /** Null where it was not asked what is published. */
  readonly published: {
    readonly ids: readonly string[];
    /** Absolute paths of manifests, or of directories that hold some. */
    readonly manifests: readonly string[];
  } | null;
  readonly runners: Readonly<Record<Architecture, string>>;
  readonly foresees: boolean;
}
