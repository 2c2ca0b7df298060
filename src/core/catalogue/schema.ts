import { catalogueVersion } from '../../model/catalogue.ts';
import type { InputSpec } from '../../model/inputs.ts';
import { isImageInput, mappingInput } from './values.ts';

type Schema = Readonly<Record<string, unknown>>;
type Schemas = Readonly<Record<string, Schema>>;

const scalar: Schema = { type: ['string', 'number'] };
const name = '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$';

/** JSON schema of a catalogue (draft 2020-12, without $schema), made from the input table. */
export function renderCatalogueSchema(table: readonly InputSpec[]): Schema {
  const specs = table.filter(isImageInput);
  const inputs = mapSpecs(specs, refer);
  const entries = {
    description: 'The images by their names; an entry with a matrix is several.',
    type: 'object',
    minProperties: 1,
    propertyNames: { pattern: name },
    additionalProperties: { $ref: '#/$defs/entry' },
  };
  const defaults = { description: 'What all images have unless they say otherwise.' };
  return {
    $id: `urn:trove-image:catalogue:${catalogueVersion}`,
    title: 'Catalogue of Trove guest images',
    description: 'trove-images.yml: the guest images of a site, for the input image.',
    ...object({
      version: {
        description: 'Raised by a change that breaks catalogues that exist.',
        enum: [Number(catalogueVersion), catalogueVersion],
      },
      defaults: { ...defaults, ...object(inputs, ['object', 'null']) },
      images: entries,
    }),
    required: ['version', 'images'],
    $defs: { entry: renderEntry(specs, inputs), ...mapSpecs(specs, renderInput) },
  };
}

function renderEntry(specs: readonly InputSpec[], inputs: Schemas): Schema {
  const lists = specs.filter(({ list }) => list !== undefined);
  const combinations = (description: string): Schema => ({
    description,
    type: 'array',
    items: { ...object(inputs), minProperties: 1 },
  });
  const axes = mapSpecs(specs, (spec) => ({ type: 'array', minItems: 1, items: refer(spec) }));
  const properties: Schemas = {
    extends: { description: 'The entry that this one inherits from.', ...scalar },
    abstract: { description: 'Only inherited from, and no image itself.', type: 'boolean' },
    add: {
      description: 'What is appended to inherited lists, which are replaced otherwise.',
      ...object(mapSpecs(lists, refer), ['object', 'null']),
    },
    matrix: {
      description: 'Lists of values; each combination of them is an image. Inherited as a whole.',
      ...object({
        exclude: combinations('Combinations that are left out.'),
        include: combinations('Values for combinations that there are, else one more image.'),
        ...axes,
      }),
    },
  };
  return object({ ...properties, ...inputs }, ['object', 'null']);
}

function renderInput(spec: InputSpec): Schema {
  const usual = spec.default === '' ? '' : ` Default: ${spec.default}.`;
  const description = `${spec.summary} Accepts: ${spec.accepts}.${usual}`;
  if (spec.list !== undefined) return { description, anyOf: listForms(spec) };
  if (spec.flag === true) return { description, enum: [true, false, 'true', 'false', ''] };
  return { description, ...(spec.choices ? { enum: [...spec.choices, ''] } : scalar) };
}

/** A list is a text that is taken apart, a YAML list, or (environment) a mapping. */
function listForms({ name: input, list, choices }: InputSpec): readonly Schema[] {
  const word = { ...scalar, pattern: '^[^\\s,#][^\\s,]*$' };
  const line = { ...scalar, minLength: 1 };
  const items = choices ? { enum: choices } : list === 'lines' ? line : word;
  const mapping = {
    type: 'object',
    propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_]*$' },
    additionalProperties: { type: ['string', 'number', 'boolean'] },
  };
  return [scalar, { type: 'array', items }, ...(input === mappingInput ? [mapping] : [])];
}

const object = (properties: Schemas, type: string | readonly string[] = 'object'): Schema => ({
  type,
  additionalProperties: false,
  properties,
});
const refer = (spec: InputSpec): Schema => ({ $ref: `#/$defs/${spec.name}` });
const mapSpecs = (specs: readonly InputSpec[], make: (spec: InputSpec) => Schema): Schemas =>
  Object.fromEntries(specs.map((spec) => [spec.name, make(spec)]));
