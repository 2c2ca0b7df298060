import type { Parameter } from './publish.ts';
import type { WantedVersion } from './publish-wish.ts';

/** What is changed of an image; one call. */
export interface ImageChanges {
  readonly tags?: readonly string[];
  readonly hidden?: boolean;
  readonly visibility?: string;
  readonly protected?: boolean;
  readonly minDiskGb?: number;
  readonly minRamMb?: number;
  readonly properties?: Readonly<Record<string, string>>;
}

/** An image to create; the one who does it adds an id, and the property that repeats it. */
export interface NewImage {
  readonly name: string;
  readonly diskFormat: string;
  readonly minDiskGb: number;
  readonly minRamMb: number;
  readonly properties: Readonly<Record<string, string>>;
}

export interface VersionChanges {
  readonly manager?: string;
  readonly imageId?: string;
  readonly tags?: readonly string[];
  readonly active?: boolean;
  readonly isDefault?: boolean;
}

/** One thing to do; `why` is for people. After each, the cloud is looked at again. */
export type Operation = { readonly why: string } & (
  | { readonly kind: 'create'; readonly image: NewImage }
  | { readonly kind: 'upload'; readonly imageId: string }
  | { readonly kind: 'digest'; readonly imageId: string; readonly algorithm: string }
  | { readonly kind: 'prove'; readonly imageId: string }
  | {
      readonly kind: 'promote' | 'withdraw' | 'retire';
      readonly imageId: string;
      readonly changes: ImageChanges;
    }
  | { readonly kind: 'delete'; readonly imageId: string }
  | { readonly kind: 'create-version'; readonly version: WantedVersion; readonly imageId: string }
  | {
      readonly kind: 'update-version';
      readonly versionId: string;
      readonly changes: VersionChanges;
    }
  | {
      readonly kind: 'set-parameters';
      readonly versionId: string;
      readonly create: readonly Parameter[];
      readonly update: readonly Parameter[];
    }
  | { readonly kind: 'wait'; readonly imageId: string; readonly forMs: number }
);

export type Outcome =
  | 'published'
  | 'already-published'
  | 'superseded'
  | 'rolled-back'
  | 'refused'
  | 'failed';

/** The end of a run. A code is there when the outcome is an error. */
export interface Stop {
  readonly kind: 'stop';
  readonly outcome: Outcome;
  readonly code: string | null;
  readonly why: string;
  readonly hint: string;
}

/** Why something was not done: `forbidden`, `too-large` and `invalid` stay so; the others may pass. */
export interface Refusal {
  readonly reason: 'forbidden' | 'too-large' | 'invalid' | 'conflict' | 'gone' | 'unavailable';
  readonly text: string;
}

/** Something that was done, or refused. */
export interface Performed {
  readonly operation: Operation;
  readonly refusal: Refusal | null;
}

/** What a run knows of itself; all else is in the cloud. */
export interface PublishRun {
  readonly id: string;
  /** By the clock of Glance. */
  readonly startedAtMs: number;
  readonly history: readonly Performed[];
  /** Digests of the file by algorithm, as far as they are known. */
  readonly digests: Readonly<Record<string, string>>;
  /** Ids of images that were proved. */
  readonly proved: readonly string[];
}
