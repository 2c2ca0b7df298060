import { describe, expect, it } from '@jest/globals';
import { inputsOf, mistakesOf, type RawInputs } from '../support/inputs.ts';

const source = { 'guest-os': 'ubuntu' } as const;
const dev = { ...source, 'dev-mode': 'true' } as const;

describe('where the guest agent comes from', () => {
  const rows = [
    [{ 'guest-os': 'ubuntu' }, 'source', 'noble'],
    [{ 'guest-os': 'debian' }, 'package', 'trixie'],
    [{ 'guest-os': 'debian', 'guest-agent': 'source' }, 'source', 'trixie'],
    [{ 'guest-os': 'ubuntu', 'guest-agent': 'package' }, 'package', 'jammy'],
    [{ 'guest-os': 'ubuntu', 'guest-release': 'xenial' }, 'source', 'xenial'],
  ] as const satisfies readonly (readonly [RawInputs, string, string])[];

  it.each(rows)('for %j is %s, of %s', (raw, guestAgent, guestRelease) => {
    expect(inputsOf(raw)).toMatchObject({ guestAgent, guestRelease });
  });
});

describe('inputs about Trove', () => {
  const rows: [string, RawInputs, object][] = [
    ['a checkout', { 'trove-path': 'trove' }, { trove: { path: '/srv/checkout/trove' } }],
    ['a branch', { 'trove-ref': 'stable/2025.1' }, { trove: { ref: 'stable/2025.1' } }],
    [
      'a change under review',
      { 'trove-ref': 'refs/changes/45/912345/3' },
      { trove: { ref: 'refs/changes/45/912345/3' } },
    ],
    [
      'a repository',
      { 'trove-repository': 'https://git.example.org/trove/' },
      { trove: { repository: 'https://git.example.org/trove' } },
    ],
    ['a repository by ssh', { 'trove-repository': 'ssh://git@git.example.org:29418/trove' }, {}],
    ['a repository on disk', { 'trove-repository': '/srv/git/trove.git' }, {}],
    [
      'constraints by path',
      { 'upper-constraints': 'uc.txt' },
      { trove: { constraints: '/srv/checkout/uc.txt' } },
    ],
    [
      'constraints by file URL',
      { 'upper-constraints': 'file:///opt/uc.txt' },
      { trove: { constraints: '/opt/uc.txt' } },
    ],
    [
      'constraints by URL',
      { 'upper-constraints': 'https://example.org/uc.txt' },
      { trove: { constraints: 'https://example.org/uc.txt' } },
    ],
    [
      'an index',
      { 'python-index': 'https://pypi.example.org/simple/' },
      { pythonIndex: 'https://pypi.example.org/simple' },
    ],
    [
      'a development image',
      dev,
      {
        development: {
          controllerUser: 'stack',
          controllerTrovePath: '/opt/stack/trove',
          sshDir: '',
          controllerAddress: '',
          syncGuestLogs: false,
        },
      },
    ],
    [
      'a controller',
      { ...dev, 'ssh-dir': '/k', 'controller-address': '2001:db8::7', 'sync-guest-logs': 'true' },
      { development: { sshDir: '/k', controllerAddress: '2001:db8::7', syncGuestLogs: true } },
    ],
    [
      'datastores',
      { datastores: 'mysql:8.4, postgresql' },
      { datastores: ['mysql:8.4', 'postgresql'] },
    ],
    [
      'a login',
      { 'registry-login': 'r.example.org:5000 alice s3cret=:x\n\n q.example.org bob p' },
      {
        secrets: {
          registryLogins: [
            { registry: 'r.example.org:5000', user: 'alice', password: 's3cret=:x' },
            { registry: 'q.example.org', user: 'bob', password: 'p' },
          ],
        },
      },
    ],
    [
      'container images',
      { 'container-images': 'a.example.org:4000/x/mysql:8.4=mysql:8.4 redis' },
      { containerImages: ['a.example.org:4000/x/mysql:8.4=mysql:8.4', 'redis'] },
    ],
  ];

  it.each(rows)('read %s', (_title, raw, expected) => {
    expect(inputsOf({ ...source, ...raw })).toMatchObject(expected);
  });
});

