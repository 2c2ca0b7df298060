import { describe, expect, it } from '@jest/globals';
import {
  checkImages,
  chooseImage,
  mergeExplicit,
  placeProblems,
} from '../../../src/core/catalogue/choose.ts';
import { findNearest } from '../../../src/core/inputs/nearest.ts';
import { catalogueOf, withImages } from '../support/catalogue.ts';
import { mistakesOf, problemsOf } from '../support/inputs.ts';

const catalogue = catalogueOf(
  withImages(
    'base: { abstract: true }\nnightly: { matrix: { guest-release: [noble, jammy] } }\nmysql: { extends: base, datastores: [mysql:8.4] }',
  ),
);
const choose = (name: string) => chooseImage(catalogue, name, findNearest);

describe('an image', () => {
  it.each(['nightly-noble', 'mysql'])('is chosen by its name: %s', (name) => {
    expect(choose(name).id).toBe(name);
  });

  const all = 'Use nightly-noble, nightly-jammy, mysql.';
  it.each([
    ['mysqll', 'image: c.yml has no "mysqll". Did you mean "mysql"?', all],
    ['', 'image: c.yml has no "".', all],
    ['__proto__', 'image: c.yml has no "__proto__".', all],
    [
      'nightly',
      'image: "nightly" of c.yml is not one image but 2.',
      'Use nightly-noble, nightly-jammy.',
    ],
    ['base', 'image: "base" of c.yml is abstract: only inherited from.', all],
  ])('is not found by %j, and those that there are are told', (name, message, hint) => {
    expect(problemsOf(() => choose(name))).toEqual([
      { code: 'image-not-in-catalogue', message, hint },
    ]);
  });

  it('is not found among many without a list of all of them', () => {
    const many = catalogueOf(withImages(Array.from({ length: 40 }, (_, n) => `e${n}:`).join('\n')));
    const [problem] = problemsOf(() => chooseImage(many, 'x', findNearest));
    expect(problem?.hint).toBe(
      'Use e0, e1, e2, e3, e4, e5, e6, e7, e8, e9, e10, e11, … (40; trove-image images lists them).',
    );
  });
});

describe('what the caller gives next to an image', () => {
  type Raw = Readonly<Record<string, string>>;
  it.each<[Raw, Raw, Raw]>([
    [{ mirror: 'a' }, { mirror: 'b' }, { mirror: 'b' }],
    [{ mirror: 'a' }, { mirror: ' ' }, { mirror: 'a' }],
    [{ mirror: 'a', 'mirror-security': 's' }, { mirror: 'b' }, { mirror: 'b' }],
    [{ mirror: 'a' }, { 'mirror-security': 's' }, { mirror: 'a', 'mirror-security': 's' }],
    [
      { 'image-name': 'a', formats: 'raw', packages: 'p1' },
      { output: 'x.raw' },
      { output: 'x.raw', packages: 'p1' },
    ],
    [{ 'trove-ref': 'r', 'trove-repository': 'u' }, { 'trove-path': 'p' }, { 'trove-path': 'p' }],
    [{ 'trove-path': 'p' }, { 'trove-ref': 'r' }, { 'trove-ref': 'r' }],
    [{ 'dev-mode': 'true', 'ssh-dir': 'k' }, { 'dev-mode': 'false' }, { 'dev-mode': 'false' }],
    [
      { 'dev-mode': 'true', 'ssh-dir': 'k' },
      { 'dev-mode': 'true' },
      { 'dev-mode': 'true', 'ssh-dir': 'k' },
    ],
    [{}, { 'root-password': 'p' }, { 'root-password': 'p' }],
  ])('wins: %j and %j are %j', (raw, explicit, expected) => {
    const origins = Object.fromEntries(Object.keys(raw).map((name) => [name, 'c.yml:1:1']));
    const merged = mergeExplicit({ raw, origins }, explicit);
    expect(merged.raw).toEqual(expected);
    const ofCatalogue = Object.keys(expected).filter(
      (name) => expected[name] === raw[name] && !(explicit[name] ?? '').trim(),
    );
    expect(Object.keys(merged.origins).sort()).toEqual(ofCatalogue.sort());
  });
});

describe('a value that no build accepts', () => {
  const bad = catalogueOf(
    'version: 1\ndefaults:\n  image-size: 2\nimages:\n  a: { guest-release: trixi }\n  b: { guest-os: ubuntu }\n  c: { guest-os: ubuntu, guest-release: noble, guest-agent: package }\n',
  );

  it('is told with its place, and once', () => {
    expect(checkImages(bad, mistakesOf).map(({ message, file }) => [message, file])).toEqual([
      [
        expect.stringMatching(
          /^catalogue: c\.yml:5:8: guest-release: got "trixi", .* Did you mean "trixie"\?$/,
        ),
        'c.yml',
      ],
      [expect.stringMatching(/^catalogue: c\.yml:3:3: image-size: got "2"/), 'c.yml'],
      [
        expect.stringMatching(
          /^catalogue: c\.yml:7:26: guest-release: ubuntu noble has no trove-guestagent/,
        ),
        'c.yml',
      ],
    ]);
  });

  it('is told with the image where it has no place', () => {
    const problem = { code: 'x', message: 'No place.', hint: 'None.' };
    expect(checkImages(catalogue, ({ datastores }) => (datastores ? [problem] : []))).toEqual([
      { ...problem, message: 'catalogue: c.yml: mysql: No place.', file: 'c.yml' },
    ]);
  });

  it('keeps its own message where the caller gave it', () => {
    const problem = { code: 'bad-input', message: 'mirror: got "x".', hint: 'Correct it.' };
    expect(placeProblems([problem], 'c.yml', { packages: 'c.yml:1:1' })).toEqual([problem]);
  });
});
