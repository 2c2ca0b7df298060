import { describe, expect, it } from '@jest/globals';
import type { Publication } from '../../../src/model/publication.ts';
import { type PublishInputName, publishInputs } from '../../../src/model/publish-inputs.ts';
import { publicationMistakes, publicationOf } from '../support/publication.ts';

const hour = 3_600_000;

describe('a publication', () => {
  it('is private, keeps three images for a week, and asks for nothing of Trove by default', () => {
    expect(publicationOf()).toEqual({
      login: { clouds: [], cloudsYaml: '', oidcAudience: '' },
      ...{ glanceName: '{name}', visibility: 'private', tags: [], properties: {} },
      ...{ minDiskGib: null, minRamMib: 0, keepProtected: false, keep: 3, graceMs: 168 * hour },
      ...{ versions: [], deactivate: [], requireVerify: 'off', proveByDownload: false },
      ...{ allowDevelopment: false, allowSecrets: false, stallMs: 120_000 },
    });
  });

  it('is the same with every default written out', () => {
    const written = Object.fromEntries(publishInputs.map((spec) => [spec.name, spec.default]));
    expect(publicationOf(written)).toEqual(publicationOf());
  });

  it.each<[PublishInputName, string, Partial<Publication>]>([
    ['cloud', 'a, b\n# c\n a', { login: { clouds: ['a', 'b'], cloudsYaml: '', oidcAudience: '' } }],
    [
      'clouds-yaml',
      'clouds: {}\n',
      { login: { clouds: [], cloudsYaml: 'clouds: {}', oidcAudience: '' } },
    ],
    [
      'oidc-audience',
      ' https://k.example/v3 ',
      { login: { clouds: [], cloudsYaml: '', oidcAudience: 'https://k.example/v3' } },
    ],
    ['glance-name', 'guest-{os}+{release}_{architecture}.{name}', {}],
    ['visibility', 'public', { visibility: 'public' }],
    ['tags', 'trove mysql,trove', { tags: ['trove', 'mysql'] }],
    ['min-disk', '0', { minDiskGib: 0 }],
    ['min-disk', '10000', { minDiskGib: 10_000 }],
    ['min-ram', '512', { minRamMib: 512 }],
    ['protected', 'true', { keepProtected: true }],
    ['keep', '2', { keep: 2 }],
    ['keep', '100', { keep: 100 }],
    ['grace-period', '0', { graceMs: 0 }],
    ['grace-period', '0d', { graceMs: 0 }],
    ['grace-period', '0h', { graceMs: 0 }],
    ['grace-period', '12h', { graceMs: 12 * hour }],
    ['grace-period', '30d', { graceMs: 720 * hour }],
    ['require-verify', 'agent', { requireVerify: 'agent' }],
    ['prove', 'download', { proveByDownload: true }],
    ['allow', 'secrets', { allowSecrets: true, allowDevelopment: false }],
    ['allow', 'development secrets', { allowSecrets: true, allowDevelopment: true }],
    ['stall-timeout', '5', { stallMs: 5000 }],
    [
      'deactivate-versions',
      'mysql 5.7 # old',
      { deactivate: [{ datastore: 'mysql', name: '5.7' }] },
    ],
  ])('has %s %j', (name, value, part) => {
    expect(publicationOf({ [name]: value })).toMatchObject({
      ...part,
      ...(name === 'glance-name' ? { glanceName: value } : {}),
    });
  });

  it('has properties, whose values may hold anything but the end of a line', () => {
    const properties = [
      'os_distro=debian # of the guest',
      '  hw_rng_model=  a b="c" $(id) \'x\'  ',
      'empty=',
      'os_distro=ubuntu',
    ].join('\n');
    expect(publicationOf({ properties }).properties).toEqual({
      os_distro: 'ubuntu',
      hw_rng_model: '  a b="c" $(id) \'x\'',
      empty: '',
    });
  });
});

