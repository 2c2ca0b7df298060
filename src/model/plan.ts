import type { ContainerImage } from './datastores.ts';
import type { Architecture, Compression, GuestOs, ImageFormat } from './inputs.ts';
import type { TroveTree } from './trove.ts';

/** All that a build will do, as plain data: printed by --dry-run, hashed for the build id, executed by the stages. */
export interface Plan {
  readonly guest: {
    readonly os: GuestOs;
    readonly release: string;
    readonly version: string;
    readonly architecture: Architecture;
    readonly username: string;
    readonly agent: string;
    /** Major version of Trove, where the distribution's package decides it. */
    readonly troveVersion: number | null;
    /** For developers: copies its code from a controller. */
    readonly isDevelopment: boolean;
  };
  /** Trove's own sources, for the guest agent from source. */
  readonly trove: TroveTree | null;
  readonly containerImages: readonly ContainerImage[];
  /** Names of the inputs whose secrets the image holds. */
  readonly holdsSecrets: readonly string[];
  readonly imageName: string;
  readonly imageSizeGib: number;
  readonly files: readonly PlannedFile[];
  readonly compression: Compression;
  readonly outputDir: string;
  /** Elements as given to disk-image-create, in order. */
  readonly elements: readonly string[];
  readonly elementsPath: readonly string[];
  readonly packages: readonly string[];
  readonly sources: Sources;
  /** Environment that determines the content; paths of the run are added when it starts. */
  readonly environment: Readonly<Record<string, string>>;
  /** Arguments of disk-image-create but for its output path and cache directory. */
  readonly arguments: readonly string[];
  readonly bootstrap: { readonly script: string | null; readonly keyring: KeyringChoice };
  readonly host: {
    readonly workDir: string;
    readonly tmpfsBytes: number | null;
    readonly deviceMapper: boolean;
  };
  readonly needs: Needs;
  readonly verify: boolean;
}

export interface PlannedFile {
  readonly format: ImageFormat;
  readonly fileName: string;
}

/** Where packages come from. `origin` says who named the archive. */
export interface Sources {
  readonly origin:
    | 'mirror'
    | 'host'
    | 'diskimage-builder'
    | 'unknown until diskimage-builder is installed';
  readonly mirror: string;
  readonly components: readonly string[];
  readonly archives: readonly Archive[];
}

/** One suite of an archive; `name` is its file name under sources.list.d. */
export interface Archive {
  readonly name: string;
  readonly url: string;
  readonly suite: string;
}

/** Which keyring the bootstrap verifies the archive with. */
export type KeyringChoice =
  | { readonly kind: 'host'; readonly path: string }
  | { readonly kind: 'pinned'; readonly distribution: GuestOs };

/** Free space and memory that a build wants, in bytes. */
export interface Needs {
  /** Where diskimage-builder works: a tmpfs, or work-dir. */
  readonly workBytes: number;
  /** The raw image, in work-dir in any case. */
  readonly imageBytes: number;
  readonly outputBytes: number;
  readonly memoryBytes: number;
}

/** A suite as it was when the build began. */
export interface ArchiveState extends Archive {
  readonly inReleaseSha256: string;
  readonly date: string;
}

/** Paths inside the private work directory of one build. */
export interface Workspace {
  /** Unique name, `trove-image-XXXXXX`: marks everything that belongs to this build. */
  readonly name: string;
  readonly path: string;
}
