import type { CacheBackend, CacheMode } from './layers.ts';

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

export const verifyModes = ['inspect', 'off'] as const;
export type VerifyMode = (typeof verifyModes)[number];

export const guestAgents = ['package'] as const;
export type GuestAgent = (typeof guestAgents)[number];

/** What the user asked for, checked and complete: no field is optional in meaning, empty means "none". */
export interface Inputs {
  readonly guestOs: GuestOs;
  readonly guestRelease: string;
  readonly architecture: Architecture;
  readonly guestUsername: string;
  readonly guestAgent: GuestAgent;
  readonly elements: readonly string[];
  readonly elementsPath: readonly string[];
  readonly packages: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Archive URL, `host`, or empty for the archive that diskimage-builder names. */
  readonly mirror: string;
  /** Security archive URL, or empty: taken from the same place as the archive. */
  readonly securityMirror: string;
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
  /** Name of the artifact that holds manifest, log and checksums; `auto`, or `off`. */
  readonly artifact: string;
  readonly retentionDays: number;
  readonly workDir: string;
  readonly dryRun: boolean;
}

/** Groups of inputs in the order in which they are shown, with their headings. */
export const inputGroups = {
  image: 'The guest',
  content: 'What is in it',
  sources: 'Where packages come from',
  output: 'What comes out',
  cache: 'What is kept from one build to the next',
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
  /** Word that stands for the value in --help. */
  readonly placeholder?: string;
}

export interface OutputSpec {
  readonly name: string;
  readonly summary: string;
}
