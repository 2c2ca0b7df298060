import { describe, expect, it } from '@jest/globals';
import { catalogueOf, refusalsOf, withImages } from '../support/catalogue.ts';

const idsOf = (text: string) => catalogueOf(withImages(text)).images.map(({ id }) => id);
const ofOne = (matrix: string): string => `i: { matrix: ${matrix} }`;

describe('the names of a matrix', () => {
  it.each<[string, readonly string[]]>([
    ['{ guest-release: [bookworm, trixie] }', ['i-bookworm', 'i-trixie']],
    ['{ dev-mode: [false, true] }', ['i', 'i-dev']],
    ['{ backup-images: [true], dev-mode: [true] }', ['i-backup-images-dev']],
    [
      '{ dev-mode: [true, false], guest-release: [noble, jammy] }',
      ['i-dev-noble', 'i-dev-jammy', 'i-noble', 'i-jammy'],
    ],
    ['{ trove-ref: [stable/2026.1, refs/changes/1] }', ['i-stable-2026.1', 'i-refs-changes-1']],
    ['{ datastores: [[], [mysql:8.4, postgresql:18]] }', ['i', 'i-mysql-8.4-postgresql-18']],
    ['{ image-size: [8.10, 8.1] }', ['i-8.10', 'i-8.1']],
    ['{ mirror: ["http://a/é/"] }', ['i-http-a']],
    ['{}', ['i']],
    ['{ include: [{ guest-os: debian, guest-release: trixie }] }', ['i-debian-trixie']],
    [
      '{ guest-release: [noble], dev-mode: [true], include: [{ guest-os: debian, dev-mode: true, guest-release: trixie }] }',
      ['i-noble-dev', 'i-trixie-dev'],
    ],
    ['{ guest-release: [noble, jammy], exclude: [{ guest-release: jammy }] }', ['i-noble']],
    [
      '{ guest-release: [noble], exclude: [{ guest-release: noble }], include: [{ guest-release: trixie }] }',
      ['i-trixie'],
    ],
  ])('of %s are %j', (matrix, ids) => {
    expect(idsOf(ofOne(matrix))).toEqual(ids);
  });

  it('are fit for a command line and a file name', () => {
    for (const id of idsOf(ofOne('{ mirror: ["; rm -rf /", "$(id)", "a\\nb", "..//..", "--x"] }')))
      expect(id).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]*$/);
  });
});

describe('include', () => {
  const matrix = (item: string) =>
    catalogueOf(
      withImages(ofOne(`{ guest-release: [a, b], dev-mode: [false, true], include: [${item}] }`)),
    ).images.map(({ id, raw }) => [id, raw.packages ?? '']);

  it.each([
    ['{ guest-release: b, packages: [p] }', { 'i-b': 'p', 'i-b-dev': 'p' }],
    ['{ guest-release: b, dev-mode: true, packages: [p] }', { 'i-b-dev': 'p' }],
    ['{ packages: [p] }', { 'i-a': 'p', 'i-a-dev': 'p', 'i-b': 'p', 'i-b-dev': 'p' }],
    [
      '{ guest-release: b, packages: [p] }, { dev-mode: true, packages: [q] }',
      { 'i-a-dev': 'q', 'i-b': 'p', 'i-b-dev': 'q' },
    ],
    [
      '{ guest-release: c, packages: [p] }, { guest-release: c, dev-mode: true, packages: [q] }',
      { 'i-c': 'p', 'i-c-dev': 'q' },
    ],
  ])('adds as GitHub does: %s', (item, expected) => {
    const given = matrix(item).filter(([, packages]) => packages !== '');
    expect(Object.fromEntries(given)).toEqual(expected);
  });
});

