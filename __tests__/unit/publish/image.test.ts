import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  findObjections,
  type ImageVerdict,
  readBuiltManifest,
  weighVerdict,
} from '../../../src/core/publish/image.ts';
import type { VerifyLevel } from '../../../src/model/publication.ts';
import { builtFile, builtWith, manifestText } from '../support/built.ts';
import { problemsOf } from '../support/inputs.ts';
import { publicationOf } from '../support/publication.ts';

describe('the manifest of a build', () => {
  it('gives what publishing needs of it', () => {
    const text = manifestText();
    expect(readBuiltManifest(text, '/out/manifest.json')).toEqual({
      buildId: '7c8fa825478e3d08511dd76c2b1a48453d432b6d39627c72e6733fede3652c06',
      manifestDigest: createHash('sha256').update(text).digest('hex'),
      builtAtMs: Date.parse('2026-11-22T22:11:17.384Z'),
      sourceTimeMs: Date.parse('2026-11-21T02:10:46Z'),
      revision: '7c8fa825478e3d08511dd76c2b1a48453d432b6d39627c72e6733fede3652c06',
      ...{ os: 'debian', release: 'bookworm', osVersion: '12', architecture: 'amd64' },
      ...{ isDevelopment: false, holdsSecrets: [], virtualSizeBytes: 5 * 2 ** 30 },
      checks: 'passed',
      files: [
        {
          ...{ fileName: 'trove-guest-debian-bookworm.qcow2', format: 'qcow2' },
          ...{ sizeBytes: builtFile.sizeBytes, sha256: builtFile.sha256 },
        },
      ],
    });
  });

  it("names Trove's commit as the revision where there is one", () => {
    const commit = 'c'.repeat(40);
    expect(builtWith((m) => Object.assign(m, { trove: { commit } })).revision).toBe(commit);
    const dirty = builtWith((m) => Object.assign(m, { trove: { commit: null } }));
    expect(dirty.revision).toBe(dirty.buildId);
  });

  const dates = (...texts: readonly (string | number | null)[]) =>
    builtWith((m) => Object.assign(m, { sources: texts.map((date) => ({ date })) })).sourceTimeMs;
  const builtAt = '2026-11-22T22:11:17.384Z';
  it.each<[string, readonly (string | number | null)[], string]>([
    ['the newest archive', ['2026-11-20', '2026-11-21', '2026-11-19'], '2026-11-21'],
    ['the build when there is no archive', [], builtAt],
    ['the build when no archive says it', ['', 'soon', null, 7], builtAt],
    ['archives that say it, others left out', ['soon', '2026-11-20'], '2026-11-20'],
    ['no archive of the future', ['2026-11-20', '2099-01-01'], '2026-11-20'],
    ['the build when all archives are of the future', ['2099-01-01'], builtAt],
    ['an archive as old as the build', [builtAt], builtAt],
  ])('has the source time of %s', (_, texts, expected) => {
    expect(dates(...texts)).toBe(Date.parse(expected));
  });

  it('is one of an image for development, unless it says that it is not', () => {
    expect(builtWith((m) => delete m.guest.isDevelopment).isDevelopment).toBe(true);
    expect(builtWith((m) => Object.assign(m.guest, { isDevelopment: 'no' })).isDevelopment).toBe(
      true,
    );
  });

  it('tells checks that held from those that did not, and from none', () => {
    expect(builtWith((m) => m.checks[3].violations.push('x')).checks).toBe('failed');
    expect(builtWith((m) => Object.assign(m, { checks: [] })).checks).toBe('missing');
    expect(builtWith((m) => delete m.checks).checks).toBe('missing');
  });

  it.each<[string, string]>([
    ['no JSON', 'x'],
    ['empty', ''],
    ['null', 'null'],
    ['a list', '[]'],
    ['of another kind', '{"name": "x"}'],
    ['without a build id', manifestText((m) => delete m.buildId)],
    ['with a build id that is none', manifestText((m) => Object.assign(m, { buildId: '../x' }))],
    ['without a time', manifestText((m) => Object.assign(m, { builtAt: 'today' }))],
    ['without a guest', manifestText((m) => delete m.guest)],
    ['without files', manifestText((m) => Object.assign(m, { files: [] }))],
  ])('is refused when it is %s', (_, text) => {
    const [problem] = problemsOf(() => readBuiltManifest(text, '/out/m.json'));
    expect(problem).toMatchObject({
      code: 'manifest-invalid',
      message: expect.stringMatching(/^manifest-path: \/out\/m\.json is not a manifest/),
    });
  });
});

