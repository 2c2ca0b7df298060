import { describe, expect, it } from '@jest/globals';
import { checkHygiene, hygieneRules } from '../../../src/core/checks/hygiene.ts';
import type { ImageFacts } from '../../../src/model/image.ts';
import {
  cleanImage,
  expected,
  fileEntry,
  textOf,
  violationsOf,
  withContent,
  withFiles,
} from '../support/image.ts';

const withStatus = (line: string): ImageFacts =>
  withContent(
    '/var/lib/dpkg/status',
    textOf('/var/lib/dpkg/status').replace('Status: install ok installed', line),
  );

describe('a clean image', () => {
  it('is a real one, with its files, units and packages', () => {
    expect(cleanImage.osRelease.ID).toBe('debian');
    expect(cleanImage.files.length).toBeGreaterThan(50);
    expect(textOf('/var/lib/dpkg/status')).toContain('Package: trove-guestagent');
  });

  it('holds every rule', () => {
    const results = checkHygiene(cleanImage, expected);
    expect(results.filter(({ violations }) => violations.length > 0)).toEqual([]);
    expect(results.map(({ rule }) => rule)).toEqual(hygieneRules.map(({ rule }) => rule));
    expect(new Set(results.map(({ rule }) => rule)).size).toBe(18);
  });
});

/** [rule, path, a part of the reason, the image with this one fact changed] */
const violated = [
  [
    'packages-configured',
    '/var/lib/dpkg/status',
    'is "install ok half-configured"',
    withStatus('Status: install ok half-configured'),
  ],
  [
    'packages-configured',
    '/var/lib/dpkg/status',
    'is "install reinstreq half-installed"',
    withStatus('Status: install reinstreq half-installed'),
  ],
  [
    'packages-configured',
    '/var/lib/dpkg/status',
    'is "install ok unpacked"',
    withStatus('Status: install ok unpacked'),
  ],
  [
    'packages-configured',
    '/var/lib/dpkg/status',
    'is "install ok triggers-pending"',
    withStatus('Status: install ok triggers-pending'),
  ],
  [
    'packages-configured',
    '/var/lib/dpkg/status',
    'is missing',
    withContent('/var/lib/dpkg/status', { missing: true }),
  ],
] as const satisfies readonly (readonly [string, string, string, ImageFacts])[];

describe('a package that is not configured', () => {
  it.each(violated)('violates %s alone: %s %s', (rule, path, reason, facts) => {
    expect(violationsOf(facts)).toEqual({
      [rule]: [{ path, reason: expect.stringContaining(reason) }],
    });
  });
});

/** [what is fine, the image] */
const harmless = [
  ['a package on hold', withStatus('Status: hold ok installed')],
  ['a package of which the configuration is left', withStatus('Status: deinstall ok config-files')],
] as const satisfies readonly (readonly [string, ImageFacts])[];

describe('what is fine', () => {
  it.each(harmless)('is %s', (_title, facts) => {
    expect(violationsOf(facts)).toEqual({});
  });
});

describe('several things that are wrong', () => {
  it('are all told, each with its path', () => {
    const facts = withFiles(
      fileEntry('/tmp/a'),
      fileEntry('/tmp/b'),
      fileEntry('/etc/ssh/ssh_host_rsa_key'),
    );
    const found = violationsOf(facts);
    expect(Object.keys(found)).toEqual(['temporary-files', 'ssh-host-keys']);
    expect(found['temporary-files']?.map(({ path }) => path)).toEqual(['/tmp/a', '/tmp/b']);
  });
});
