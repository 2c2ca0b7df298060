/** What `host/read-image --details` adds of each file, in the order of its file list. */
export type FileDetails = readonly [
  digest: string | null,
  xattrs: Readonly<Record<string, string>> | null,
  device: string | null,
  links: number | null,
  flags: number | null,
];

/** The field `details` of `host/read-image --details`; digests are opaque: equal or not. */
export interface ImageDetails {
  readonly diskBytes: number;
  readonly bootCode: string | null;
  readonly partitions: readonly (string | null)[];
  readonly files: readonly FileDetails[];
}

/** The form of an image file, in the words of qemu-img. */
export type ImageDriver = 'raw' | 'qcow2' | 'vmdk' | 'vpc';

/** What one side of a comparison is. */
export type Source =
  | { readonly kind: 'manifest'; readonly path: string; readonly sizeBytes: number }
  | { readonly kind: 'image'; readonly path: string; readonly driver: ImageDriver };

/** One file of an image, with everything that is compared. */
export interface TreeEntry {
  readonly path: string;
  readonly type: string;
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  readonly target: string | null;
  readonly digest: string | null;
  readonly xattrs: Readonly<Record<string, string>>;
  readonly device: string | null;
  /** The same number for all names of one inode; null for a file with one name. */
  readonly links: number | null;
  readonly flags: number;
}

/** What is compared beside files: place in the list by name, a text by value. */
export type DiskFacts = Readonly<Record<string, string>>;

export interface PackageVersion {
  readonly name: string;
  readonly architecture: string;
  readonly version: string;
}

/** One side of a comparison; a manifest has packages only. */
export interface Side {
  readonly path: string;
  readonly packages: readonly PackageVersion[];
  readonly tree: { readonly files: readonly TreeEntry[]; readonly disk: DiskFacts } | null;
}

/** A line of the ignore file. */
export interface IgnorePattern {
  readonly line: number;
  readonly text: string;
}

/** One property that differs; null where there is none on that side. */
export interface Change {
  readonly what: string;
  readonly old: string | null;
  readonly new: string | null;
}

export interface FileSummary {
  readonly path: string;
  readonly type: string;
  /** Of a regular file; 0 for others, and for further names of a file that was counted. */
  readonly sizeBytes: number;
}

export interface FileChange {
  readonly path: string;
  readonly type: string;
  readonly oldBytes: number;
  readonly newBytes: number;
  readonly changes: readonly Change[];
}

export interface PackageChange {
  readonly name: string;
  readonly architecture: string;
  readonly old: string;
  readonly new: string;
  readonly direction: 'newer' | 'older' | 'same';
}

export interface Compared<Summary, Changed> {
  readonly added: readonly Summary[];
  readonly removed: readonly Summary[];
  readonly changed: readonly Changed[];
}

/** Totals of the files below one directory. */
export interface DirectoryTotal {
  readonly path: string;
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  readonly deltaBytes: number;
}

/** All that differs between two sides; printed by `trove-image diff --json`. */
export interface Difference {
  readonly format: 1;
  /** Nothing differs but what was ignored. */
  readonly equal: boolean;
  readonly old: string;
  readonly new: string;
  readonly compared: readonly ('packages' | 'files' | 'disk')[];
  /** How much there is on the new side. */
  readonly totals: { readonly packages: number; readonly files: number };
  readonly packages: Compared<PackageVersion, PackageChange>;
  readonly files: Compared<FileSummary, FileChange>;
  readonly directories: readonly DirectoryTotal[];
  readonly disk: readonly Change[];
  readonly ignored: {
    readonly count: number;
    readonly patterns: readonly { readonly pattern: string; readonly count: number }[];
  };
}

/** What `trove-image diff` was asked for; paths are absolute. */
export interface DiffRequest {
  readonly oldPath: string;
  readonly newPath: string;
  readonly ignorePath: string | null;
  readonly workDir: string;
  /** Rows of each list for people; 0 shows all. */
  readonly limit: number;
  readonly json: boolean;
}
