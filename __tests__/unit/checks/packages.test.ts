import { describe, expect, it } from '@jest/globals';
import { parseDpkgStatus } from '../../../src/core/checks/packages.ts';
import { textOf } from '../support/image.ts';

describe('the list of packages', () => {
  it('is read from real stanzas, sorted by name', () => {
    const packages = parseDpkgStatus(textOf('/var/lib/dpkg/status'));
    expect(packages.map(({ name }) => name)).toEqual([
      ...['adduser', 'apt', 'cloud-init', 'docker.io', 'libssl3', 'openssh-server'],
      ...['trove-common', 'trove-guestagent', 'tzdata', 'zlib1g'],
    ]);
    expect(packages.find(({ name }) => name === 'trove-guestagent')).toEqual({
      name: 'trove-guestagent',
      version: '1:18.0.0-2',
      architecture: 'all',
      status: 'install ok installed',
    });
    expect(
      packages.every(({ version, architecture }) => version !== '' && architecture !== ''),
    ).toBe(true);
  });

  const stanza = (status: string, more = ''): string =>
    `Package: x\nStatus: ${status}\nArchitecture: amd64\nVersion: 1:2.3-4+deb12u1\n${more}`;

  const rows = [
    ['a held package', stanza('hold ok installed'), 1],
    ['one of which only the configuration is left', stanza('deinstall ok config-files'), 0],
    ['one that is known and not installed', stanza('unknown ok not-installed'), 0],
    ['one that is half there', stanza('install ok half-installed'), 1],
    [
      'a description that quotes a field',
      stanza('install ok installed', 'Description: y\n Package: z\n .\n Version: 9\n'),
      1,
    ],
    ['no text', '', 0],
    ['empty lines alone', '\n\n\n', 0],
  ] as const;

  it.each(rows)('with %s', (_title, text, count) => {
    const packages = parseDpkgStatus(text);
    expect(packages).toHaveLength(count);
    for (const each of packages)
      expect(each).toMatchObject({ name: 'x', version: '1:2.3-4+deb12u1' });
  });

  it('has both architectures of a package', () => {
    const other = stanza('install ok installed').replace('amd64', 'i386');
    const found = parseDpkgStatus(`${stanza('install ok installed')}\n${other}`);
    expect(found.map(({ architecture }) => architecture).sort()).toEqual(['amd64', 'i386']);
  });
});
