export const cacheModes = ['read-write', 'read', 'write', 'off'] as const;
export type CacheMode = (typeof cacheModes)[number];

export const cacheBackends = ['auto', 'github', 'directory'] as const;
export type CacheBackend = (typeof cacheBackends)[number];

/** Changes when a layer of an older version must not be used by a newer one. */
export const layerFormat = 1;

/** What a layer depends on: a name for people (`script install.d/10-x`) and a digest. Its key is made of these. */
export type Ingredients = Readonly<Record<string, string>>;

/** A file that hooks can read, as it lies in the hooks directory of a running build. */
export interface HookFile {
  readonly path: string;
  readonly mode: string;
  readonly sha256: string;
  /** Null for what is no text, or too long. */
  readonly text: string | null;
}

/** The layer below, by its key and by the digest of what it really holds. */
export interface ParentLayer {
  readonly key: string;
  readonly sha256: string;
}

/** An archive that scripts added themselves, with the state in which it was used. */
export interface ObservedArchive {
  readonly url: string;
  readonly suite: string;
  readonly sha256: string;
}

/** What is stored beside the bytes of a layer; `blob` is the tar archive compressed with zstd. */
export interface LayerManifest {
  readonly format: number;
  readonly key: string;
  /** After which script it was taken: `root`, or `install.d/01-package-installs`. */
  readonly position: string;
  readonly parent: ParentLayer | null;
  readonly blob: {
    readonly sha256: string;
    readonly sizeBytes: number;
    /** Size of its files when unpacked. */
    readonly treeBytes: number;
    readonly entries: number;
    readonly deleted: number;
  };
  /** What /etc/resolv.conf was: the builder's own file, or a link of the guest. */
  readonly resolvConf: 'file' | 'link';
  /** Root hooks that only mount, which every build has to run, and the mount points that they make. */
  readonly mountHooks: readonly string[];
  readonly mounts: readonly string[];
  readonly ingredients: Ingredients;
  readonly observedArchives: readonly ObservedArchive[];
  /** Scripts that fetch what no key can know. */
  readonly impureScripts: readonly string[];
  /** Time that its scripts took. */
  readonly costMs: number;
  readonly savedAtMs: number;
}

/** The layers of one finished or running build, kept to tell the next one what has changed. */
export interface Trail {
  readonly format: number;
  readonly savedAtMs: number;
  /** Digest of what the results of extra-data were made from. */
  readonly extraData: string;
  readonly layers: readonly Pick<
    LayerManifest,
    'position' | 'key' | 'ingredients' | 'costMs' | 'savedAtMs'
  >[];
}

/** What became of one layer in a build; in the log, the summary, the output `layers` and the manifest. */
export interface LayerReport {
  readonly position: string;
  readonly result: 'hit' | 'miss';
  readonly key: string;
  /** Why it was not there, or why it was not saved; empty for a hit. */
  readonly reason: string;
  readonly saved: boolean;
  readonly sizeBytes: number;
  readonly ageMs: number;
  /** Build time that a hit spared, or that a miss cost. */
  readonly costMs: number;
}

/** What is expected of one layer before a build; `costMs` is what it took when it was made. */
export interface LayerPrediction {
  readonly position: string;
  readonly result: 'hit' | 'miss' | 'unknown';
  readonly reason: string;
  readonly costMs: number;
}

/** A finished image that is kept, under the digest of all that determines its files. */
export interface StoredImage {
  readonly format: number;
  readonly id: string;
  readonly savedAtMs: number;
  readonly files: readonly {
    readonly format: string;
    readonly fileName: string;
    readonly sizeBytes: number;
    readonly sha256: string;
  }[];
  /** The manifest.json of its build, as text. */
  readonly manifest: string;
  /** The build log of its build. */
  readonly log: string;
}
