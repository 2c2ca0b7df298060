import type { Level } from './level.ts';
import { type Matrix, readMatrix } from './matrix.ts';
import { quote } from './mistakes.ts';
import { findInput, type Reading, readLevel } from './values.ts';
import type { Node, Pair } from './yaml.ts';

/** One entry under `images`, as it is written. */
export interface Entry {
  readonly name: string;
  readonly place: string;
  readonly isAbstract: boolean;
  /** The entry that it inherits from. */
  readonly parent: { readonly name: string; readonly place: string } | null;
  readonly own: Level;
  /** What it appends to inherited lists. */
  readonly added: Level;
  readonly matrix: Matrix | null;
}

export const entryKeys: readonly string[] = ['extends', 'abstract', 'add', 'matrix'];

/** The pairs of a mapping; none and a mistake where it is something else. */
export function pairsOf(node: Node, name: string, hint: string, reading: Reading): readonly Pair[] {
  if (node.kind === 'map') return node.pairs;
  if (node.kind === 'text' || node.kind === 'list')
    reading.mistakes.add(node.place, `${name} is no mapping.`, hint);
  return [];
}

/** Reads one entry; what is wrong in it is added to the mistakes, and left out. */
export function readEntry({ key: name, place, value }: Pair, reading: Reading): Entry {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) {
    const hint = 'Letters, digits, . _ and - make one, a letter or digit first, 64 at most.';
    reading.mistakes.add(place, `${quote(name)} is not a name of an image.`, hint);
  }
  const pairs = pairsOf(value, quote(name), 'Write INPUT: VALUE lines below it.', reading);
  const find = (key: string): Node | undefined => pairs.find((pair) => pair.key === key)?.value;
  const [parent, isAbstract, add, matrix] = entryKeys.map(find);
  const entry = {
    name,
    place,
    isAbstract: readTruth(isAbstract, reading),
    parent: readParent(parent, reading),
    own: readLevel(pairs, entryKeys, reading),
    added: readAdded(add, reading),
    matrix: matrix === undefined ? null : readMatrix(matrix, reading),
  };
  for (const [input, added] of entry.added) {
    if (!entry.own.has(input)) continue;
    const hint = 'Do one of them: the value replaces what is inherited, add appends to it.';
    reading.mistakes.add(added.place, `${quote(name)} sets ${input} and adds to it.`, hint);
  }
  return entry;
}

function readTruth(node: Node | undefined, { mistakes }: Reading): boolean {
  if (node === undefined || node.kind === 'refused') return false;
  if (node.kind === 'text' && node.is === 'boolean') return node.text.toLowerCase() === 'true';
  mistakes.add(node.place, 'abstract is neither true nor false.', 'Write abstract: true.');
  return false;
}

function readParent(node: Node | undefined, { mistakes }: Reading): Entry['parent'] {
  if (node === undefined || node.kind === 'refused') return null;
  if (node.kind === 'text') return { name: node.text, place: node.place };
  const hint = 'Write extends: NAME. That one can extend another.';
  mistakes.add(node.place, 'extends is not the name of one entry.', hint);
  return null;
}

function readAdded(node: Node | undefined, reading: Reading): Level {
  if (node === undefined) return new Map();
  const pairs = pairsOf(node, 'add', 'Write add: { INPUT: [VALUE, …] }.', reading);
  const ofLists = pairs.filter(({ key, place }) => {
    const spec = findInput(key, place, [], reading);
    if (spec !== null && spec.list === undefined) {
      const hint = 'Set it outside of add.';
      reading.mistakes.add(place, `add: ${key} has one value, and no list to append to.`, hint);
    }
    return spec?.list !== undefined;
  });
  return readLevel(ofLists, [], reading);
}

const mostAncestors = 16;

/** An entry with those that it inherits from, the farthest first; null where they lead nowhere. */
export function findLineage(
  entry: Entry,
  entries: ReadonlyMap<string, Entry>,
): readonly Entry[] | null {
  const { chain, next } = climb(entry, entries);
  return next === null ? [...chain].reverse() : null;
}

/** Entries from one upwards, and the one that would be next: null at the top, undefined where it is not there. */
function climb(entry: Entry, entries: ReadonlyMap<string, Entry>) {
  const chain = [entry];
  for (let last = entry; ; ) {
    const next = last.parent === null ? null : entries.get(last.parent.name);
    if (next === null || next === undefined) return { chain, next };
    if (chain.includes(next) || chain.length > mostAncestors) return { chain, next };
    chain.push(next);
    last = next;
  }
}

/** Adds the mistakes of inheritance: names that are not there, circles (each once), chains without end. */
export function checkParents(entries: ReadonlyMap<string, Entry>, { mistakes }: Reading): void {
  const inCircles = new Set<Entry>();
  for (const entry of entries.values()) {
    const { name, parent } = entry;
    const { chain, next } = climb(entry, entries);
    if (parent === null || next === null || inCircles.has(entry)) continue;
    if (!entries.has(parent.name)) {
      const candidates = [...entries.keys()].filter((each) => each !== name);
      const fact = `extends: there is no entry ${quote(parent.name)}.${mistakes.suggest(parent.name, candidates)}`;
      mistakes.add(parent.place, fact, 'Use the name of an entry under images.');
    } else if (next === entry) {
      for (const each of chain) inCircles.add(each);
      const names = [...chain, entry].map((each) => quote(each.name));
      const fact = `extends: ${names.join(' extends ')}, which is a circle.`;
      mistakes.add(parent.place, fact, 'Remove extends from one of them.');
    } else if (next !== undefined && !chain.includes(next)) {
      const fact = `extends: ${quote(name)} has more than ${mostAncestors} entries above it.`;
      mistakes.add(parent.place, fact, 'Inherit from fewer entries.');
    }
  }
}
