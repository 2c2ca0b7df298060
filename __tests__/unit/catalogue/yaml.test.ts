import { describe, expect, it } from '@jest/globals';
import { catalogueOf, refusalsOf, withImages } from '../support/catalogue.ts';

describe('YAML that is not read', () => {
  it.each<[string, string, string | RegExp]>([
    ['a tab', 'version: 1\nimages:\n\ti:', /^3:1: Tabs are not allowed as indentation/],
    ['two documents', 'version: 1\n---\nversion: 1', '2:1: a second document begins here.'],
    ['an open quote', 'version: "1\nimages: {}', /^\d:\d+: Missing closing "quote/],
    [
      'an alias',
      'version: 1\nimages: { a: &x {}, b: *x }',
      '2:24: *x is an alias, which catalogues do not have.',
    ],
    ['an alias of nothing', 'version: 1\nimages: *x', /^2:9: \*x is an alias/],
    ['a key that is an alias', 'version: 1\nimages: { &x a: , *x : }', /^2:19: \*x is an alias/],
    ['a merge key', withImages('i: { <<: { guest-os: debian } }'), '3:8: "<<" is not an input.'],
    [
      'a key twice',
      withImages('i: {}\nj: {}\ni: {}'),
      '5:3: "i" is there twice; the first is at c.yml:3:3.',
    ],
    ['an input twice', withImages('i:\n  mirror: a\n  mirror: b'), /^5:5: "mirror" is there twice/],
    ['one key in two spellings', withImages('i: {}\n"i": {}'), /^4:3: "i" is there twice/],
    ['a key that is a list', withImages('? [a, b]\n: {}'), '3:5: this key is not a word.'],
    ['a key that is nothing', withImages('~: {}\ni: {}'), '3:3: this key is not a word.'],
    ['a tag', withImages('i: !image {}'), /^3:6: Unresolved tag: !image/],
    [
      'a tag with an address',
      withImages('i: !<tag:example.org,2026:x> {}'),
      /^3:6: Unresolved tag/,
    ],
    ['a directive', '%IMAGES 2\n---\nversion: 1\nimages: { i: }', /^1:1: Unknown directive/],
    [
      'an unknown version of YAML',
      '%YAML 3.0\n---\nversion: 1\nimages: { i: }',
      /^1:7: Unsupported YAML version/,
    ],
    [
      'a reserved character',
      'version: 1\nimages: @x',
      /^2:9: Plain value cannot start with reserved character @/,
    ],
    ['bytes that are no text', 'version: 1\nimages: \0\u0001\ufffd', '2:9: images is no mapping.'],
  ])('is refused with its place: %s', (_, text, message) => {
    const refusals = refusalsOf(text);
    expect(refusals[0]).toMatch(message);
    if (typeof message === 'string') expect(refusals).toEqual([message]);
  });

  it('is a bomb of aliases, which nobody unpacks', () => {
    const bomb = Array.from({ length: 30 }, (_, n) =>
      n === 0 ? 'a0: &a0 [x]' : `a${n}: &a${n} [${`*a${n - 1}, `.repeat(9)}]`,
    );
    expect(refusalsOf(`${bomb.join('\n')}\nversion: 1\nimages: { i: }`).length).toBe(51);
  });

  it.each([
    ['lists', '['.repeat(100_000)],
    ['closed lists', `${'['.repeat(50_000)}${']'.repeat(50_000)}`],
    ['mappings', '{a: '.repeat(50_000)],
    ['dashes', '- '.repeat(100_000)],
    ['question marks', '? '.repeat(100_000)],
    ['lines', Array.from({ length: 600 }, (_, n) => `${' '.repeat(n)}a:`).join('\n')],
  ])('is too deep: %s', (_, text) => {
    expect(refusalsOf(text)).toEqual(['it is nested more than 40 levels deep.']);
  });

  it('is a megabyte', () => {
    expect(refusalsOf('#'.repeat(1_000_000))).toEqual([
      'it is too large: 1000000 characters, and 262144 are read.',
    ]);
  });
});

describe('a large catalogue', () => {
  const until = (limit: number, line: (n: number) => string): string => {
    let text = 'version: 1\nimages:\n';
    for (let n = 0; text.length < limit - 80; n++) text += line(n);
    return text;
  };

  it('with as many entries as fit is read in time', () => {
    const lines = until(262_144, (n) => `  e${n}: { abstract: true }\n`);
    expect(catalogueOf(`${lines}  i:\n`).images).toHaveLength(1);
  }, 10_000);

  it('with a mistake in every line tells the first ones, and how many there are', () => {
    const messages = refusalsOf(
      until(262_144, (n) => `  e${n}: { pakages: [x], extends: f${n} }\n`),
    );
    expect(messages).toHaveLength(51);
    expect(messages[0]).toBe('3:9: "pakages" is not an input. Did you mean "packages"?');
    expect(messages[50]).toMatch(/^there are \d{4,5} more mistakes\.$/);
  }, 10_000);
});
