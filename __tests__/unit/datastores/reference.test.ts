import { describe, expect, it } from '@jest/globals';
import {
  parseReference,
  spellAddress,
  spellFamiliarly,
  spellFully,
} from '../../../src/core/datastores/reference.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('the name of a container image', () => {
  it.each([
    ['mysql', 'docker.io/library/mysql', 'mysql'],
    ['mysql:8.4', 'docker.io/library/mysql:8.4', 'mysql:8.4'],
    [
      'openstacktrove/db-backup-mysql5.7:1.1.0',
      'docker.io/openstacktrove/db-backup-mysql5.7:1.1.0',
      'openstacktrove/db-backup-mysql5.7:1.1.0',
    ],
    ['docker.io/mysql:8', 'docker.io/library/mysql:8', 'mysql:8'],
    ['index.docker.io/library/mysql', 'docker.io/library/mysql', 'mysql'],
    ['docker.io/library/sub/mysql', 'docker.io/library/sub/mysql', 'library/sub/mysql'],
    [
      'quay.io/openstack.trove/mysql:8.4',
      'quay.io/openstack.trove/mysql:8.4',
      'quay.io/openstack.trove/mysql:8.4',
    ],
    ['localhost/mysql', 'localhost/mysql', 'localhost/mysql'],
    [
      'localhost:5000/a/b_c/d__e/f--g:T_1.x-',
      'localhost:5000/a/b_c/d__e/f--g:T_1.x-',
      'localhost:5000/a/b_c/d__e/f--g:T_1.x-',
    ],
    ['REGISTRY/mysql', 'REGISTRY/mysql', 'REGISTRY/mysql'],
    ['[2001:db8::1]:5000/mysql:8', '[2001:db8::1]:5000/mysql:8', '[2001:db8::1]:5000/mysql:8'],
    [`mysql@${digest}`, `docker.io/library/mysql@${digest}`, `mysql@${digest}`],
    [`mysql:8.4@${digest}`, `docker.io/library/mysql:8.4@${digest}`, `mysql:8.4@${digest}`],
    ['docker.io.example.org/mysql', 'docker.io.example.org/mysql', 'docker.io.example.org/mysql'],
  ])('%s is %s, and docker prints %s', (text, full, familiar) => {
    const reference = parseReference(text);
    if (reference === null) throw new Error('refused');
    expect([spellFully(reference), spellFamiliarly(reference)]).toEqual([full, familiar]);
    expect(parseReference(full)).toEqual(reference);
    expect(parseReference(familiar)).toEqual(reference);
  });

  it.each([
    '',
    ' ',
    'MySQL',
    'my sql',
    'mysql:',
    'mysql:.8',
    `mysql:${'8'.repeat(129)}`,
    'mysql@',
    'mysql@sha256:12',
    `mysql@sha512:${'0'.repeat(128)}`,
    `mysql@${digest.toUpperCase()}`,
    `mysql@${digest}@${digest}`,
    '-mysql',
    'mysql-',
    'my..sql',
    'a___b',
    '/mysql',
    'mysql/',
    'a//b',
    '../mysql',
    'http://quay.io/mysql',
    'quay.io:port/mysql',
    'quay.io:123456/mysql',
    '-quay.io/mysql',
    'quay_.io/mysql',
    '--authfile=/etc/shadow',
    'mysql\nx',
    'mysql\0',
    'mysql;true',
    '$(mysql)',
    'docker-daemon:mysql:8@x',
    'mysql:8.4=mysql:8.4',
    '0123456789abcdef'.repeat(4),
    `a/${'b'.repeat(260)}`,
    'a/'.repeat(300),
    'é',
  ])('%j is none', (text) => {
    expect(parseReference(text)).toBeNull();
  });

  it.each([
    ['mysql', 'docker://docker.io/library/mysql:latest'],
    ['quay.io/a/b:1', 'docker://quay.io/a/b:1'],
    [`quay.io/a/b:1@${digest}`, `docker://quay.io/a/b@${digest}`],
  ])('%s is asked for as %s', (text, address) => {
    const reference = parseReference(text);
    expect(reference === null ? null : spellAddress(reference)).toBe(address);
  });

  it('that is hostile is refused at once', () => {
    const started = performance.now();
    expect(parseReference(`${'a-'.repeat(250)}!`)).toBeNull();
    expect(parseReference(`${'a.'.repeat(250)}/!`)).toBeNull();
    expect(parseReference('a'.repeat(1 << 20))).toBeNull();
    expect(performance.now() - started).toBeLessThan(500);
  });
});
