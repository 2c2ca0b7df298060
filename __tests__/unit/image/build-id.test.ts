import { describe, expect, it } from '@jest/globals';
import { computeBuildId, type Ingredients } from '../../../src/core/image/build-id.ts';
import type { ElementDigest } from '../../../src/model/elements.ts';
import type { HostFacts } from '../../../src/model/host.ts';
import type { Archive, ArchiveState } from '../../../src/model/plan.ts';
import { gib, healthyHost } from '../support/host.ts';
import type { RawInputs } from '../support/inputs.ts';
import { planOf } from '../support/plan.ts';

const digest = (character: string): string => character.repeat(64);
const elements = [
  { name: 'base', path: '/usr/share/elements/base', sha256: digest('a') },
  { name: 'trove-guest', path: '/opt/trove-image/elements/trove-guest', sha256: digest('b') },
] as const satisfies readonly ElementDigest[];

/** An archive as it was: the digest of its index depends on the suite, not on the mirror that handed it out. */
const stateOf = (archive: Archive): ArchiveState => ({
  ...archive,
  inReleaseSha256: digest(archive.suite.length.toString(16).slice(-1)),
  date: 'Sat, 21 Nov 2026 02:10:46 UTC',
});

function idOf(
  raw: RawInputs = {},
  host: Partial<HostFacts> = {},
  change: (ingredients: Ingredients) => Ingredients = (same) => same,
): string {
  const plan = planOf(raw, host);
  const archives = plan.sources.archives.map(stateOf);
  return computeBuildId(
    change({
      plan,
      diskimageBuilderVersion: '3.13.0',
      elements,
      archives,
      constraintsSha256: null,
    }),
  );
}

const url = { mirror: 'http://one.example.org/debian' };

