import { displacements } from '../../model/catalogue.ts';
import type { InputSpec } from '../../model/inputs.ts';

/** The text of an input, and where it stands. */
export interface Value {
  readonly text: string;
  readonly place: string;
}
/** Texts by the names of inputs, in the order of the file. */
export type Level = ReadonlyMap<string, Value>;

/** Puts nearer values over farther ones, and forgets the farther ones that they take the meaning from. */
export function overlay(farther: Level, nearer: Level): Level {
  const kept = new Map(farther);
  for (const name of listDisplaced((by) => nearer.get(by)?.text)) kept.delete(name);
  return new Map([...kept, ...nearer]);
}

/** Inputs whose inherited values have no meaning beside these texts. */
export function listDisplaced(textOf: (name: string) => string | undefined): readonly string[] {
  return displacements.flatMap(({ by, value, inputs }) => {
    const text = textOf(by) ?? '';
    const applies = value === undefined ? text !== '' : text === value;
    return applies ? inputs : [];
  });
}

/** Appends to lists; what nobody has set begins with the default. Lines, since a comment ends with its line only. */
export function append(level: Level, added: Level, specs: ReadonlyMap<string, InputSpec>): Level {
  const longer = new Map(level);
  for (const [name, { text, place }] of added) {
    const before = level.get(name)?.text ?? specs.get(name)?.default ?? '';
    longer.set(name, { text: [before, text].filter((part) => part !== '').join('\n'), place });
  }
  return longer;
}
