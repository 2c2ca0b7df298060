import type { Problem } from '../../errors.ts';
import type { InputName } from '../../model/input-table.ts';
import type { InputSpec } from '../../model/inputs.ts';
import { findNearest, suggest } from './nearest.ts';
import { splitList } from './values.ts';

/** Takes values out of the raw texts of the inputs and collects every mistake on the way. */
export interface InputReader<Name extends string = InputName> {
  readonly mistakes: Problem[];
  text(name: Name): string;
  defaultOf(name: Name): string;
  choice<T extends string>(name: Name): T;
  integer(name: Name, least: number, most: number): number;
  list(name: Name, isValid: (part: string) => boolean): readonly string[];
  refuse(name: Name, got: string, more?: string): void;
}

/** Makes a reader over raw texts (a missing or empty one takes the table's default). */
export function createReader<Name extends string = InputName>(
  table: readonly InputSpec[],
  raw: Readonly<Record<string, string | undefined>>,
): InputReader<Name> {
  const mistakes: Problem[] = [];
  const specs = new Map<string, InputSpec>(table.map((spec) => [spec.name, spec]));
  const specOf = (name: Name): InputSpec => specs.get(name) as InputSpec;

  const refuse = (name: Name, got: string, more = ''): void => {
    mistakes.push({
      code: 'bad-input',
      message: `${name}: got ${quote(got)}, accepts ${specOf(name).accepts}.${more}`,
      hint: `Correct the input ${name}.`,
    });
  };
  const text = (name: Name): string => raw[name]?.trim() || specOf(name).default;

  return {
    mistakes,
    text,
    refuse,
    defaultOf: (name) => specOf(name).default,
    choice<T extends string>(name: Name): T {
      const value = text(name);
      const choices = specOf(name).choices ?? [];
      if (!choices.includes(value)) refuse(name, value, suggest(value, choices));
      return value as T;
    },
    integer(name, least, most) {
      const value = text(name);
      const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
      if (!(number >= least && number <= most)) refuse(name, value);
      return number;
    },
    list(name, isValid) {
      const spec = specOf(name);
      const parts = splitList(text(name), spec.list ?? 'words');
      for (const part of parts) {
        if (!isValid(part)) refuse(name, part, suggest(part, spec.choices ?? []));
      }
      return [...new Set(parts)];
    },
  };
}

/** A value as it is shown to people: quoted, control characters visible, cut at 80 characters. */
export function quote(value: string): string {
  const shown = JSON.stringify(value).replace(
    // what a terminal would act on
    /[\u007f-\u009f]/g,
    (character) => `\\u00${character.charCodeAt(0).toString(16)}`,
  );
  return shown.length > 82 ? `${shown.slice(0, 80)}…"` : shown;
}

/** Inputs that are in no row of the table. */
export function findUnknown(
  raw: Readonly<Record<string, string | undefined>>,
  table: readonly InputSpec[],
): readonly Problem[] {
  const names = table.map((spec) => spec.name);
  return Object.keys(raw)
    .filter((name) => !names.includes(name))
    .map((name) => ({
      code: 'unknown-input',
      message: `${quote(name)} is not an input.${suggest(name, names)}`,
      hint: `Use ${findNearest(name, names) ?? 'one of the inputs of --help'}.`,
    }));
}