describe('the build id', () => {
  it('is 64 hexadecimal digits, and the same for the same ingredients', () => {
    expect(idOf()).toMatch(/^[0-9a-f]{64}$/);
    expect(idOf()).toBe(idOf());
  });

  const inputChanges = [
    ['the operating system', { 'guest-os': 'ubuntu' }],
    ['the release', { 'guest-release': 'bookworm' }],
    ['the architecture', { architecture: 'arm64' }],
    ['the user', { 'guest-username': 'agent' }],
    ['the size of the image', { 'image-size': '6' }],
    ['a package', { packages: 'vim' }],
    ['another package', { packages: 'nano' }],
    ['an element', { elements: 'my-own' }],
    ['a variable', { environment: 'DIB_A=1' }],
    ['the value of a variable', { environment: 'DIB_A=2' }],
    ['the URL of the mirror, which gets into the sources of the guest', url],
    ['another mirror', { mirror: 'http://two.example.org/debian' }],
    ['the security mirror', { ...url, 'mirror-security': 'http://security.example.org/debian' }],
  ] as const satisfies readonly (readonly [string, RawInputs])[];

  it('differs from the default, and from every other, for each change of an input', () => {
    const ids = [idOf(), ...inputChanges.map(([, raw]) => idOf(raw))];
    expect(new Set(ids).size).toBe(inputChanges.length + 1);
  });

  const ingredientChanges = [
    ['the version of diskimage-builder', (all) => ({ ...all, diskimageBuilderVersion: '3.14.0' })],
    [
      'the content of an element',
      (all) => ({ ...all, elements: [elements[0], { ...elements[1], sha256: digest('c') }] }),
    ],
    [
      'one more element',
      (all) => ({
        ...all,
        elements: [...elements, { name: 'x', path: '/x', sha256: digest('d') }],
      }),
    ],
    ['one element less', (all) => ({ ...all, elements: [elements[0]] })],
    [
      'the contents of two elements exchanged',
      (all) => ({
        ...all,
        elements: [
          { ...elements[0], sha256: digest('b') },
          { ...elements[1], sha256: digest('a') },
        ],
      }),
    ],
    [
      'a newer state of an archive',
      (all) => ({
        ...all,
        archives: all.archives.map((each, index) =>
          index === 2 ? { ...each, inReleaseSha256: digest('e') } : each,
        ),
      }),
    ],
    ['an archive less', (all) => ({ ...all, archives: all.archives.slice(1) })],
    [
      'the bootstrap script of the plan',
      (all) => ({
        ...all,
        plan: { ...all.plan, bootstrap: { ...all.plan.bootstrap, script: '/x' } },
      }),
    ],
    [
      'the version of Trove',
      (all) => ({ ...all, plan: { ...all.plan, guest: { ...all.plan.guest, troveVersion: 24 } } }),
    ],
  ] as const satisfies readonly (readonly [string, (all: Ingredients) => Ingredients])[];

  it.each(ingredientChanges)('differs for %s', (_title, change) => {
    expect(idOf({}, {}, change)).not.toBe(idOf());
  });

  it('differs for another bootstrap script', () => {
    expect(idOf({}, { debootstrapScripts: ['sid'] })).not.toBe(idOf());
  });

  const sameInputs = [
    ['the output directory', { 'output-dir': '/elsewhere' }],
    ['the name of the image', { 'image-name': 'another' }],
    ['the formats', { formats: 'vmdk raw' }],
    ['the compression', { compression: 'none' }],
    ['the work directory', { 'work-dir': '/mnt' }],
    ['the place of elements', { 'elements-path': '/opt/elements' }],
    ['the check', { verify: 'off' }],
    ['how tools are installed', { install: 'apt' }],
    ['the artifact and its days', { artifact: 'off', 'retention-days': '3' }],
    ['a default written out', { 'guest-os': 'debian', 'guest-release': 'trixie', elements: 'vm' }],
  ] as const satisfies readonly (readonly [string, RawInputs])[];

  it.each(sameInputs)('stays the same whatever is %s', (_title, raw) => {
    expect(idOf(raw)).toBe(idOf());
  });

  const sameHosts = [
    ['memory', { memoryAvailableBytes: 2 * gib }],
    [
      'kernel',
      { kernel: '5.15.0', kernelFeatures: { ...healthyHost.kernelFeatures, deviceMapper: false } },
    ],
    ['user', { user: { ...healthyHost.user, uid: 0, name: 'root' } }],
    ['keyrings', { keyrings: [] }],
    ['proxies', { proxies: { http_proxy: 'http://127.0.0.1:3128' } }],
  ] as const satisfies readonly (readonly [string, Partial<HostFacts>])[];

  it.each(sameHosts)("stays the same whatever is the machine's %s", (_title, host) => {
    expect(idOf({}, host)).toBe(idOf());
  });

  const sameIngredients = [
    [
      'in another order',
      (all) => ({
        ...all,
        elements: [...elements].reverse(),
        archives: [...all.archives].reverse(),
      }),
    ],
    [
      'at other paths',
      (all) => ({
        ...all,
        elements: elements.map((each) => ({ ...each, path: `/x/${each.name}` })),
      }),
    ],
    [
      'with another date in the index, which its digest covers',
      (all) => ({ ...all, archives: all.archives.map((each) => ({ ...each, date: '' })) }),
    ],
    [
      'with keys in another order',
      (all) => ({
        ...all,
        plan: {
          ...all.plan,
          environment: Object.fromEntries(Object.entries(all.plan.environment).reverse()),
        },
      }),
    ],
  ] as const satisfies readonly (readonly [string, (all: Ingredients) => Ingredients])[];

  it.each(sameIngredients)('stays the same for the ingredients %s', (_title, change) => {
    expect(idOf({}, {}, change)).toBe(idOf());
  });

  it('tells one package of a long name from two packages', () => {
    expect(idOf({ packages: 'ab cd' })).not.toBe(idOf({ packages: 'abcd' }));
  });
});
