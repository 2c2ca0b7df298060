import { describe, expect, it } from '@jest/globals';
import { catalogueOf, refusalsOf, withImages } from '../support/catalogue.ts';
import { problemsOf } from '../support/inputs.ts';

describe('a catalogue', () => {
  it.each<[string, string, readonly string[]]>([
    ['is empty', '', ['it is empty.']],
    ['has comments only', '# no\n', ['it is empty.']],
    ['is one word', 'images', ['1:1: the file is no mapping.']],
    ['is a list', '- version: 1', ['1:1: the file is no mapping.']],
    ['has no version', 'images: { i: }', ['version is not there.']],
    ['has another version', 'version: 2\nimages: { i: }', ['1:1: this version is not known.']],
    ['has a version like 1', 'version: 1.0\nimages: { i: }', ['1:1: this version is not known.']],
    ['has no images', 'version: 1', ['images is not there.']],
    ['has empty images', 'version: 1\nimages:', ['it names no image.']],
    ['has a list of images', 'version: 1\nimages: [i]', ['2:9: images is no mapping.']],
    [
      'has a list of defaults',
      'version: 1\ndefaults: [x]\nimages: { i: }',
      ['2:11: defaults is no mapping.'],
    ],
    ['has abstract images only', withImages('i: { abstract: true }'), ['it names no image.']],
    [
      'has an unknown part',
      'version: 1\nimage: {}\nimages: { i: }',
      ['2:1: "image" is no part of a catalogue. Did you mean "images"?'],
    ],
  ])('that %s is refused', (_, text, messages) => {
    expect(refusalsOf(text)).toEqual(messages);
  });

  it('tells all its mistakes at once, each with its place and what to do', () => {
    const text = `version: 3
defaults:
  pakages: [htop]
  registry-login: host user password-1
images:
  my image: {}
  a:
    extends: bb
    guest-relase: trixie
    dry-run: true
    verify: false
    guest-os: [debian]
    packages: [a b, 'c,d', '#e', '', [f], ~, true]
    environment: { A B: 1, C: [1], D: , E: "x\\ny", F: "x #y", G: "x " }
    add: { guest-os: debian, formats: [raw] }
    formats: [qcow2]
    abstract: maybe
  b: [x]
  c: { extends: [a], mirror: { a: b }, guest-username: , elements: { x: y } }
`;
    const problems = problemsOf(() => catalogueOf(text));
    for (const problem of problems)
      expect(problem).toEqual({
        code: 'bad-catalogue',
        message: expect.stringMatching(/^catalogue: c\.yml:\d+:\d+: .*[.?]$/),
        hint: expect.stringMatching(/\.$/),
        file: 'c.yml',
      });
    expect(refusalsOf(text)).toMatchInlineSnapshot(`
[
  "1:1: this version is not known.",
  "3:3: "pakages" is not an input. Did you mean "packages"?",
  "4:3: registry-login is a secret, and no file is a place for secrets.",
  "6:3: "my image" is not a name of an image.",
  "17:15: abstract is neither true nor false.",
  "9:5: "guest-relase" is not an input. Did you mean "guest-release"?",
  "10:5: dry-run belongs to a run, not to an image.",
  "11:13: verify is a truth value here.",
  "12:15: guest-os is a list here.",
  "13:16: packages: an item would be cut or split.",
  "13:21: packages: an item would be cut or split.",
  "13:28: packages: an item would be cut or split.",
  "13:34: packages: an item would be cut or split.",
  "13:38: packages: an item is no text.",
  "13:43: packages: an item is no text.",
  "13:46: packages: an item is no text.",
  "14:20: environment: "A B" is not a variable name.",
  "14:28: environment: an item is no text.",
  "14:36: environment: an item is no text.",
  "14:41: environment: an item would be cut or split.",
  "14:52: environment: an item would be cut or split.",
  "14:63: environment: an item would be cut or split.",
  "15:12: add: guest-os has one value, and no list to append to.",
  "15:30: "a" sets formats and adds to it.",
  "18:6: "b" is no mapping.",
  "19:17: extends is not the name of one entry.",
  "19:30: mirror is a mapping here.",
  "19:56: guest-username has no value.",
  "19:68: elements is a mapping here.",
  "8:14: extends: there is no entry "bb". Did you mean "b"?",
]
`);
    expect(JSON.stringify(problems)).not.toContain('password-1');
  });

  it.each<[string, string, readonly string[]]>([
    ['extends itself', 'a: { extends: a }', ['3:17: extends: "a" extends "a", which is a circle.']],
    [
      'is in a circle',
      'x: { extends: a }\na: { extends: b }\nb: { extends: c }\nc: { extends: a }',
      ['4:17: extends: "a" extends "b" extends "c" extends "a", which is a circle.'],
    ],
    [
      'extends what is not there',
      'nightly: {}\na: { extends: nihgtly }\nb: { extends: a }',
      ['4:17: extends: there is no entry "nihgtly". Did you mean "nightly"?'],
    ],
  ])('with an entry that %s is refused once', (_, text, messages) => {
    expect(refusalsOf(withImages(text))).toEqual(messages);
  });

  it('may have sixteen entries above one, and no more', () => {
    const chain = (length: number) =>
      withImages(
        Array.from(
          { length },
          (_, n) => `e${n}: ${n === 0 ? '{}' : `{ extends: e${n - 1} }`}`,
        ).join('\n'),
      );
    expect(catalogueOf(chain(17)).images).toHaveLength(17);
    expect(refusalsOf(chain(18))).toEqual([
      '20:19: extends: "e17" has more than 16 entries above it.',
    ]);
  });

  it('makes visible what a terminal would act on', () => {
    const text = withImages('"\\e[31m\\u202e\\u009b": { "\\a": 1 }');
    expect(refusalsOf(text)).toEqual([
      '3:3: "\\u001b[31m\\u202e\\u009b" is not a name of an image.',
      '3:27: "\\u0007" is not an input.',
    ]);
  });
});
