/** One thing in a cache directory; a layer knows the one below it. */
export interface Evictable {
  readonly kind?: string;
  readonly id: string;
  readonly parent?: string | null;
  readonly sizeBytes: number;
  readonly usedAtMs: number;
}

/**
 * What has to go so that the rest fits into `mostBytes`: what was not used for longest first, and a layer only after
 * those above it. A build asks for the lowest layer first: by its own time it would be the oldest of its chain.
 */
export function chooseEvictions<T extends Evictable>(
  entries: readonly T[],
  mostBytes: number,
): readonly T[] {
  const layers = new Map(
    entries.filter(({ kind }) => kind !== 'image').map((entry) => [entry.id, entry]),
  );
  const ranks = new Map<Evictable, { usedAtMs: number; height: number }>();
  for (const entry of entries) {
    let below: Evictable | undefined = entry;
    // a chain that runs in a circle ends where it would begin again
    const seen = new Set<Evictable>();
    for (let height = 0; below !== undefined && !seen.has(below); height += 1) {
      seen.add(below);
      const rank = ranks.get(below) ?? { usedAtMs: below.usedAtMs, height };
      ranks.set(below, {
        usedAtMs: Math.max(rank.usedAtMs, entry.usedAtMs),
        height: Math.max(rank.height, height),
      });
      below = below.parent == null ? undefined : layers.get(below.parent);
    }
  }
  const rankOf = (entry: T) => ranks.get(entry) ?? { usedAtMs: entry.usedAtMs, height: 0 };
  let total = entries.reduce((sum, entry) => sum + entry.sizeBytes, 0);
  return [...entries]
    .sort((a, b) => rankOf(a).usedAtMs - rankOf(b).usedAtMs || rankOf(a).height - rankOf(b).height)
    .filter((entry) => {
      if (total <= mostBytes) return false;
      total -= entry.sizeBytes;
      return true;
    });
}
