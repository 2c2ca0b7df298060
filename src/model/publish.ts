export const buildPropertyPrefix = 'trove_build_';

/** Properties that mark an image as ours; decision 0009 says what each is for. */
export const buildProperties = {
  image: 'trove_build_image',
  line: 'trove_build_line',
  buildId: 'trove_build_id',
  runId: 'trove_build_run',
  state: 'trove_build_state',
  since: 'trove_build_since',
  heartbeat: 'trove_build_heartbeat',
  sourceTime: 'trove_build_source_time',
  revision: 'trove_build_source_revision',
  manifest: 'trove_build_manifest',
} as const;

/**
 * A candidate was never given to anybody; a promoted image is what Trove shall find; a retired one is kept to go back
 * to; a withdrawn one was rolled back, and its build is not published again.
 */
export const buildStates = ['candidate', 'promoted', 'retired', 'withdrawn'] as const;
export type BuildState = (typeof buildStates)[number];

export type Visibility = 'private' | 'shared' | 'community' | 'public';

export interface Digest {
  readonly algorithm: string;
  readonly value: string;
}

/** An image as Glance has it. */
export interface SeenImage {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  readonly status: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly tags: readonly string[];
  readonly hidden: boolean;
  readonly visibility: string;
  readonly protected: boolean;
  readonly sizeBytes: number | null;
  readonly digest: Digest | null;
  readonly minDiskGb: number;
  readonly minRamMb: number;
  readonly properties: Readonly<Record<string, string>>;
}

/** A validation rule of a datastore version: what users may set, and to what. */
export interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly restartRequired: boolean;
  /** Only of integers. */
  readonly min: number | null;
  readonly max: number | null;
}

/** A datastore version as Trove has it, with an image id or tags. */
export interface SeenVersion {
  readonly id: string;
  readonly datastore: string;
  readonly name: string;
  readonly version: string;
  readonly manager: string;
  /** Empty when there is none. */
  readonly imageId: string;
  readonly tags: readonly string[];
  readonly active: boolean;
  readonly isDefault: boolean;
  /** Null when they were not read. */
  readonly parameters: readonly Parameter[] | null;
}

/** All that one look at a cloud tells. */
export interface Seen {
  /** By the clock of Glance, which also stamps the images: that of a runner may be wrong. */
  readonly nowMs: number;
  /** Project of the login; images of another owner are never ours. */
  readonly projectId: string;
  /** Every image of the project with a property of ours, and every image that has all the tags. */
  readonly images: readonly SeenImage[];
  /** Null when the login may not read them; then nothing promoted before is deleted. */
  readonly versions: readonly SeenVersion[] | null;
  /** Ids of images that servers were booted from; null when the login may not see servers. */
  readonly serverImageIds: readonly string[] | null;
}
