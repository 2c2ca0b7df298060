import { describe, expect, it } from '@jest/globals';
import { readParameterFile } from '../../../src/core/publish/parameters.ts';

const read = (records: unknown) =>
  readParameterFile(JSON.stringify({ 'configuration-parameters': records }), 'rules.json');
const integer = { name: 'n', restart_required: false, max: 9, min: 1, type: 'integer' };

describe('a file of validation rules', () => {
  it("is read as Trove's own are written", () => {
    const text = { name: 's', restart_required: true, type: 'string' };
    expect(read([integer, text])).toEqual({
      parameters: [
        { name: 'n', type: 'integer', restartRequired: false, min: 1, max: 9 },
        { name: 's', type: 'string', restartRequired: true, min: null, max: null },
      ],
      leftOut: [],
      problems: [],
    });
  });

  it('leaves out what the API of Trove does not take, by name', () => {
    const others = ['boolean', 'float', 'list'].map((type) => ({ ...integer, type, name: type }));
    const { parameters, leftOut, problems } = read([integer, ...others]);
    expect(parameters.map(({ name }) => name)).toEqual(['n']);
    expect([leftOut, problems]).toEqual([['boolean', 'float', 'list'], []]);
  });

  it('has bounds that survive JSON and the database, also where the rules have others', () => {
    const [parameter] = read([{ ...integer, min: -(2 ** 64), max: 2 ** 64 - 1 }]).parameters;
    expect(parameter?.max).toBe(Number.MAX_SAFE_INTEGER);
    expect(parameter?.min).toBe(-Number.MAX_SAFE_INTEGER);
  });

  it('has a zero where no least value is said, and texts as numbers', () => {
    const sizes = { ...integer, min: undefined, max: undefined, max_size: '9' };
    expect(read([sizes]).parameters).toMatchObject([{ min: 0, max: 9 }]);
  });

  it('may be empty', () => {
    expect(read([])).toEqual({ parameters: [], leftOut: [], problems: [] });
  });

  const without = { ...integer, max: undefined };
  it.each<[string, unknown, string]>([
    ['has no list', { n: integer }, 'it has no list configuration-parameters'],
    ['has nothing', undefined, 'it has no list configuration-parameters'],
    ['has an entry without a name', [integer, { type: 'string' }], 'entry 2 has no name'],
    ['has an entry that is none', [null], 'entry 1 has no name'],
    ['has another type', [{ ...integer, type: 'date' }], 'n is of type "date"'],
    ['has no type', [{ name: 'n' }], 'n is of type ""'],
    [
      'has an integer without bounds',
      [integer, { ...without, name: 'm' }],
      'm is an integer without max',
    ],
    [
      'has one in the words of the API',
      [{ name: 'm', data_type: 'integer' }],
      'm is an integer without max',
    ],
    ['has one whose max is null', [{ ...integer, max: null }], 'n is an integer without max'],
  ])('is refused when it %s', (_, records, fact) => {
    const { parameters, problems } = read(records);
    expect(parameters).toEqual([]);
    expect(problems).toMatchObject([
      {
        code: 'parameters-invalid',
        message: `datastore-versions: parameters=rules.json: ${fact}.`,
      },
    ]);
  });

  it.each(['', '{', 'null', '<html>', '"x"'])('is refused when it is %j', (text) => {
    expect(readParameterFile(text, 'rules.json')).toMatchObject({
      ...{ parameters: [], leftOut: [] },
      problems: [{ code: 'parameters-invalid' }],
    });
  });
});
