import type { InputName } from './input-table.ts';

/** What becomes of a variable: an input, a line of `environment`, nothing (the note says why), or a refusal. */
export type Fate = { readonly input: InputName } | 'environment' | 'no effect' | 'refused';

/** A variable that trovestack, its elements or devstack's plugin for Trove knew. */
export interface TrovestackVariable {
  readonly name: string;
  readonly of: 'trovestack' | 'train' | 'devstack';
  /** What it was. */
  readonly was: string;
  readonly fate: Fate;
  /** What it is here, or why it is gone: a sentence. */
  readonly now: string;
}

/** A row as the tables write it: name, what it was, what it is now (null: nothing), and the sentence on that. */
export type Row = readonly [string, string, InputName | 'environment' | 'refused' | null, string];

/** The rows of one time. */
export const describeRows = (
  of: TrovestackVariable['of'],
  rows: readonly Row[],
): readonly TrovestackVariable[] =>
  rows.map(([name, was, is, now]) => {
    const plain = is === 'environment' || is === 'refused';
    return { name, of, was, fate: is === null ? 'no effect' : plain ? is : { input: is }, now };
  });
