/** [path, type, mode, uid, gid, size in bytes, link target]; type is one of f d l b c p s, mode is octal text. */
export type FileEntry = readonly [string, string, string, number, number, number, string | null];

/** What `host/read-image` reports of a finished image, read-only. */
export interface ImageFacts {
  readonly format: 1;
  readonly partitions: readonly PartitionFacts[];
  readonly root: {
    readonly fsType: string;
    readonly label: string | null;
    readonly uuid: string | null;
    readonly sizeBytes: number;
    readonly usedBytes: number;
    readonly inodesUsed: number;
  };
  readonly files: readonly FileEntry[];
  readonly contents: Readonly<Record<string, FileContent>>;
  readonly osRelease: Readonly<Record<string, string>>;
  /** [unit, wanted by] pairs of links under /etc/systemd/system. */
  readonly enabledUnits: readonly (readonly [string, string])[];
}

export interface PartitionFacts {
  readonly number: number;
  readonly startBytes: number;
  readonly sizeBytes: number;
  readonly type: string;
  readonly fsType: string | null;
  readonly label: string | null;
}

export type FileContent =
  | { readonly text: string }
  | { readonly base64: string }
  | { readonly missing: true }
  | { readonly notRegular: string }
  | { readonly tooLarge: number };

export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly status: string;
}

/** A rule of the image check; `violations` is empty when it holds. */
export interface CheckResult {
  readonly rule: string;
  readonly summary: string;
  readonly violations: readonly { readonly path: string; readonly reason: string }[];
}

/** One finished file of the output directory. */
export interface OutputFile {
  readonly format: string;
  readonly fileName: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}
