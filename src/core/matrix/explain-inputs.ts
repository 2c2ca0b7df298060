import type { CatalogueImage } from '../../model/catalogue.ts';
import type { InputSpec } from '../../model/inputs.ts';
import type { Reason, ReasonKind } from '../../model/matrix.ts';

type Image = Pick<CatalogueImage, 'raw' | 'origins'>;
/** Splits the text of a list into its parts. */
export type Split = (text: string, how: 'words' | 'lines' | 'choices') => readonly string[];

const kinds: Readonly<Record<string, ReasonKind>> = {
  packages: 'package',
  environment: 'variable',
};
const longest = 60;

/** Names of inputs that have another text, or none, in the other state. */
export function listDiffering(before: Image, now: Image): readonly string[] {
  const names = [...new Set([...Object.keys(before.raw), ...Object.keys(now.raw)])].sort();
  return names.filter((name) => before.raw[name] !== now.raw[name]);
}

/** What changed in one input, in the words of its kind: items of a list, variables, or a value. */
export function explainInput(
  before: Image,
  now: Image,
  spec: InputSpec,
  split: Split,
): readonly Reason[] {
  const { name } = spec;
  const kind = kinds[name] ?? 'input';
  const place = now.origins[name] ?? before.origins[name];
  const where = place === undefined ? '' : ` (${place})`;
  const [old, current] = [before, now].map(({ raw }) => raw[name] ?? spec.default);
  const say = (subject: string, change: string): Reason => ({
    kind,
    subject,
    change: `${change}${where}`,
  });
  if (spec.list === undefined) return [say(name, `changed from ${show(old)} to ${show(current)}`)];
  const how = spec.list;
  const parts = [old, current].map((text) => split(text ?? '', how));
  const [were, are] = parts as [readonly string[], readonly string[]];
  if (name === 'environment') return explainVariables(were, are, say);
  const label = (part: string): string => (kind === 'input' ? `${name}: ${part}` : part);
  const changes = [
    ...are.filter((part) => !were.includes(part)).map((part) => say(label(part), 'is new')),
    ...were.filter((part) => !are.includes(part)).map((part) => say(label(part), 'is gone')),
  ];
  return changes.length > 0 ? changes : [say(name, 'has another order')];
}

function explainVariables(
  before: readonly string[],
  now: readonly string[],
  say: (subject: string, change: string) => Reason,
): readonly Reason[] {
  const [were, are] = [before, now].map(
    (lines) => new Map(lines.map((line) => splitOnce(line))),
  ) as [Map<string, string>, Map<string, string>];
  const names = [...new Set([...were.keys(), ...are.keys()])].sort();
  return names.flatMap((name) => {
    const [old, current] = [were.get(name), are.get(name)];
    if (old === current) return [];
    if (old === undefined) return [say(name, `is new: ${show(current)}`)];
    if (current === undefined) return [say(name, 'is gone')];
    return [say(name, `changed from ${show(old)} to ${show(current)}`)];
  });
}

function splitOnce(line: string): readonly [string, string] {
  const cut = line.indexOf('=');
  return cut < 0 ? [line, ''] : [line.slice(0, cut).trim(), line.slice(cut + 1)];
}

function show(text: string | undefined): string {
  const line = (text ?? '').trim().replace(/\s+/g, ' ');
  if (line === '') return 'nothing';
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}
