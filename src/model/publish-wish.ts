import type { Parameter, Visibility } from './publish.ts';
import type { Stop } from './publish-run.ts';

export interface WantedVersion {
  readonly datastore: string;
  readonly name: string;
  readonly version: string;
  readonly manager: string;
  readonly find: 'tags' | 'id';
  /** Tags that Trove asks for, when it finds by tags. */
  readonly tags: readonly string[];
  readonly active: boolean;
  readonly isDefault: boolean;
  readonly parameters: readonly Parameter[];
}

/** How patient and how thrifty a run is. */
export interface PublishPolicy {
  /** Images of a line that stay, the promoted one included; 2 at least. */
  readonly keep: number;
  readonly graceMs: number;
  /** Age of the last sign of life after which a run counts as dead; many heartbeats long. */
  readonly staleMs: number;
  /** How long a run waits for others, in all. */
  readonly patienceMs: number;
  readonly pollMs: number;
  /** How often the same thing is tried. */
  readonly attempts: number;
}

/** What shall be published. */
export interface PublishWish {
  readonly kind: 'publish';
  /** Images that replace one another, as in `trove-guest-debian-bookworm`; other lines are left alone. */
  readonly line: string;
  readonly name: string;
  readonly buildId: string;
  readonly manifestDigest: string;
  readonly revision: string;
  readonly sourceTimeMs: number;
  readonly sizeBytes: number;
  readonly diskFormat: string;
  /** Tags that Trove asks for. */
  readonly tags: readonly string[];
  readonly visibility: Visibility;
  readonly minDiskGb: number;
  readonly minRamMb: number;
  readonly properties: Readonly<Record<string, string>>;
  /** Keeps images protected that were replaced: they stay for ever. */
  readonly keepProtected: boolean;
  readonly verify: {
    readonly required: boolean;
    readonly verdict: 'passed' | 'failed' | 'missing';
  };
  /** Whether the uploaded image is proved in the cloud before it is promoted. */
  readonly prove: boolean;
  readonly versions: readonly WantedVersion[];
  /** Datastore versions that nobody shall use for new instances. */
  readonly deactivate: readonly { readonly datastore: string; readonly name: string }[];
  readonly policy: PublishPolicy;
}

/** Puts the predecessor back. */
export interface RollbackWish {
  readonly kind: 'rollback';
  readonly line: string;
  /** Id of the image to go back from: a second call changes nothing. */
  readonly from: string;
  /** What becomes of it: withdrawn builds are not published again, retired ones may be. */
  readonly becomes: 'withdrawn' | 'retired';
  readonly policy: PublishPolicy;
}

/** Ends a run whose image shall not be promoted after all: its candidate goes. */
export interface AbandonWish {
  readonly kind: 'abandon';
  readonly line: string;
  readonly stop: Stop;
  readonly policy: PublishPolicy;
}

export type Wish = PublishWish | RollbackWish | AbandonWish;
