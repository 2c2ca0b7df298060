/** What a workflow run may do with the cache service. */
export interface ServiceMode {
  readonly reads: boolean;
  readonly writes: boolean;
}

/** Words of ACTIONS_CACHE_MODE, as @actions/cache 6.3 reads them: `write` includes reading. */
const serviceModes: Readonly<Record<string, ServiceMode>> = {
  none: { reads: false, writes: false },
  read: { reads: true, writes: false },
  write: { reads: true, writes: true },
  'write-only': { reads: false, writes: true },
};

/** What the text of ACTIONS_CACHE_MODE allows; without it, or with a word that we do not know, everything. */
export function readServiceMode(text: string): ServiceMode {
  const word = text.trim().toLowerCase();
  const known = Object.hasOwn(serviceModes, word) ? serviceModes[word] : undefined;
  return known ?? { reads: true, writes: true };
}
