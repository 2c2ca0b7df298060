import type { Problem } from '../../errors.ts';
import type { Parameter } from '../../model/publish.ts';
import { readParameter } from './read.ts';

export interface ParameterFile {
  readonly parameters: readonly Parameter[];
  /** Names of rules that Trove's API does not take: it knows integers and strings only. */
  readonly leftOut: readonly string[];
  readonly problems: readonly Problem[];
}

/** Reads a validation-rules.json of Trove: `{"configuration-parameters": [{name, type, restart_required, min, max}]}`. */
export function readParameterFile(text: string, path: string): ParameterFile {
  const refuse = (fact: string): ParameterFile => ({
    parameters: [],
    leftOut: [],
    problems: [
      {
        code: 'parameters-invalid',
        message: `datastore-versions: parameters=${path}: ${fact}.`,
        hint: 'Give a validation-rules.json as Trove has it below trove/templates/DATASTORE.',
      },
    ],
  });
  let records: unknown;
  try {
    records = JSON.parse(text)['configuration-parameters'];
  } catch (error) {
    return refuse(`it is no JSON (${(error as Error).message})`);
  }
  if (!Array.isArray(records)) return refuse('it has no list configuration-parameters');
  const parameters = records.map(readParameter);
  const nameless = parameters.indexOf(null);
  if (nameless >= 0) return refuse(`entry ${nameless + 1} has no name`);
  const named = parameters.filter((each) => each !== null);
  const bad = named.find(({ type }) => !types.includes(type));
  if (bad !== undefined) return refuse(`${bad.name} is of type ${JSON.stringify(bad.type)}`);
  const open = records.find(
    ({ type, data_type: other, max, max_size: size }) =>
      (type ?? other) === 'integer' && (max ?? size) === undefined,
  );
  // the API does not take an integer without bounds
  if (open !== undefined) return refuse(`${open.name} is an integer without max`);
  const isTaken = ({ type }: Parameter): boolean => type === 'integer' || type === 'string';
  return {
    parameters: named.filter(isTaken),
    leftOut: named.filter((each) => !isTaken(each)).map(({ name }) => name),
    problems: [],
  };
}

/** Of Trove's own rules. */
const types = ['integer', 'string', 'boolean', 'float', 'list'];