describe('an inherited matrix', () => {
  const base = 'base: { abstract: true, matrix: { guest-release: [noble, jammy] } }\n';

  it('makes the images of each entry', () => {
    expect(idsOf(`${base}x: { extends: base }\ny: { extends: x }`)).toEqual([
      'x-noble',
      'x-jammy',
      'y-noble',
      'y-jammy',
    ]);
  });

  it('is replaced as a whole', () => {
    expect(idsOf(`${base}x: { extends: base, matrix: { dev-mode: [true] } }`)).toEqual(['x-dev']);
    expect(idsOf(`${base}x: { extends: base, matrix: {} }`)).toEqual(['x']);
  });

  it('is not contradicted in silence', () => {
    const twice = (place: string, name: string) =>
      `${place}: "${name}" sets guest-release, and its matrix (c.yml:3:35) gives the values of that.`;
    const below = `${base}x: { extends: base, guest-release: trixie }\ny: { extends: x }`;
    expect(refusalsOf(withImages(below))).toEqual([twice('4:23', 'x')]);
    const beside = base.replace('matrix', 'guest-release: a, matrix');
    expect(refusalsOf(withImages(`${beside}x: { extends: base }`))).toEqual([
      twice('3:27', 'base').replace('3:35', '3:53'),
    ]);
    const added = `i: { matrix: { packages: [a1] }, add: { packages: [b1] } }`;
    expect(refusalsOf(withImages(added))).toHaveLength(1);
    expect(
      idsOf(
        'a: { abstract: true, guest-os: debian }\nb: { extends: a, matrix: { guest-os: [ubuntu] } }',
      ),
    ).toEqual(['b-ubuntu']);
  });
});

describe('a matrix', () => {
  it.each([
    ['[a]', '3:16: matrix is no mapping.'],
    ['{ guest-release: [] }', '3:18: guest-release in matrix is no list of values.'],
    ['{ guest-release: noble }', '3:18: guest-release in matrix is no list of values.'],
    [
      '{ gest-release: [noble] }',
      /3:18: "gest-release" is not an input. Did you mean "guest-release"\?/,
    ],
    ['{ work-dir: [a] }', /3:18: work-dir belongs to a run/],
    ['{ root-password: [secret123] }', /3:18: root-password is a secret/],
    ['{ guest-release: [a, a] }', /two images have the name "i-a"/],
    ['{ trove-ref: [a/b, a-b] }', /two images have the name "i-a-b"/],
    [
      '{ guest-release: [a], exclude: [{ guest-release: b }] }',
      /exclude: "guest-release" has no such value/,
    ],
    [
      '{ guest-release: [a], exclude: [{ guest-os: debian }] }',
      /exclude: "guest-os" has no such value/,
    ],
    ['{ guest-release: [a], exclude: [{ guest-release: a }] }', /exclude leaves no image/],
    ['{ guest-release: [a], exclude: { guest-release: a } }', /exclude is no list/],
    ['{ guest-release: [a], include: [a] }', /an item of include is no mapping/],
    ['{ guest-release: [a], include: [{}] }', /an item of include is no mapping/],
    ['{ guest-release: [a], include: [{ add: { packages: [b] } }] }', /"add" is not an input/],
    [`{ trove-ref: [${'x'.repeat(99)}] }`, /has more than 100 characters/],
  ])('%s is refused', (matrix, message) => {
    const refusals = refusalsOf(withImages(ofOne(matrix)));
    expect(refusals).toHaveLength(1);
    expect(refusals[0]).toMatch(message);
  });

  it('of ten billion images is refused at once', () => {
    const values = '[0,1,2,3,4,5,6,7,8,9]';
    const axes = [
      'guest-os',
      'guest-release',
      'guest-username',
      'trove-ref',
      'image-size',
      'mirror',
      'compression',
      'cache',
      'verify',
      'artifact',
    ].map((name) => `${name}: ${values}`);
    expect(refusalsOf(withImages(ofOne(`{ ${axes.join(', ')} }`)))).toEqual([
      '3:16: this matrix makes 10000000000 images, and a catalogue has 256 at most.',
    ]);
  });

  it('is refused where all of them are too many', () => {
    const matrix = `{ trove-ref: [${Array.from({ length: 200 }, (_, index) => index).join()}] }`;
    expect(refusalsOf(withImages(`a: { matrix: ${matrix} }\nb: { matrix: ${matrix} }`))).toEqual([
      '4:3: a catalogue has 256 images at most, and here are more.',
    ]);
  });
});
