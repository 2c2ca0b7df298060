import { inputsOfRun } from '../../model/catalogue.ts';
import type { InputSpec } from '../../model/inputs.ts';
import type { Level, Value } from './level.ts';
import { type Mistakes, quote } from './mistakes.ts';
import type { Node, Pair } from './yaml.ts';

/** What readers of a catalogue share. */
export interface Reading {
  readonly specs: ReadonlyMap<string, InputSpec>;
  readonly mistakes: Mistakes;
}

/** The input that may be written as `KEY: value` too. */
export const mappingInput = 'environment';

/** Inputs that a catalogue can have. */
export const isImageInput = (spec: InputSpec): boolean =>
  spec.secret !== true && !inputsOfRun.includes(spec.name);

/** Reads pairs of inputs and values; `others` are the keys that may stand beside them, and are read elsewhere. */
export function readLevel(
  pairs: readonly Pair[],
  others: readonly string[],
  reading: Reading,
): Level {
  const level = new Map<string, Value>();
  for (const { key, place, value } of pairs) {
    if (others.includes(key)) continue;
    const spec = findInput(key, place, others, reading);
    const text = spec === null ? null : readValue(value, spec, reading);
    if (text !== null) level.set(key, { text, place });
  }
  return level;
}

/** The input of this name, or null and a mistake. */
export function findInput(
  name: string,
  place: string,
  others: readonly string[],
  { specs, mistakes }: Reading,
): InputSpec | null {
  const spec = specs.get(name);
  if (spec?.secret === true) {
    const variable = `TROVE_IMAGE_${name.toUpperCase().replaceAll('-', '_')}`;
    const hint = `Remove it, and give it beside image: in the action as ${name}, in a shell in ${variable}.`;
    mistakes.add(place, `${name} is a secret, and no file is a place for secrets.`, hint);
  } else if (inputsOfRun.includes(name)) {
    const hint = 'Remove it, and give it where the image is built.';
    mistakes.add(place, `${name} belongs to a run, not to an image.`, hint);
  } else if (spec === undefined) {
    const known = [...[...specs.values()].filter(isImageInput).map((each) => each.name), ...others];
    const hint =
      name === '<<'
        ? 'A catalogue has no merge keys: use defaults or extends.'
        : 'The inputs of images are in trove-image build --help.';
    const fact = `${quote(name)} is not an input.${mistakes.suggest(name, known)}`;
    mistakes.add(place, fact, hint);
  } else {
    return spec;
  }
  return null;
}

/** The text of one input, or null and a mistake. */
export function readValue(node: Node, spec: InputSpec, { mistakes }: Reading): string | null {
  const refuse = (fact: string, hint: string): null => {
    mistakes.add(node.place, `${spec.name} ${fact}`, hint);
    return null;
  };
  switch (node.kind) {
    case 'refused':
      return null;
    case 'nothing':
      return refuse('has no value.', "Write '' for its default, or remove the line.");
    case 'text':
      if (node.is !== 'boolean') return node.text;
      if (spec.flag === true) return node.text.toLowerCase();
      return refuse('is a truth value here.', `Write '${node.text}' if it is the text.`);
    case 'list':
      if (spec.list === undefined) return refuse('is a list here.', 'It takes one value.');
      return joinItems(node.items, spec, mistakes);
    case 'map':
      if (spec.name === mappingInput) return joinPairs(node.pairs, spec, mistakes);
      return refuse(
        'is a mapping here.',
        `Write one value${spec.list === undefined ? '' : ' or a list'}.`,
      );
  }
}

function joinItems(items: readonly Node[], spec: InputSpec, mistakes: Mistakes): string | null {
  const texts = items.map((item) => readItem(item, item, '', spec, mistakes));
  return texts.includes(null) ? null : texts.join(spec.list === 'lines' ? '\n' : ' ');
}

function joinPairs(pairs: readonly Pair[], spec: InputSpec, mistakes: Mistakes): string | null {
  const texts = pairs.map((pair) => {
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(pair.key))
      return readItem(pair.value, pair, `${pair.key}=`, spec, mistakes);
    const fact = `${spec.name}: ${quote(pair.key)} is not a variable name.`;
    mistakes.add(pair.place, fact, 'Letters, digits and _ make one.');
    return null;
  });
  return texts.includes(null) ? null : texts.join('\n');
}

/** One item as it is written between others; refused where it would be cut or split there. */
function readItem(
  node: Node,
  { place }: { readonly place: string },
  before: string,
  spec: InputSpec,
  mistakes: Mistakes,
): string | null {
  if (node.kind === 'refused') return null;
  if (node.kind !== 'text' || (node.is === 'boolean' && spec.name !== mappingInput)) {
    const fact = `${spec.name}: an item is no text.`;
    mistakes.add(place, fact, 'Write a word, in quotes where YAML means something else by it.');
    return null;
  }
  const text = `${before}${node.text}`;
  const isLine = spec.list === 'lines';
  if (!(isLine ? /[\r\n]|(^|\s)#|^\s|\s$|^$/ : /[\s,]|^#|^$/).test(text)) return text;
  mistakes.add(
    place,
    `${spec.name}: an item would be cut or split.`,
    isLine
      ? 'An item has no line break, no space at its ends, and no # after a space.'
      : 'An item has no space, no comma, and no # at its beginning.',
  );
  return null;
}
