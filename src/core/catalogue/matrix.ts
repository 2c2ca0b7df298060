import { mostImages } from '../../model/catalogue.ts';
import { type Level, overlay, type Value } from './level.ts';
import { quote } from './mistakes.ts';
import { findInput, type Reading, readLevel, readValue } from './values.ts';
import type { Node, Pair } from './yaml.ts';

/** Values of inputs that are combined; each combination is an image. */
export interface Matrix {
  readonly place: string;
  /** The values of an input, by its name, in the order of the file. */
  readonly axes: ReadonlyMap<string, readonly Value[]>;
  readonly exclude: readonly Placed[];
  readonly include: readonly Placed[];
}
interface Placed {
  readonly place: string;
  readonly level: Level;
}
/** What one image of a matrix has of its own, and what its name says of it. */
export interface Combination {
  readonly label: string;
  readonly level: Level;
}

export const matrixKeys: readonly string[] = ['exclude', 'include'];

/** Reads what stands under `matrix`. */
export function readMatrix(node: Node, reading: Reading): Matrix | null {
  if (node.kind === 'refused') return null;
  if (node.kind !== 'map') {
    const hint = 'Write INPUT: [VALUE, …], one line for each input; {} for a single image.';
    reading.mistakes.add(node.place, 'matrix is no mapping.', hint);
    return null;
  }
  const axes = new Map<string, readonly Value[]>();
  for (const pair of node.pairs) {
    const spec = matrixKeys.includes(pair.key)
      ? null
      : findInput(pair.key, pair.place, matrixKeys, reading);
    if (spec !== null) axes.set(pair.key, readAxis(pair, reading));
  }
  const exclude = readCombinations('exclude', node.pairs, reading);
  const include = readCombinations('include', node.pairs, reading);
  return { place: node.place, axes, exclude, include };
}

function readAxis({ key, place, value }: Pair, reading: Reading): readonly Value[] {
  const spec = reading.specs.get(key);
  if (spec === undefined || value.kind === 'refused') return [];
  if (value.kind !== 'list' || value.items.length === 0) {
    reading.mistakes.add(place, `${key} in matrix is no list of values.`, 'Write [VALUE, …].');
    return [];
  }
  return value.items.flatMap((item) => {
    const text = readValue(item, spec, reading);
    return text === null ? [] : [{ text, place: item.place }];
  });
}

function readCombinations(
  name: 'exclude' | 'include',
  pairs: readonly Pair[],
  reading: Reading,
): readonly Placed[] {
  const value = pairs.find(({ key }) => key === name)?.value;
  if (value === undefined || value.kind === 'refused') return [];
  const hint = `Write ${name}: [{ INPUT: VALUE, … }].`;
  if (value.kind !== 'list') {
    reading.mistakes.add(value.place, `${name} is no list.`, hint);
    return [];
  }
  return value.items.flatMap((item) => {
    if (item.kind === 'map' && item.pairs.length > 0)
      return [{ place: item.place, level: readLevel(item.pairs, [], reading) }];
    if (item.kind !== 'refused')
      reading.mistakes.add(item.place, `an item of ${name} is no mapping.`, hint);
    return [];
  });
}

/** All images of a matrix, as GitHub combines one; mistakes in what is taken out of it are added. */
export function expandMatrix(matrix: Matrix, reading: Reading): readonly Combination[] {
  const { axes, exclude, include, place } = matrix;
  const count = [...axes.values()].reduce((product, values) => product * values.length, 1);
  if (count + include.length > mostImages) {
    const fact = `this matrix makes ${count + include.length} images, and a catalogue has ${mostImages} at most.`;
    reading.mistakes.add(place, fact, 'Leave values out, or make another catalogue of them.');
    return [];
  }
  checkExclusions(matrix, reading);
  const kept = combine(axes).filter(
    (level) => !exclude.some((item) => contains(level, item.level)),
  );
  const combinations = addInclusions(kept, matrix);
  if (combinations.length === 0 && count > 0)
    reading.mistakes.add(place, 'exclude leaves no image.', 'Exclude less.');
  return combinations;
}

/** Without axes there is one combination, which has nothing of its own. */
function combine(axes: Matrix['axes']): readonly Level[] {
  let levels: readonly Level[] = [new Map()];
  for (const [name, values] of axes)
    levels = levels.flatMap((level) => values.map((value) => new Map([...level, [name, value]])));
  return levels;
}

const contains = (level: Level, part: Level): boolean =>
  [...part].every(([name, { text }]) => level.get(name)?.text === text);

function checkExclusions({ axes, exclude }: Matrix, { mistakes }: Reading): void {
  for (const { place, level } of exclude) {
    for (const [name, value] of level) {
      if (axes.get(name)?.some(({ text }) => text === value.text) === true) continue;
      const fact = `exclude: ${quote(name)} has no such value in matrix.`;
      mistakes.add(value.place || place, fact, 'Exclude values that are there.');
    }
  }
}

/** An item adds to every combination that has its values of the axes; where there is none, it is one more image. */
function addInclusions(kept: readonly Level[], { axes, include }: Matrix): readonly Combination[] {
  const plain = axes.size === 0 && include.length > 0 ? [] : kept;
  const extended = [...plain];
  const more: Combination[] = [];
  for (const { level } of include) {
    const ofAxes = new Map([...level].filter(([name]) => axes.has(name)));
    const fitting = plain.flatMap((each, index) => (contains(each, ofAxes) ? [index] : []));
    for (const index of fitting) extended[index] = overlay(extended[index] ?? new Map(), level);
    if (fitting.length > 0) continue;
    more.push({ label: labelOf(axes.size === 0 ? level : inOrder(ofAxes, axes)), level });
  }
  const named = plain.map((level, index) => ({
    label: labelOf(level),
    level: extended[index] ?? level,
  }));
  return [...named, ...more];
}

const inOrder = (level: Level, axes: Matrix['axes']): Level =>
  new Map([...axes.keys()].flatMap((name) => [...level].filter(([each]) => each === name)));

/** What a name says of values: their texts; of flags their names where they are on (`dev` for dev-mode). */
function labelOf(level: Level): string {
  const parts = [...level].map(([name, { text }]) => {
    if (text === 'true') return name.replace(/-mode$/, '');
    if (text === 'false') return '';
    return text.replace(/[^A-Za-z0-9._]+/g, '-').replace(/^-+|-+$/g, '');
  });
  return parts.filter((part) => part !== '').join('-');
}
