import type { Visibility } from './publish.ts';

export const visibilities = ['private', 'shared', 'community', 'public'] as const;
export const verifyLevels = ['off', 'inspect', 'boot', 'agent'] as const;
export type VerifyLevel = (typeof verifyLevels)[number];
export const proofs = ['off', 'download'] as const;

/** What Trove's API takes as the tags of a datastore version (18 and master; longer ones are 400). */
export const mostTags = 5;
export const mostTagLength = 20;

/** Logins by which clouds are reached. */
export interface CloudLogin {
  /** Names of clouds.yaml; empty: the cloud of the environment. */
  readonly clouds: readonly string[];
  /** Content of a clouds.yaml; empty: the file that the official client finds. */
  readonly cloudsYaml: string;
  /** Empty: no token of GitHub. */
  readonly oidcAudience: string;
}

/** A datastore version as a line of the input names it; null is what other inputs or the cloud decide. */
export interface VersionLine {
  readonly datastore: string;
  readonly name: string;
  readonly version: string;
  readonly manager: string;
  readonly find: 'tags' | 'id';
  /** Null: the tags of the image. */
  readonly tags: readonly string[] | null;
  readonly active: boolean;
  readonly isDefault: boolean;
  /** Path of a validation-rules.json; empty: none. */
  readonly parametersPath: string;
}

/** What the inputs ask for: how the image is published. */
export interface Publication {
  readonly login: CloudLogin;
  /** Template of the line. */
  readonly glanceName: string;
  readonly visibility: Visibility;
  /** Empty: one tag, equal to the line. */
  readonly tags: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
  /** Null: the virtual size of the image. */
  readonly minDiskGib: number | null;
  readonly minRamMib: number;
  readonly keepProtected: boolean;
  readonly keep: number;
  readonly graceMs: number;
  readonly versions: readonly VersionLine[];
  readonly deactivate: readonly { readonly datastore: string; readonly name: string }[];
  readonly requireVerify: VerifyLevel;
  readonly proveByDownload: boolean;
  readonly allowDevelopment: boolean;
  readonly allowSecrets: boolean;
  readonly stallMs: number;
}

/** The files of a publication. */
export interface PublishFiles {
  readonly imagePath: string;
  readonly manifestPath: string;
  readonly verdictPath: string;
}

/** One call of the command that publishes. */
export type PublishRequest = {
  readonly publication: Publication;
  readonly dryRun: boolean;
} & (
  | { readonly kind: 'publish'; readonly files: PublishFiles }
  | {
      readonly kind: 'rollback' | 'status';
      readonly line: string;
      /** Empty: the promoted one. */
      readonly from: string;
    }
);

/** How a cloud is reached: what the official client has found out. */
export interface CloudAccess {
  /** Name for people. */
  readonly cloud: string;
  readonly projectId: string;
  readonly token: string;
  /** Null when the token does not end. */
  readonly expiresAtMs: number | null;
  readonly glanceUrl: string;
  /** With the project, as the catalog has it; empty where the cloud has none. */
  readonly troveUrl: string;
  readonly novaUrl: string;
  readonly tls: Tls;
}

/** Paths are those of the client's configuration; empty: none. */
export interface Tls {
  readonly verify: boolean;
  readonly caPath: string;
  readonly certPath: string;
  readonly keyPath: string;
}
