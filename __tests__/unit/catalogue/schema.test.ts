import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { checkImages } from '../../../src/core/catalogue/choose.ts';
import { entryKeys } from '../../../src/core/catalogue/entries.ts';
import { matrixKeys } from '../../../src/core/catalogue/matrix.ts';
import { renderCatalogueSchema } from '../../../src/core/catalogue/schema.ts';
import { renderImageList } from '../../../src/core/catalogue/text.ts';
import { alignRows } from '../../../src/core/diff/spelling.ts';
import { displacements, inputsOfRun } from '../../../src/model/catalogue.ts';
import { inputTable } from '../../../src/model/input-table.ts';
import type { InputSpec } from '../../../src/model/inputs.ts';
import { catalogueOf, refusalsOf, withImages } from '../support/catalogue.ts';
import { mistakesOf } from '../support/inputs.ts';

const table: readonly InputSpec[] = inputTable;
const names = table.map(({ name }) => name);
const schema = renderCatalogueSchema(table);
const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema);
const accepts = (text: string): boolean => validate(parse(text));

const document = readFileSync(join(import.meta.dirname, '../../../docs/catalogue.md'), 'utf8');
const blocks = [...document.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(
  (match) => match[2] ?? '',
);
const examples = blocks.filter((text) => text.startsWith('version: 1\n'));

describe('docs/catalogue.md', () => {
  it.each(examples)('has an example that reader, schema and inputs accept: %s', (text) => {
    expect(validate(parse(text)) || validate.errors).toBe(true);
    expect(checkImages(catalogueOf(text), mistakesOf)).toEqual([]);
  });

  it('shows the list of images that its matrix makes', () => {
    const [matrix = ''] = examples.filter((text) => text.includes('nightly'));
    const list = renderImageList(catalogueOf(matrix).images, alignRows);
    expect(blocks).toContain(`${list}\n`);
  });

  it('names every input that is refused', () => {
    const secrets = table.filter(({ secret }) => secret === true).map(({ name }) => name);
    for (const name of [...inputsOfRun, ...secrets]) expect(document).toContain(`\`${name}\``);
  });
});

describe('the schema of catalogues', () => {
  it.each([
    withImages('i:'),
    withImages('i: {}\nj: { extends: i, abstract: true, add: { packages: [x1] } }'),
    withImages('i: { dev-mode: true, image-size: 8, trove-ref: 2026.1, cache: off }'),
    withImages('i: { dev-mode: "true", image-size: "8", cache: "", packages: x1 }'),
    withImages('i: { environment: { A: 1, B: true, C: x } }'),
    withImages('i: { environment: [A=1] }'),
    withImages('i: { formats: [qcow2, raw] }'),
    withImages(
      'i: { matrix: { guest-release: [a, b], packages: [[x1], []], exclude: [{ guest-release: b }], include: [{ guest-os: debian }] } }',
    ),
    'version: "1"\ndefaults:\nimages: { 8.4: }',
  ])('accepts what the reader accepts: %j', (text) => {
    expect(refusalsOf(text)).toEqual([]);
    expect(validate(parse(text)) || validate.errors).toBe(true);
  });

  it.each([
    '',
    'version: 1',
    'version: 2\nimages: { i: }',
    'images: { i: }',
    'version: 1\nimages: {}',
    'version: 1\nimages: [i]',
    'version: 1\nextra: 1\nimages: { i: }',
    'version: 1\ndefaults: { add: { packages: [x1] } }\nimages: { i: }',
    withImages('my image: {}'),
    withImages('i: { pakages: [x1] }'),
    withImages('i: { work-dir: /w }'),
    withImages('i: { root-password: something }'),
    withImages('i: { mirror: [a] }'),
    withImages('i: { mirror: true }'),
    withImages('i: { mirror: }'),
    withImages('i: { verify: false }'),
    withImages('i: { packages: [a b] }'),
    withImages('i: { packages: { a: b } }'),
    withImages('i: { environment: { A B: 1 } }'),
    withImages('i: { environment: { A: [1] } }'),
    withImages('i: { extends: [a] }'),
    withImages('i: { abstract: maybe }'),
    withImages('i: { add: { guest-os: debian } }'),
    withImages('i: { matrix: { guest-release: a } }'),
    withImages('i: { matrix: { guest-release: [] } }'),
    withImages('i: { matrix: { exclude: { guest-release: a } } }'),
    withImages('i: { matrix: { include: [{}] } }'),
    withImages('i: { matrix: { include: [{ abstract: true }] } }'),
  ])('refuses what the reader refuses: %j', (text) => {
    expect(refusalsOf(text)).not.toEqual([]);
    expect(accepts(text)).toBe(false);
  });

  it('describes every input that a catalogue can have, and no other', () => {
    const defs = schema.$defs as Readonly<Record<string, { readonly description?: string }>>;
    const { entry, ...inputs } = defs;
    const expected = table.filter(({ name, secret }) => !secret && !inputsOfRun.includes(name));
    expect(Object.keys(inputs)).toEqual(expected.map(({ name }) => name));
    for (const { name, summary } of expected) expect(inputs[name]?.description).toContain(summary);
    expect(entry).toMatchObject({ properties: inputs && expect.any(Object) });
  });
});

describe('the tables of the catalogue', () => {
  it('name inputs that there are', () => {
    const known = [...names, 'catalogue', 'image'];
    expect(known).toEqual(expect.arrayContaining([...inputsOfRun]));
    expect(known).toEqual(
      expect.arrayContaining(displacements.flatMap(({ by, inputs }) => [by, ...inputs])),
    );
  });

  it('use words that are no inputs', () => {
    expect(names.filter((name) => [...entryKeys, ...matrixKeys, 'entry'].includes(name))).toEqual(
      [],
    );
  });
});
