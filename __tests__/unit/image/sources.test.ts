import { describe, expect, it } from '@jest/globals';
import type { HostFacts } from '../../../src/model/host.ts';
import { healthyHost } from '../support/host.ts';
import { problemsOf, type RawInputs } from '../support/inputs.ts';
import { planOf } from '../support/plan.ts';

const url = 'http://mirror.example.org/debian';
const ownSources = {
  '/etc/apt/sources.list.d/debian.sources': [
    'Types: deb',
    `URIs: ${url}`,
    'Suites: bookworm bookworm-updates',
    'Components: main',
    '',
    'Types: deb',
    'URIs: http://mirror.example.org/security',
    'Suites: bookworm-security',
    'Components: main',
  ].join('\n'),
};

/** [title, inputs, facts of the machine, origin, `url suite` of each archive] */
const rows = [
  [
    'of debian are those that diskimage-builder names',
    { 'guest-release': 'bookworm' },
    {},
    'diskimage-builder',
    [
      'http://archive.example.org/debian bookworm',
      'http://archive.example.org/debian bookworm-updates',
      'http://archive.example.org/debian-security bookworm-security',
    ],
  ],
  [
    'of ubuntu all have the one URL of its archive',
    { 'guest-os': 'ubuntu', 'guest-release': 'jammy' },
    {},
    'diskimage-builder',
    [
      'http://archive.example.org/ubuntu jammy',
      'http://archive.example.org/ubuntu jammy-updates',
      'http://archive.example.org/ubuntu jammy-security',
    ],
  ],
  [
    'are the mirror that was given, and the security archive of diskimage-builder',
    { mirror: `${url}/` },
    {},
    'mirror',
    [
      `${url} trixie`,
      `${url} trixie-updates`,
      'http://archive.example.org/debian-security trixie-security',
    ],
  ],
  [
    'are the two mirrors that were given',
    { mirror: url, 'mirror-security': 'https://security.example.org/debian' },
    {},
    'mirror',
    [
      `${url} trixie`,
      `${url} trixie-updates`,
      'https://security.example.org/debian trixie-security',
    ],
  ],
  [
    "are the mirror that was given, and the machine's own security archive if it uses the same mirror",
    { mirror: url },
    { aptSources: ownSources },
    'mirror',
    [
      `${url} trixie`,
      `${url} trixie-updates`,
      'http://mirror.example.org/security trixie-security',
    ],
  ],
  [
    "are not mixed with the machine's own security archive if it uses another mirror",
    { mirror: 'http://other.example.org/debian' },
    { aptSources: ownSources },
    'mirror',
    [
      'http://other.example.org/debian trixie',
      'http://other.example.org/debian trixie-updates',
      'http://archive.example.org/debian-security trixie-security',
    ],
  ],
  [
    "are the machine's own with mirror: host, also for another release",
    { mirror: 'host', 'guest-release': 'trixie' },
    { aptSources: ownSources },
    'host',
    [
      `${url} trixie`,
      `${url} trixie-updates`,
      'http://mirror.example.org/security trixie-security',
    ],
  ],
  [
    'are not known before diskimage-builder is there',
    {},
    { diskimageBuilder: null },
    'unknown until diskimage-builder is installed',
    [],
  ],
] as const satisfies readonly (readonly [
  string,
  RawInputs,
  Partial<HostFacts>,
  string,
  readonly string[],
])[];

describe('the sources', () => {
  it.each(rows)('%s', (_title, raw, host, origin, archives) => {
    const { sources } = planOf(raw, host);
    expect(sources.origin).toBe(origin);
    expect(sources.archives.map(({ url: each, suite }) => `${each} ${suite}`)).toEqual(archives);
  });

  it('have the components of the release', () => {
    expect(planOf().sources.components).toEqual(['main']);
    expect(planOf({ 'guest-os': 'ubuntu' }).sources.components).toEqual(['main', 'universe']);
  });
});

describe('mirror: host', () => {
  it('is refused on a machine of another distribution', () => {
    const problems = problemsOf(() =>
      planOf({ 'guest-os': 'ubuntu', mirror: 'host' }, { aptSources: ownSources }),
    );
    expect(problems).toEqual([
      {
        code: 'mirror-host-differs',
        message:
          "mirror: host takes this machine's own package sources, but this machine is Debian GNU/Linux 12 (bookworm) and the guest is ubuntu.",
        hint: 'Give the URL of a ubuntu archive in mirror, or leave it empty.',
      },
    ]);
  });

  const unusable = [
    ['without any source', {}, 'none'],
    [
      'with a cdrom only',
      { '/etc/apt/sources.list': 'deb cdrom:[Debian 12]/ bookworm main' },
      '/etc/apt/sources.list',
    ],
    [
      'with another release only',
      { '/etc/apt/sources.list': `deb ${url} trixie main` },
      '/etc/apt/sources.list',
    ],
  ] as const;

  it.each(unusable)(
    'is refused on a machine %s, and says where it looked',
    (_title, aptSources, looked) => {
      const [problem] = problemsOf(() =>
        planOf({ mirror: 'host' }, { ...healthyHost, aptSources }),
      );
      expect(problem?.code).toBe('mirror-host-empty');
      expect(problem?.message).toContain(`(${looked})`);
    },
  );
});

describe("Ubuntu's archive", () => {
  it.each([
    ['amd64', 'http://archive.example.org/ubuntu'],
    ['arm64', 'http://ports.example.org/ubuntu-ports'],
  ] as const)('of an %s guest is %s, whatever the machine is', (architecture, archive) => {
    const plan = planOf({ 'guest-os': 'ubuntu', 'guest-agent': 'package', architecture });
    expect(plan.sources.mirror).toBe(archive);
    expect(plan.environment.DIB_DISTRIBUTION_MIRROR).toBe(archive);
  });
});
