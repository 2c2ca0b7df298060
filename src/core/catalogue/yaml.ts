import {
  type CST,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  Parser,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import { type Mistakes, quote } from './mistakes.ts';

/** What YAML text says, as texts with their places; numbers and truth values keep their spelling. */
export type Node =
  | { readonly kind: 'text'; readonly place: string; readonly text: string; readonly is: TextKind }
  | { readonly kind: 'list'; readonly place: string; readonly items: readonly Node[] }
  | { readonly kind: 'map'; readonly place: string; readonly pairs: readonly Pair[] }
  | { readonly kind: 'nothing'; readonly place: string }
  /** Its mistake is reported already. */
  | { readonly kind: 'refused'; readonly place: string };
export type TextKind = 'string' | 'number' | 'boolean';
export interface Pair {
  readonly key: string;
  readonly place: string;
  readonly value: Node;
}

const mostCharacters = 256 * 1024;
/** The library calls itself for each level, and deep text kills the process (out of stack in a regular expression). */
const mostLevels = 40;

/** Reads one document of YAML 1.2; mistakes are added with their places, and null is returned where nothing is to be read. */
export function readYaml(text: string, fileName: string, mistakes: Mistakes): Node | null {
  const lines = new LineCounter();
  const placeAt = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return line === 0 ? fileName : `${fileName}:${line}:${col}`;
  };
  if (text.length > mostCharacters) {
    const fact = `it is too large: ${text.length} characters, and ${mostCharacters} are read.`;
    mistakes.add(fileName, fact, 'Write what images have in common once: extends, matrix.');
    return null;
  }
  if (countLevels(text) > mostLevels) {
    const hint = 'A catalogue is four levels deep.';
    mistakes.add(fileName, `it is nested more than ${mostLevels} levels deep.`, hint);
    return null;
  }
  // keys are compared in toMap: the library needs a minute for a large file
  const document = parseDocument(text, {
    lineCounter: lines,
    schema: 'core',
    prettyErrors: false,
    uniqueKeys: false,
  });
  for (const { code, message, pos } of [...document.errors, ...document.warnings]) {
    const fact = code === 'MULTIPLE_DOCS' ? 'a second document begins here.' : `${message}.`;
    mistakes.add(placeAt(pos[0]), fact, hints[code] ?? 'Correct the YAML.');
  }
  if (document.errors.length > 0) return null;
  return toNode(document.contents, 0, { placeAt, mistakes });
}

const hints: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS: 'A catalogue is one document: remove the --- and what follows it.',
  TAB_AS_INDENT: 'Indent with spaces.',
  TAG_RESOLVE_FAILED: 'A catalogue needs no tags: remove it.',
};

/** Depth of the nesting, found without calls for each level. */
function countLevels(text: string): number {
  let level: readonly CST.Token[] = [...new Parser().parse(text)];
  let depth = 0;
  for (; level.length > 0 && depth <= mostLevels; depth++) level = level.flatMap(listChildren);
  return depth;
}

function listChildren(token: CST.Token): readonly CST.Token[] {
  const items = 'items' in token ? token.items : [];
  const inside = items.flatMap(({ key, value }) => [key, value]);
  const content = token.type === 'document' ? token.value : undefined;
  return [...inside, content].filter((each) => each !== null && each !== undefined);
}

interface Reading {
  readonly placeAt: (offset: number) => string;
  readonly mistakes: Mistakes;
}

/** `start` is where it would stand if it is not there. */
function toNode(value: unknown, start: number, reading: Reading): Node {
  const offset = (value as { range?: readonly number[] } | null)?.range?.[0] ?? start;
  const place = reading.placeAt(offset);
  if (isAlias(value)) {
    const fact = `*${quote(value.source).slice(1, -1)} is an alias, which catalogues do not have.`;
    reading.mistakes.add(place, fact, 'Use defaults, extends or add to say something once.');
    return { kind: 'refused', place };
  }
  if (isSeq(value)) {
    const items = value.items.map((item) => toNode(item, offset, reading));
    return { kind: 'list', place, items };
  }
  if (isMap(value)) return { kind: 'map', place, pairs: toPairs(value, offset, reading) };
  if (!isScalar(value) || value.value === null) return { kind: 'nothing', place };
  return { kind: 'text', place, text: toText(value), is: kindOf(value) };
}

const kindOf = ({ value }: Scalar): TextKind =>
  typeof value === 'boolean' ? 'boolean' : typeof value === 'string' ? 'string' : 'number';
const toText = ({ value, source }: Scalar): string =>
  typeof value === 'string' ? value : (source ?? String(value));

function toPairs(map: YAMLMap, start: number, reading: Reading): readonly Pair[] {
  const places = new Map<string, string>();
  return map.items.flatMap((pair) => {
    const key = toNode(pair.key, start, reading);
    if (key.kind === 'refused') return [];
    if (key.kind !== 'text') {
      reading.mistakes.add(key.place, 'this key is not a word.', 'Write KEY: VALUE.');
      return [];
    }
    const before = places.get(key.text);
    if (before !== undefined) {
      const fact = `${quote(key.text)} is there twice; the first is at ${before}.`;
      reading.mistakes.add(key.place, fact, 'Remove one of them.');
      return [];
    }
    places.set(key.text, key.place);
    const end = (pair.key as Scalar).range?.[1] ?? start;
    return [{ key: key.text, place: key.place, value: toNode(pair.value, end, reading) }];
  });
}
