/** One thing in a cache directory. */
export interface Evictable {
  readonly id: string;
  readonly sizeBytes: number;
  readonly usedAtMs: number;
}

/** What has to go so that the rest fits into `mostBytes`: what was not used for longest, first. */
export function chooseEvictions<T extends Evictable>(
  entries: readonly T[],
  mostBytes: number,
): readonly T[] {
  let total = entries.reduce((sum, entry) => sum + entry.sizeBytes, 0);
  return [...entries]
    .sort((a, b) => a.usedAtMs - b.usedAtMs)
    .filter((entry) => {
      if (total <= mostBytes) return false;
      total -= entry.sizeBytes;
      return true;
    });
}
