import { type Problem, TroveImageError } from '../../errors.ts';

/** Collects what is wrong with a catalogue; a place is `FILE:LINE:COLUMN`. */
export interface Mistakes {
  add(place: string, fact: string, hint: string): void;
  /** ` Did you mean "x"?`, or nothing. */
  suggest(typed: string, candidates: readonly string[]): string;
  /** Throws all of them, if there are any. */
  throwIfAny(): void;
}

/** More would not be read by anybody, and a file that is no catalogue has one in each line. */
const mostShown = 50;

/** Makes an empty collection for one file. */
export function createMistakes(fileName: string, nearest: Nearest): Mistakes {
  const problems: Problem[] = [];
  const known = new Set<string>();
  return {
    add(place, fact, hint) {
      const message = `catalogue: ${place}: ${fact}`;
      // entries that inherit a mistake repeat it
      if (known.has(message)) return;
      known.add(message);
      problems.push({ code: 'bad-catalogue', message, hint, file: fileName });
    },
    suggest: (typed, candidates) =>
      // nobody sees the rest, and each name is compared with all others
      problems.length < mostShown ? suggest(typed, candidates, nearest) : '',
    throwIfAny() {
      if (problems.length === 0) return;
      const more = problems.length - mostShown;
      const rest = {
        code: 'bad-catalogue',
        message: `catalogue: ${fileName}: there are ${more} more mistakes.`,
        hint: 'Correct the first ones.',
        file: fileName,
      };
      throw new TroveImageError('input', [
        ...problems.slice(0, mostShown),
        ...(more > 0 ? [rest] : []),
      ]);
    },
  };
}

/** A name as it is shown to people: quoted, what a terminal acts on made visible, cut at 60 characters. */
export function quote(name: string): string {
  const cut = name.length > 60 ? `${name.slice(0, 60)}…` : name;
  return JSON.stringify(cut).replace(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Proposes the nearest name, or nothing. */
export type Nearest = (typed: string, candidates: readonly string[]) => string | null;

/** ` Did you mean "x"?`, or nothing. */
export function suggest(typed: string, candidates: readonly string[], nearest: Nearest): string {
  const best = typed.length > 60 ? null : nearest(typed, candidates);
  return best === null || best === typed ? '' : ` Did you mean ${quote(best)}?`;
}
