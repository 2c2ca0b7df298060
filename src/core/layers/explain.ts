import type { Ingredients, Trail } from '../../model/layers.ts';

const mostNamed = 4;

/** Why a layer is not there, by name, as far as the trail of the last build of this kind tells. */
export function explainMiss(
  position: string,
  ingredients: Ingredients,
  trail: Trail | null,
  parentMissed: boolean,
): string {
  const before = trail?.layers.find((layer) => layer.position === position);
  if (before === undefined) {
    if (parentMissed && trail !== null) return 'the layer below was made anew';
    return trail === null ? 'no earlier build is known' : 'no earlier build had this layer';
  }
  const changes = listChanges(before.ingredients, ingredients);
  if (changes.length > 0) return joinNames(changes);
  return parentMissed ? 'the layer below was made anew' : 'it is no longer in the cache';
}

/** Names of the ingredients that differ: changed, new or gone. */
export function listChanges(before: Ingredients, now: Ingredients): readonly string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort();
  return names.flatMap((name) => {
    if (before[name] === now[name]) return [];
    if (before[name] === undefined) return [`${name} is new`];
    return [`${name} ${now[name] === undefined ? 'is gone' : 'changed'}`];
  });
}

/** A list for people, cut where it would tire them. */
export function joinNames(names: readonly string[]): string {
  const shown = names.slice(0, mostNamed).join(', ');
  return names.length > mostNamed ? `${shown} and ${names.length - mostNamed} more` : shown;
}

/** An age for people: the two largest units are enough. */
export function describeAge(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 2) return `${Math.max(0, Math.round(ms / 1000))} s`;
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} days`;
}
