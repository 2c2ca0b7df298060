import { parseArgs } from 'node:util';
import { readEntryInputs } from './entry-inputs.ts';
import { type Problem, TroveImageError } from './errors.ts';
import { inputTable } from './model/input-table.ts';
import type { InputSpec, Inputs } from './model/inputs.ts';
import { locateCache } from './wiring.ts';

/** The inputs of a command; mistakes in the writing and in the values are told together. */
export function readRaw(
  command: string,
  raw: Readonly<Record<string, string>>,
  { positionals, withoutValue }: Omit<ReturnType<typeof parseFlags>, 'values'>,
): Inputs {
  const misplaced = [...findMisplaced(command, { positionals, withoutValue })];
  const caller = {
    cwd: process.cwd(),
    temporaryDir: process.env.RUNNER_TEMP || '/var/tmp',
    cacheDir: locateCache(process.env),
  };
  try {
    const inputs = readEntryInputs({ ...readSecretVariables(process.env), ...raw }, caller);
    if (misplaced.length === 0) return inputs;
  } catch (error) {
    if (!(error instanceof TroveImageError)) throw error;
    misplaced.push(...error.problems);
  }
  throw new TroveImageError('input', misplaced);
}

/** Words that belong to nothing. */
export const findMisplaced = (
  command: string,
  { positionals, withoutValue }: Omit<ReturnType<typeof parseFlags>, 'values'>,
): readonly Problem[] =>
  [
    ...positionals.map((word) => `${JSON.stringify(word)} belongs to no option.`),
    ...withoutValue.map((name) => `${name} has no value.`),
  ].map((message) => ({
    code: 'stray-argument',
    message,
    hint: `Options are written --NAME VALUE: see trove-image ${command} --help.`,
  }));

/** Flags as texts by name; what is not in the table is left for the input check to refuse. */
export function parseFlags(
  args: readonly string[],
  table: readonly InputSpec[] = inputTable,
): {
  values: Record<string, string>;
  positionals: readonly string[];
  withoutValue: readonly string[];
} {
  const specs = new Map<string, InputSpec>(table.map((spec) => [spec.name, spec]));
  const isFlag = (name: string): boolean =>
    specs.get(name)?.flag === true || ['json', 'help', 'verbose'].includes(name);
  const options = Object.fromEntries(
    [...specs.keys(), 'json', 'help', 'verbose'].map((name) => [
      name,
      { type: isFlag(name) ? 'boolean' : 'string' } as const,
    ]),
  );
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values: Record<string, string> = {};
  const positionals: string[] = [];
  const withoutValue: string[] = [];
  let unknown = false;
  for (const token of tokens) {
    // the word after an option that does not exist was meant as its value
    if (token.kind === 'positional' && !unknown) positionals.push(token.value);
    unknown = token.kind === 'option' && options[token.name] === undefined && !token.value;
    if (token.kind !== 'option') continue;
    if (token.value === undefined && !isFlag(token.name) && !unknown) {
      withoutValue.push(token.rawName);
      continue;
    }
    const value = token.value ?? 'true';
    const before = specs.get(token.name)?.list === undefined ? undefined : values[token.name];
    values[token.name] = before === undefined ? value : `${before}\n${value}`;
  }
  return { values, positionals, withoutValue };
}

/** Secrets by the environment: other users of the machine can read a command line. */
export function readSecretVariables(
  environment: Readonly<Record<string, string | undefined>>,
  table: readonly InputSpec[] = inputTable,
): Readonly<Record<string, string>> {
  const specs = table.filter(({ secret }) => secret === true);
  return Object.fromEntries(
    specs.flatMap(({ name }) => {
      const value = environment[`TROVE_IMAGE_${name.toUpperCase().replaceAll('-', '_')}`];
      return value ? [[name, value] as const] : [];
    }),
  );
}
