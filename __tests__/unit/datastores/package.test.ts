import { expect, it } from '@jest/globals';
import {
  composeAptConfiguration,
  composeSources,
  readPackageVersion,
} from '../../../src/core/datastores/package.ts';

it('every archive is checked with the keyring of the guest', () => {
  const text = composeSources({
    archives: [
      { name: 'default', url: 'http://deb.example.org/debian', suite: 'bookworm' },
      { name: 'security', url: 'http://sec.example.org/debian', suite: 'bookworm-security' },
    ],
    ...{ components: ['main', 'universe'], keyring: '/k.gpg', architecture: 'amd64' },
  });
  expect(text).toBe(
    [
      'deb [signed-by=/k.gpg] http://deb.example.org/debian bookworm main universe\n',
      'deb [signed-by=/k.gpg] http://sec.example.org/debian bookworm-security main universe\n',
    ].join(''),
  );
});

it('apt keeps its whole state in the directory', () => {
  const text = composeAptConfiguration('/srv/apt', 'arm64');
  const places = [...text.matchAll(/"(\/[^"]*)"/g)].map(([, path]) => path);
  expect(places.every((path) => path?.startsWith('/srv/apt'))).toBe(true);
  expect(text).toContain('APT::Architectures { "arm64"; };');
});

it.each([
  ['python3-trove_1%3a18.0.0-2_all.deb', '1:18.0.0-2'],
  ['python3-trove_23.0.0-2_all.deb', '23.0.0-2'],
  ['python3-trove_1_all.deb.partial', null],
  ['python3-other_1_all.deb', null],
])('the file %s has the version %s', (name, version) => {
  expect(readPackageVersion(name)).toBe(version);
});
