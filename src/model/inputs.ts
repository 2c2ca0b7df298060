import type { CacheBackend, CacheMode } from './layers.ts';
import type { Publication } from './publication.ts';

export const guestOperatingSystems = ['debian', 'ubuntu'] as const;
export type GuestOs = (typeof guestOperatingSystems)[number];

export const architectures = ['amd64', 'arm64'] as const;
export type Architecture = (typeof architectures)[number];

export const imageFormats = ['qcow2', 'raw', 'vmdk', 'vhd'] as const;
export type ImageFormat = (typeof imageFormats)[number];

export const compressions = ['zstd', 'zlib', 'none'] as const;
export type Compression = (typeof compressions)[number];

export const installModes = ['auto', 'pip', 'apt', 'none'] as const;
export type InstallMode = (typeof installModes)[number];

export const verifyModes = ['inspect', 'boot', 'agent', 'off'] as const;
export type VerifyMode = (typeof verifyModes)[number];

export const guestAgents = ['source', 'package'] as const;
/** Where the guest agent comes from: Trove's own elements and a checkout, or the distribution's package. */
export type GuestAgent = (typeof guestAgents)[number];

/** Where Trove's elements and the code of the guest agent come from. */
export interface TroveSource {
  /** Path of a checkout; empty: cloned. */
  readonly path: string;
  readonly repository: string;
  /** Branch, tag or commit; empty: master. */
  readonly ref: string;
  /** Path or URL of upper constraints; empty: those of the branch. */
  readonly constraints: string;
}

/** What a development image gets from its controller. */
export interface Development {
  /** Directory that has id_rsa and id_rsa.pub; empty: no key. */
  readonly sshDir: string;
  /** Written to /etc/trove/controller.conf; empty: the file comes from elsewhere. */
  readonly controllerAddress: string;
  readonly controllerUser: string;
  readonly controllerTrovePath: string;
  readonly syncGuestLogs: boolean;
}

export interface RegistryLogin {
  readonly registry: string;
  readonly user: string;
  readonly password: string;
}

/** Where container images come from. */
export interface Registries {
  /** Path of a docker config.json; empty: none. */
  readonly authFile: string;
  /** `host[:port]` of registries that speak plain HTTP, or with a certificate that nobody signed. */
  readonly insecure: readonly string[];
}

/** Values that stand in no log, plan, manifest or cache. */
export interface Secrets {
  readonly rootPassword: string;
  readonly registryLogins: readonly RegistryLogin[];
}

/** What the user asked for, checked and complete: no field is optional in meaning, empty means "none". */
export interface Inputs {
  readonly guestOs: GuestOs;
  readonly guestRelease: string;
  readonly architecture: Architecture;
  readonly guestUsername: string;
  readonly guestAgent: GuestAgent;
  readonly trove: TroveSource;
  /** Null for an image that is meant for use. */
  readonly development: Development | null;
  /** `name` or `name:version`. */
  readonly datastores: readonly string[];
  readonly backupImages: boolean;
  /** `[source=]target` references. */
  readonly containerImages: readonly string[];
  /** Path of a trove-guestagent.conf; empty: none. */
  readonly troveConfig: string;
  readonly registries: Registries;
  readonly secrets: Secrets;
  readonly elements: readonly string[];
  readonly elementsPath: readonly string[];
  readonly packages: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Archive URL, `host`, or empty for the archive that diskimage-builder names. */
  readonly mirror: string;
  /** Security archive URL, or empty: taken from the same place as the archive. */
  readonly securityMirror: string;
  /** URL of a Python package index; empty: pip's own. */
  readonly pythonIndex: string;
  /** Template of the file name: placeholders in braces, and brackets around what development images have only. */
  readonly imageName: string;
  readonly formats: readonly ImageFormat[];
  readonly outputDir: string;
  readonly imageSizeGib: number;
  readonly compression: Compression;
  readonly install: InstallMode;
  readonly cache: CacheMode;
  readonly cacheBackend: CacheBackend;
  /** Directory of the cache, when it is one. */
  readonly cachePath: string;
  readonly cacheMaxAgeDays: number;
  readonly cacheMaxSizeGib: number;
  readonly verify: VerifyMode;
  /** Null: the image is not published. */
  readonly publication: Publication | null;
  /** Name of the artifact that holds manifest, log and checksums; `auto`, or `off`. */
  readonly artifact: string;
  readonly retentionDays: number;
  readonly workDir: string;
  readonly dryRun: boolean;
}

/** Groups of inputs in the order in which they are shown, with their headings. */
export const inputGroups = {
  image: 'The guest',
  trove: 'Where Trove comes from',
  content: 'What is in it',
  development: 'Images for development',
  sources: 'Where packages come from',
  output: 'What comes out',
  cache: 'What is kept from one build to the next',
  file: 'The image',
  publish: 'Publishing to Glance and Trove',
  run: 'How it runs',
} as const;
export type InputGroup = keyof typeof inputGroups;

/** One row of the input table: the single source of action.yml, --help, README tables and checks. */
export interface InputSpec {
  readonly name: string;
  readonly group: InputGroup;
  readonly default: string;
  /** One sentence for people. */
  readonly summary: string;
  /** What a value may be, in words; shown when a value is refused. */
  readonly accepts: string;
  readonly choices?: readonly string[];
  /** Where several values are allowed, how they are separated. */
  readonly list?: 'words' | 'lines' | 'choices';
  readonly flag?: true;
  /** Masked, never printed or kept; from a shell in the variable TROVE_IMAGE_NAME (in capitals). */
  readonly secret?: true;
  /** Word that stands for the value in --help. */
  readonly placeholder?: string;
}

export interface OutputSpec {
  readonly name: string;
  readonly summary: string;
}