describe('mistakes in inputs about Trove', () => {
  const rows: [RawInputs, string][] = [
    [{ architecture: 'arm64' }, 'ubuntu-docker is for amd64 only'],
    [
      { environment: 'DIB_REPOLOCATION_guest_agent=https://bob:ghp0000@git.example.org/trove' },
      'DIB_REPOLOCATION_guest_agent=…',
    ],
    [{ environment: 'SITE_URL=https://token@git.example.org/x' }, 'SITE_URL=…'],
    [{ 'trove-path': 'a:b' }, 'trove-path: got "a:b"'],
    [{ 'trove-path': '/a', 'trove-ref': 'master' }, 'leave trove-ref out'],
    [
      { 'trove-path': '/a', 'trove-repository': 'https://example.org/t' },
      'leave trove-repository out',
    ],
    [{ 'trove-ref': '--upload-pack=x' }, 'trove-ref: got'],
    [{ 'trove-ref': 'a..b' }, 'trove-ref: got'],
    [{ 'trove-ref': 'HEAD^{/x}' }, 'trove-ref: got'],
    [{ 'trove-repository': 'ext::sh -c id' }, 'trove-repository: got'],
    [{ 'trove-repository': '--upload-pack=id' }, 'trove-repository: got'],
    [
      { 'trove-repository': 'https://alice:hunter22@example.org/t' },
      'got "https://***@example.org/t"',
    ],
    [{ 'upper-constraints': 'ftp://example.org/x' }, 'upper-constraints: got'],
    [
      { 'python-index': 'https://u:p@example.org/simple' },
      'python-index: got "https://***@example.org/simple"',
    ],
    [{ 'ssh-dir': '/k' }, 'ssh-dir: got "/k"'],
    [{ 'sync-guest-logs': 'true' }, 'add dev-mode: true'],
    [{ ...dev, 'guest-agent': 'package', 'guest-release': 'jammy' }, 'use guest-agent: source'],
    [{ ...dev, 'controller-address': 'a b' }, 'controller-address: got'],
    [{ ...dev, 'controller-user': '-x' }, 'controller-user: got'],
    [{ ...dev, 'controller-trove-path': 'relative' }, 'controller-trove-path: got'],
    [{ ...dev, 'controller-trove-path': '/a;id' }, 'controller-trove-path: got'],
    [{ datastores: 'MySQL' }, 'datastores: got "MySQL"'],
    [{ datastores: 'mysql:$(id)' }, 'datastores: got'],
    [{ 'backup-images': 'true' }, 'It needs datastores'],
    [{ 'container-images': '-x' }, 'container-images: got'],
    [{ 'insecure-registries': 'http://r' }, 'insecure-registries: got'],
    [{ 'image-name': '{trove}' }, '{trove} is known with guest-agent: package only'],
    [{ 'image-name': '{datastore}' }, '{datastore} is the first of datastores'],
    [
      { 'guest-os': 'debian', 'guest-agent': 'package', 'image-name': '{branch}' },
      '{branch} is known with guest-agent: source only',
    ],
  ];

  it.each(rows)('%j: %s', (raw, part) => {
    const messages = mistakesOf({ ...source, ...raw }).map(({ message }) => message);
    expect(messages.join('\n')).toContain(part);
  });

  it.each([
    ['root-password', 'short1'],
    ['root-password', 'hunter22 alice'],
    ['root-password', 'alice:colon1'],
    ['registry-login', 'r.example.org alice'],
    ['registry-login', 'r.example.org alice hunter22 more'],
    ['registry-login', 'https://r alice hunter22'],
  ])('of the secret %s repeat nothing of it', (name, value) => {
    const text = JSON.stringify(mistakesOf({ ...source, [name]: value }));
    expect(text).toContain(`${name}: got`);
    for (const word of ['short1', 'colon1', 'alice', 'hunter22']) expect(text).not.toContain(word);
  });
});
