import { describe, expect, it } from '@jest/globals';
import { findHostArchives, parseAptSources } from '../../../src/core/image/apt-sources.ts';

const a = 'http://a.example.org/debian';
const b = 'https://b.example.org/security';

/** [what is special, file name, text, [url, suites] of each source] */
const shapes = [
  ['the plain line', 'sources.list', `deb ${a} bookworm main contrib\n`, [[a, ['bookworm']]]],
  ['tabs between the fields', 'x.list', `deb\t${a}\tbookworm\tmain`, [[a, ['bookworm']]]],
  ['leading spaces', 'x.list', `  deb ${a} bookworm main`, [[a, ['bookworm']]]],
  [
    'options',
    'x.list',
    `deb [arch=amd64 signed-by=/usr/share/keyrings/k.gpg] ${a} bookworm main`,
    [[a, ['bookworm']]],
  ],
  [
    'options with spaces inside the brackets',
    'x.list',
    `deb [ arch=amd64,arm64 ] ${a} bookworm main`,
    [[a, ['bookworm']]],
  ],
  ['a trailing slash', 'x.list', `deb ${a}// bookworm main`, [[a, ['bookworm']]]],
  [
    'a comment behind the line',
    'x.list',
    `deb ${a} bookworm main # the archive`,
    [[a, ['bookworm']]],
  ],
  ['a line that is a comment', 'x.list', `# deb ${a} bookworm main\n#deb ${b} x y`, []],
  ['sources of source packages', 'x.list', `deb-src ${a} bookworm main`, []],
  [
    'a cdrom',
    'x.list',
    `deb cdrom:[Debian GNU/Linux 12 _Bookworm_ - amd64]/ bookworm main\ndeb ${b} bookworm-security main`,
    [
      ['cdrom:[Debian', ['GNU/Linux']],
      [b, ['bookworm-security']],
    ],
  ],
  [
    'a numeric host',
    'x.list',
    'deb http://[2001:db8::1]/debian bookworm main',
    [['http://[2001:db8::1]/debian', ['bookworm']]],
  ],
  [
    'several lines',
    'x.list',
    `deb ${a} bookworm main\n\ndeb ${a} bookworm-updates main\n`,
    [
      [a, ['bookworm']],
      [a, ['bookworm-updates']],
    ],
  ],
  [
    'the plain stanza',
    'x.sources',
    `Types: deb\nURIs: ${a}\nSuites: bookworm bookworm-updates\nComponents: main\n`,
    [[a, ['bookworm', 'bookworm-updates']]],
  ],
  [
    'two stanzas',
    'x.sources',
    `Types: deb\nURIs: ${a}\nSuites: bookworm\n\nTypes: deb\nURIs: ${b}/\nSuites: bookworm-security\n`,
    [
      [a, ['bookworm']],
      [b, ['bookworm-security']],
    ],
  ],
  [
    'several empty lines, some with spaces',
    'x.sources',
    `Types: deb\nURIs: ${a}\nSuites: s\n \t\n\n\nTypes: deb\nURIs: ${b}\nSuites: t`,
    [
      [a, ['s']],
      [b, ['t']],
    ],
  ],
  ['Enabled: no', 'x.sources', `Enabled: no\nTypes: deb\nURIs: ${a}\nSuites: bookworm\n`, []],
  [
    'Enabled: yes',
    'x.sources',
    `Enabled: yes\nTypes: deb\nURIs: ${a}\nSuites: bookworm\n`,
    [[a, ['bookworm']]],
  ],
  [
    'binaries and sources',
    'x.sources',
    `Types: deb deb-src\nURIs: ${a}\nSuites: bookworm\n`,
    [[a, ['bookworm']]],
  ],
  ['sources of source packages', 'x.sources', `Types: deb-src\nURIs: ${a}\nSuites: bookworm\n`, []],
  [
    'several URIs',
    'x.sources',
    `Types: deb\nURIs: ${a} ${b}\nSuites: bookworm\n`,
    [
      [a, ['bookworm']],
      [b, ['bookworm']],
    ],
  ],
  [
    'continuation lines',
    'x.sources',
    `Types: deb\nURIs:\n ${a}\nSuites: bookworm\n\tbookworm-updates\n`,
    [[a, ['bookworm', 'bookworm-updates']]],
  ],
  [
    'comments above, inside and between',
    'x.sources',
    `# Managed by an image build\n\nTypes: deb\n# the archive\nURIs: ${a}\nSuites: bookworm\n# bookworm-backports\n bookworm-updates\n`,
    [[a, ['bookworm', 'bookworm-updates']]],
  ],
  [
    'field names in lower case',
    'x.sources',
    `types: deb\nuris: ${a}\nsuites: bookworm\n`,
    [[a, ['bookworm']]],
  ],
  [
    'an embedded key, which has an empty line of its own',
    'x.sources',
    `Types: deb\nURIs: ${a}\nSuites: bookworm\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mDMEY865UxYJKwYBBAHaRw8BAQdAd7Z0srwuhlB6JKFkcf4HU4SSS/xcRfwEQWzr\n -----END PGP PUBLIC KEY BLOCK-----\n`,
    [[a, ['bookworm']]],
  ],
  ['nothing at all', 'x.sources', '\n', []],
] as const satisfies readonly (readonly [
  string,
  string,
  string,
  readonly (readonly [string, readonly string[]])[],
])[];

describe('an apt source list', () => {
  it.each(shapes)('with %s (%s) is read', (_title, name, text, expected) => {
    const path = `/etc/apt/sources.list.d/${name}`;
    expect(parseAptSources({ [path]: text }).map(({ url, suites }) => [url, suites])).toEqual(
      expected,
    );
  });

  it('is one of several, read in order', () => {
    const files = {
      '/etc/apt/sources.list': `deb ${a} s c`,
      '/etc/apt/sources.list.d/b.sources': `Types: deb\nURIs: ${b}\nSuites: t`,
    };
    expect(parseAptSources(files).map(({ url }) => url)).toEqual([a, b]);
  });
});

describe('the archives of a machine', () => {
  const rows = [
    [
      'have the names of the release',
      [
        [a, ['bookworm']],
        [b, ['bookworm-security']],
      ],
      a,
      b,
    ],
    ['may be one for all suites', [[a, ['bookworm', 'bookworm-security']]], a, a],
    [
      'may have the old name of the security suite',
      [
        [a, ['bookworm']],
        [b, ['bookworm/updates']],
      ],
      a,
      b,
    ],
    ['may lack a security archive', [[a, ['bookworm']]], a, null],
    [
      'are no archives of other releases',
      [
        [a, ['trixie']],
        [b, ['trixie-security']],
      ],
      null,
      null,
    ],
    ['are no archives of updates alone', [[a, ['bookworm-updates']]], null, null],
    [
      'are no files and no mirror lists',
      [
        ['mirror+file:/etc/apt/mirrors.txt', ['bookworm']],
        ['file:/srv', ['bookworm']],
      ],
      null,
      null,
    ],
    [
      'are the first of several',
      [
        [a, ['bookworm']],
        ['http://c.example.org', ['bookworm']],
      ],
      a,
      null,
    ],
  ] as const satisfies readonly (readonly [
    string,
    readonly (readonly [string, readonly string[]])[],
    string | null,
    string | null,
  ])[];

  it.each(rows)('%s', (_title, sources, archive, security) => {
    const parsed = sources.map(([url, suites]) => ({ url, suites }));
    expect(findHostArchives(parsed, 'bookworm')).toEqual({ archive, security });
  });
});