describe('what forbids to publish an image', () => {
  const codes = (raw: object, change?: Parameters<typeof builtWith>[0], file = builtFile) =>
    findObjections(publicationOf(raw), builtWith(change), file).map(({ code }) => code);
  const develop = (m: { guest: object }) => Object.assign(m.guest, { isDevelopment: true });
  const hold = (m: object) => Object.assign(m, { holdsSecrets: ['root-password'] });
  const both = (m: { guest: object }) => [develop(m), hold(m)];
  const other = { ...builtFile, sha256: 'f'.repeat(64) } as unknown as typeof builtFile;

  it.each<[string, readonly string[], readonly string[]]>([
    ['nothing, when it is as it was built', [], codes({})],
    ['a file that is another one', ['image-not-described'], codes({}, undefined, other)],
    ['an image for development', ['development-image'], codes({}, develop)],
    ['one that holds secrets', ['image-holds-secrets'], codes({}, hold)],
    ['neither, when both are allowed', [], codes({ allow: 'development,secrets' }, both)],
    [
      'the other, when one is allowed',
      ['image-holds-secrets'],
      codes({ allow: 'development' }, both),
    ],
    [
      'the one, when the other is allowed',
      ['development-image'],
      codes({ allow: 'secrets' }, both),
    ],
    [
      'all of it at once',
      ['image-not-described', 'development-image', 'image-holds-secrets'],
      codes({}, both, other),
    ],
    [
      'a file, whatever is allowed',
      ['image-not-described'],
      codes({ allow: 'development secrets' }, undefined, other),
    ],
  ])('is %s', (_, expected, found) => {
    expect(found).toEqual(expected);
  });

  it('is told with the names of the inputs whose secrets it holds, and the digests that differ', () => {
    const build = builtWith((m) => Object.assign(m, { holdsSecrets: ['root-password', 'x'] }));
    const [file, secrets] = findObjections(publicationOf(), build, other);
    expect(file?.message).toContain(`sha256 ${other.sha256}`);
    expect(file?.message).toContain('trove-guest-debian-bookworm.qcow2 39b6914a2d4f…');
    expect(secrets?.message).toContain('root-password, x');
  });

  it('takes the digest of a manifest in capital letters for the same', () => {
    const shout = (m: { files: { sha256: string }[] }) =>
      m.files.map((each) => Object.assign(each, { sha256: each.sha256.toUpperCase() }));
    expect(codes({}, shout)).toEqual([]);
  });
});

describe('a verdict is weighed', () => {
  const verdict = (level: ImageVerdict['level'], passed = true, sha256 = builtFile.sha256) =>
    ({ level, passed, imageSha256: sha256 }) as ImageVerdict;
  const other = 'f'.repeat(64) as typeof builtFile.sha256;
  const [passed, failed, missing] = ['passed', 'failed', 'missing'] as const;

  it.each<
    [VerifyLevel, typeof passed | typeof failed | typeof missing, ImageVerdict | null, string]
  >([
    // required, checks of the build, verdict, result
    ['off', 'missing', null, missing],
    ['off', 'passed', null, passed],
    ['off', 'failed', null, failed],
    ['off', 'missing', verdict('inspect'), passed],
    ['off', 'passed', verdict('boot', false), failed],
    ['inspect', 'passed', null, passed],
    ['inspect', 'missing', null, missing],
    ['inspect', 'missing', verdict('inspect'), passed],
    ['inspect', 'missing', verdict('agent'), passed],
    ['inspect', 'failed', verdict('agent'), failed],
    ['boot', 'passed', null, missing],
    ['boot', 'passed', verdict('inspect'), missing],
    ['boot', 'passed', verdict('boot'), passed],
    ['boot', 'passed', verdict('agent'), passed],
    ['boot', 'passed', verdict('agent', false), failed],
    ['boot', 'passed', verdict('agent', true, other), missing],
    ['inspect', 'passed', verdict('agent', false, other), passed],
    ['agent', 'passed', verdict('boot'), missing],
    ['agent', 'passed', verdict('agent'), passed],
  ])('%s asked for, checks %s, %j: %s', (required, checks, found, expected) => {
    const build = { ...builtWith(), checks };
    expect(weighVerdict(required, build, builtFile, found)).toBe(expected);
  });
});
