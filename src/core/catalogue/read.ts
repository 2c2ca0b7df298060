import {
  type Catalogue,
  type CatalogueImage,
  catalogueVersion,
  mostImages,
} from '../../model/catalogue.ts';
import type { InputSpec } from '../../model/inputs.ts';
import { checkParents, type Entry, findLineage, pairsOf, readEntry } from './entries.ts';
import { append, type Level, overlay } from './level.ts';
import { type Combination, expandMatrix, type Matrix } from './matrix.ts';
import { createMistakes, type Nearest, quote } from './mistakes.ts';
import { type Reading, readLevel } from './values.ts';
import { type Node, type Pair, readYaml } from './yaml.ts';

const topKeys = ['version', 'defaults', 'images'];

/** Reads a catalogue and works every image of it out; throws one error that lists every mistake with its place. */
export function readCatalogue(
  text: string,
  fileName: string,
  table: readonly InputSpec[],
  nearest: Nearest,
): Catalogue {
  const mistakes = createMistakes(fileName, nearest);
  const specs = new Map(table.map((spec) => [spec.name, spec]));
  const reading = { specs, mistakes };
  const root = readYaml(text, fileName, mistakes);
  mistakes.throwIfAny();
  const { defaults, entries } = readTop(root, fileName, reading);
  checkParents(entries, reading);
  const images = listImages(defaults, entries, reading);
  mistakes.throwIfAny();
  if (images.length === 0) {
    const hint = 'Give images an entry that is not abstract.';
    mistakes.add(fileName, 'it names no image.', hint);
  }
  mistakes.throwIfAny();
  const abstract = [...entries.values()].flatMap((each) => (each.isAbstract ? [each.name] : []));
  return { fileName, images, abstract };
}

/** The three keys of the file. */
function readTop(root: Node | null, fileName: string, reading: Reading) {
  const { mistakes } = reading;
  const start = 'Begin with version: 1, and name images below images:.';
  if (root === null || root.kind === 'nothing') mistakes.add(fileName, 'it is empty.', start);
  const pairs = root === null ? [] : pairsOf(root, 'the file', start, reading);
  mistakes.throwIfAny();
  for (const { key, place } of pairs) {
    if (topKeys.includes(key)) continue;
    const fact = `${quote(key)} is no part of a catalogue.${mistakes.suggest(key, topKeys)}`;
    mistakes.add(place, fact, `Use ${topKeys.join(', ')}.`);
  }
  const find = (name: string): Pair | undefined => pairs.find(({ key }) => key === name);
  checkVersion(find('version'), fileName, reading);
  const defaults = readDefaults(find('defaults'), reading);
  const images = find('images');
  if (images === undefined) mistakes.add(fileName, 'images is not there.', start);
  const hint = 'Write NAME: and its inputs below images:.';
  const named = images === undefined ? [] : pairsOf(images.value, 'images', hint, reading);
  const entries = new Map(named.map((pair) => [pair.key, readEntry(pair, reading)]));
  return { defaults, entries };
}

function readDefaults(pair: Pair | undefined, reading: Reading): Level {
  if (pair === undefined) return new Map();
  const hint = 'Write INPUT: VALUE lines below it.';
  return readLevel(pairsOf(pair.value, 'defaults', hint, reading), [], reading);
}

function checkVersion(pair: Pair | undefined, fileName: string, { mistakes }: Reading): void {
  const { value, place } = pair ?? { value: undefined, place: fileName };
  if (value?.kind === 'text' && value.text === catalogueVersion) return;
  const fact = value === undefined ? 'version is not there.' : 'this version is not known.';
  mistakes.add(place, fact, `Write version: ${catalogueVersion}.`);
}

function listImages(
  defaults: Level,
  entries: ReadonlyMap<string, Entry>,
  reading: Reading,
): readonly CatalogueImage[] {
  const images = new Map<string, CatalogueImage>();
  for (const entry of entries.values()) {
    const lineage = findLineage(entry, entries);
    if (entry.isAbstract || lineage === null) continue;
    for (const combination of combineAll(lineage, reading)) {
      const level = overlay(inherit(defaults, lineage, reading), combination.level);
      const image = toImage(entry, combination, level);
      checkName(image, images.get(image.id), entry, reading);
      images.set(image.id, image);
    }
    if (images.size <= mostImages) continue;
    const fact = `a catalogue has ${mostImages} images at most, and here are more.`;
    reading.mistakes.add(entry.place, fact, 'Make another catalogue of some.');
    break;
  }
  return [...images.values()];
}

const inherit = (defaults: Level, lineage: readonly Entry[], { specs }: Reading): Level =>
  lineage.reduce((level, { own, added }) => append(overlay(level, own), added, specs), defaults);

/** The nearest matrix counts, as a whole. */
function combineAll(lineage: readonly Entry[], reading: Reading): readonly Combination[] {
  const owner = lineage.findLastIndex(({ matrix }) => matrix !== null);
  const matrix = lineage[owner]?.matrix ?? null;
  if (matrix === null) return [{ label: '', level: new Map() }];
  for (const entry of lineage.slice(owner)) checkAxes(entry, matrix, reading);
  return expandMatrix(matrix, reading);
}

/** A value beside or below the matrix that gives others for it would be lost in silence. */
function checkAxes({ name, own, added }: Entry, matrix: Matrix, { mistakes }: Reading): void {
  for (const [input, { place }] of [...own, ...added]) {
    if (!matrix.axes.has(input)) continue;
    const fact = `${quote(name)} sets ${input}, and its matrix (${matrix.place}) gives the values of that.`;
    const hint = 'Remove one of them; matrix: {} replaces an inherited matrix by a single image.';
    mistakes.add(place, fact, hint);
  }
}

/** `{image}` in a file name is the name of the image in the catalogue. */
function toImage({ name }: Entry, { label }: Combination, level: Level): CatalogueImage {
  const id = label === '' ? name : `${name}-${label}`;
  const fill = (input: string, text: string): string =>
    input === 'image-name' ? text.replaceAll('{image}', id) : text;
  return {
    id,
    from: name,
    raw: Object.fromEntries([...level].map(([input, { text }]) => [input, fill(input, text)])),
    origins: Object.fromEntries([...level].map(([input, { place }]) => [input, place])),
  };
}

function checkName(
  { id, from }: CatalogueImage,
  other: CatalogueImage | undefined,
  { place }: Entry,
  { mistakes }: Reading,
): void {
  if (id.length > 100) {
    const hint = 'Give its entry a shorter name, or its matrix shorter values.';
    mistakes.add(place, `the name ${quote(id)} has more than 100 characters.`, hint);
  }
  if (other === undefined) return;
  const fact = `two images have the name ${quote(id)}: of ${quote(other.from)} and of ${quote(from)}.`;
  mistakes.add(place, fact, 'Rename an entry, or change what its matrix combines.');
}