describe('a mistake', () => {
  it('comes with all the others, each with the name of its input', () => {
    const mistakes = publicationMistakes({
      cloud: 'a b/c',
      'oidc-audience': 'a b',
      'glance-name': '{host}',
      visibility: 'pubic',
      tags: 'x'.repeat(256),
      properties: 'nothing',
      'min-disk': 'large',
      'min-ram': '-1',
      protected: 'yes',
      keep: '1',
      'grace-period': 'week',
      'datastore-versions': 'mysql',
      'deactivate-versions': 'mysql',
      'require-verify': 'bot',
      prove: 'upload',
      allow: 'secret',
      'stall-timeout': '4',
    });
    const names = mistakes.map(({ message }) => message.split(':')[0]);
    expect(names.toSorted()).toEqual(
      publishInputs
        .map(({ name }) => name)
        .filter((name) => name !== 'clouds-yaml')
        .toSorted(),
    );
    for (const { code } of mistakes) expect(code).toBe('bad-input');
  });

  it.each<[PublishInputName, string, string]>([
    ['visibility', 'pubic', 'Did you mean "public"?'],
    ['require-verify', 'bot', 'Did you mean "boot"?'],
    ['allow', 'secret', 'Did you mean "secrets"?'],
    ['prove', 'downlod', 'Did you mean "download"?'],
  ])('of %s %j names what was meant', (name, value, suggestion) => {
    expect(publicationMistakes({ [name]: value })[0]?.message).toContain(suggestion);
  });

  it.each<[PublishInputName, readonly string[]]>([
    ['cloud', ['-a', 'a/b', "a'b", 'a$(id)', 'a;b', 'a`', '.a', 'x'.repeat(129), 'a\u0000']],
    ['oidc-audience', ['a b', 'a\nb', 'a\tb', 'x'.repeat(1025)]],
    [
      'glance-name',
      [
        '-a',
        '{name',
        '{}',
        '{host}',
        'a b',
        'a/b',
        'a\nb',
        'ä',
        '$(id)',
        "'",
        '"',
        'x'.repeat(129),
      ],
    ],
    ['tags', ['x'.repeat(256)]],
    ['min-disk', ['Auto', '10001', '1.5', '-1', '1e1', ' auto x']],
    ['min-ram', ['auto', '10000001', '-1']],
    ['keep', ['0', '1', '101', 'all']],
    ['grace-period', ['7', '-1d', '7 d', '7D', '1w', '1.5h', 'd', '999999d', '7d\nx', '$(id)']],
    ['stall-timeout', ['4', '3601', '2m']],
    ['deactivate-versions', ['mysql', 'mysql 5.7 now', '-a b', 'a -b', 'a b=c', 'a,b c']],
    ['properties', ['a', '=b', 'a b=c', ` ${'k'.repeat(256)}=v`, `k=${'v'.repeat(65_001)}`]],
    ['properties', ['trove_build_line=x', 'trove_build_=x', 'trove_build_new=x']],
    ['properties', ['visibility=public', 'os_hidden=false', 'id=x', 'protected=true', 'size=1']],
  ])('is what %s does not take: %j', (name, values) => {
    for (const value of values) {
      const mistakes = publicationMistakes({ [name]: value });
      expect([value, mistakes.length]).toEqual([value, 1]);
      expect(mistakes[0]?.message).toMatch(new RegExp(`^${name}: got `));
      expect(mistakes[0]?.message).not.toMatch(/\p{Cc}/u);
      expect(mistakes[0]?.message.length).toBeLessThan(500);
    }
  });

  it.each([
    'db_password=hunter22',
    'DB_PASSWORD = hunter22',
    'db_password: hunter22',
    'db password=hunter22',
    'api_key=hunter22',
    'os_token=hunter22',
  ])('is a secret among the properties, which is not repeated: %s', (properties) => {
    const mistakes = publicationMistakes({ properties });
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]?.message).toContain('can read them');
    expect(JSON.stringify(mistakes)).not.toContain('hunter22');
  });
});
