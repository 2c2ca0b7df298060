import leven from 'leven';

/** The candidate that looks most like what was typed, or null when none is near enough to be a slip. */
export function findNearest(typed: string, candidates: readonly string[]): string | null {
  const wanted = typed.toLowerCase();
  const limit = Math.max(2, Math.floor(wanted.length / 3));
  let best: { name: string; distance: number } | null = null;
  for (const name of candidates) {
    const distance = leven(wanted, name.toLowerCase());
    if (distance <= limit && (best === null || distance < best.distance)) best = { name, distance };
  }
  return best?.name ?? null;
}

/** `, did you mean "x"?`, or nothing. */
export function suggest(typed: string, candidates: readonly string[]): string {
  const nearest = findNearest(typed, candidates);
  return nearest === null || nearest === typed ? '' : ` Did you mean ${JSON.stringify(nearest)}?`;
}
