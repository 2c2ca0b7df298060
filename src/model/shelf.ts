/** One thing that a cache directory holds, as it lies there. */
export interface CacheEntry {
  readonly kind: 'layer' | 'image';
  readonly id: string;
  readonly sizeBytes: number;
  readonly usedAtMs: number;
  /** Sizes in bytes of its files by name. */
  readonly files: Readonly<Record<string, number>>;
  /** Its manifest as it was stored; null when it cannot be read. */
  readonly manifest: unknown;
  /** Why this user cannot look at it; null for who can. */
  readonly locked: string | null;
}

/**
 * What can be done with an entry: an orphan's parent is gone, so that no build comes to it; a damaged one has no
 * readable manifest, or other files than its manifest says; a foreign one was made by another version.
 */
export type EntryState = 'sound' | 'orphan' | 'damaged' | 'foreign' | 'locked';

/** An entry as people see it; nothing in it is to be trusted. */
export interface ShelfItem {
  readonly kind: CacheEntry['kind'];
  readonly id: string;
  readonly state: EntryState;
  /** Why it is not sound; empty when it is. */
  readonly trouble: string;
  /** After which script a layer was taken; empty for an image. */
  readonly position: string;
  /** Key of the layer below. */
  readonly parent: string | null;
  readonly sizeBytes: number;
  readonly savedAtMs: number | null;
  readonly usedAtMs: number;
  /** Time to make it anew. */
  readonly costMs: number | null;
  /** `debian bookworm amd64`; empty when nothing tells it. */
  readonly guest: string;
  /** File names of an image. */
  readonly files: readonly string[];
}

/** What `rm` takes away. */
export type Selection =
  | { readonly by: 'ids'; readonly ids: readonly string[] }
  | { readonly by: 'all' }
  | { readonly by: 'age'; readonly days: number };

export type ShelfAction =
  | { readonly name: 'ls'; readonly mostBytes: number }
  | { readonly name: 'show'; readonly id: string }
  | { readonly name: 'rm'; readonly selection: Selection }
  | { readonly name: 'gc'; readonly mostBytes: number };

/** One call of `trove-image cache`. */
export interface ShelfRequest {
  readonly action: ShelfAction;
  readonly cachePath: string;
  readonly json: boolean;
}

/** An entry that has to go, and why, in words that follow its name. */
export interface Removal {
  readonly item: ShelfItem;
  readonly why: string;
}

/** What was taken away, and what could not be. */
export interface Removed {
  readonly removed: readonly Removal[];
  readonly failed: readonly (Removal & { readonly reason: string })[];
  readonly freedBytes: number;
}

/** What killed builds had left half done. */
export interface Swept {
  readonly count: number;
  readonly sizeBytes: number;
}
