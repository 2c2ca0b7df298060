import { describe, expect, it } from '@jest/globals';
import { type ContainerWish, resolveImages } from '../../../src/core/datastores/resolve.ts';
import { findNearest } from '../../../src/core/inputs/nearest.ts';
import type { TroveDefaults } from '../../../src/model/datastores.ts';
import { datastoreOf, defaults } from '../support/datastores.ts';
import { problemsOf } from '../support/inputs.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
const nothing: ContainerWish = { datastores: [], backupImages: false, containerImages: [] };
const resolve = (wish: Partial<ContainerWish>, from: TroveDefaults | null = defaults) =>
  resolveImages({ ...nothing, ...wish }, from, findNearest);
const namesOf = (wish: Partial<ContainerWish>, from: TroveDefaults | null = defaults) =>
  resolve(wish, from).map(({ source, target }) =>
    source === target ? target : `${source}=${target}`,
  );
const refusalsOf = (wish: Partial<ContainerWish>, from: TroveDefaults | null = defaults) =>
  problemsOf(() => resolve(wish, from));

describe('the images of datastores', () => {
  it('are those which the guest agent runs, with the version as tag', () => {
    expect(resolve({ datastores: ['mysql:8.0.36', 'postgresql:17'] })).toEqual([
      {
        datastore: 'mysql',
        version: '8.0.36',
        role: 'database',
        source: 'mysql:8.0.36',
        target: 'mysql:8.0.36',
      },
      {
        datastore: 'postgresql',
        version: '17',
        role: 'database',
        source: 'postgres:17',
        target: 'postgres:17',
      },
    ]);
  });

  it('have the first version that Trove itself uses where none is written', () => {
    expect(namesOf({ datastores: ['mysql', 'postgresql'] })).toEqual(['mysql:8.4', 'postgres:18']);
  });

  it('come with those of their backups when asked', () => {
    expect(resolve({ datastores: ['postgresql'], backupImages: true })[1]).toEqual({
      ...{ datastore: 'postgresql', version: '18', role: 'backup' },
      source: 'quay.io/openstack.trove/db-backup-postgresql:18',
      target: 'quay.io/openstack.trove/db-backup-postgresql:18',
    });
  });

  it.each([
    // [image, minor version after the name, version as tag, version, what the agent runs]
    ['example.org/backup', false, true, '10.11.9', 'example.org/backup:10.11.9'],
    ['example.org:5000/backup', false, true, '18', 'example.org:5000/backup:18'],
    ['example.org/backup', true, true, '8.4', 'example.org/backup:8.4'],
    ['example.org/backup', false, false, '18', 'example.org/backup:latest'],
    ['example.org/backup:1.1.0', false, true, '18', 'example.org/backup:1.1.0'],
    ['example.org/backup:1.1.0', true, true, '8.4.3', 'example.org/backup8.4:1.1.0'],
    ['backup:1.1.0', true, false, '5.7.29', 'backup5.7:1.1.0'],
    ['backup:1.1.0', true, false, '8', 'backup8.0:1.1.0'],
    ['backup:1.1.0', true, false, '08.04-debian', 'backup8.4:1.1.0'],
  ])(
    'have %s as backup image of %s %s %s as the agent does',
    (backupImage, minorSuffix, versionTag, version, name) => {
      const mysql = datastoreOf({ backupImage, backupName: { minorSuffix, versionTag } });
      const wish = { datastores: [`mysql:${version}`], backupImages: true };
      expect(namesOf(wish, { source: 'a test', datastores: { mysql } })[1]).toBe(name);
    },
  );

  it.each([
    ['none is named', null, { minorSuffix: false, versionTag: true }, '18'],
    [
      'its agent cannot take the name apart',
      'backup',
      { minorSuffix: true, versionTag: false },
      '8.4',
    ],
    ['the version has no number', 'backup:1', { minorSuffix: true, versionTag: true }, 'latest'],
  ])('have no backup image where %s', (_, backupImage, backupName, version) => {
    const mysql = datastoreOf({ backupImage, backupName });
    const wish = { datastores: [`mysql:${version}`], backupImages: true };
    expect(refusalsOf(wish, { source: 'a test', datastores: { mysql } })).toEqual([
      expect.objectContaining({
        code: 'no-backup-image',
        message: expect.stringContaining('a test'),
        hint: expect.stringContaining('backup_docker_image in [mysql]'),
      }),
    ]);
  });
});

describe('a datastore', () => {
  it.each([
    [
      'mysqll',
      'unknown-datastore',
      /runs no datastore "mysqll" as a container. Did you mean "mysql"\?/,
      /Use mariadb, mysql, postgresql/,
    ],
    ['constructor', 'unknown-datastore', /"constructor"/, /Use mariadb/],
    [
      'mariadb',
      'no-datastore-version',
      /mariadb has no version, and trove master has no default/,
      /Write mariadb:VERSION/,
    ],
    [
      'mysql:8.4=x',
      'bad-image-reference',
      /docker_image in \[mysql\] of trove master leads to "mysql:8.4=x"/,
      /trove-config/,
    ],
  ])('%s is refused with %s', (text, code, message, hint) => {
    expect(refusalsOf({ datastores: [text] })).toEqual([
      { code, message: expect.stringMatching(message), hint: expect.stringMatching(hint) },
    ]);
  });

  it.each([
    ['$my_image', 'bad-image-reference'],
    [`mysql@${digest}`, 'bad-image-reference'],
    ['mysql:8.4', 'bad-image-reference'],
    [null, 'no-datastore-image'],
  ])('whose configured image is %s is refused with %s', (image, code) => {
    const from = { source: 'a test', datastores: { mysql: datastoreOf({ image }) } };
    expect(refusalsOf({ datastores: ['mysql:8.4'] }, from).map((each) => each.code)).toEqual([
      code,
    ]);
  });

  it('of a Trove before containers is refused with what to do', () => {
    const [refusal] = refusalsOf({ datastores: ['mysql'] }, { source: 'train', datastores: {} });
    expect(refusal?.hint).toBe('It runs none: leave datastores out.');
  });

  it('is told together with all other mistakes', () => {
    const containerImages = ['MySQL', 'a:1=B', `a@${digest}`, `a:1=b@${digest}`];
    expect(
      refusalsOf({ datastores: ['mariadb', 'db2'], containerImages }).map((each) => each.code),
    ).toEqual([
      ...Array(4).fill('bad-image-reference'),
      'no-datastore-version',
      'unknown-datastore',
    ]);
  });
});

describe('other images', () => {
  it.each([
    ['busybox', 'busybox:latest'],
    ['docker.io/library/busybox:1', 'busybox:1'],
    ['quay.io/a/b:1=c', 'quay.io/a/b:1=c:latest'],
    ['quay.io/a/b=quay.io/a/b', 'quay.io/a/b:latest'],
    [`quay.io/a/b:1@${digest}`, `quay.io/a/b:1@${digest}=quay.io/a/b:1`],
    [`quay.io/a/b@${digest}=db:1`, `quay.io/a/b@${digest}=db:1`],
    [
      'localhost:5000/a=127.0.0.1:4000/trove-datastores/mysql:8.4',
      'localhost:5000/a:latest=127.0.0.1:4000/trove-datastores/mysql:8.4',
    ],
  ])('%s is %s', (text, name) => {
    expect(namesOf({ containerImages: [text] }, null)).toEqual([name]);
  });

  it('are embedded once, however often they are named', () => {
    const containerImages = ['busybox', 'docker.io/library/busybox:latest', 'mysql:8.4'];
    const images = resolve({ datastores: ['mysql', 'mysql:8.4'], containerImages });
    expect(images.map(({ target, role }) => [target, role])).toEqual([
      ['mysql:8.4', 'database'],
      ['busybox:latest', 'other'],
    ]);
  });

  it('may say where the image of a datastore comes from', () => {
    const containerImages = ['quay.io/openstack.trove/mysql:8.4=mysql:8.4'];
    expect(resolve({ datastores: ['mysql'], containerImages })).toEqual([
      {
        ...{ datastore: 'mysql', version: '8.4', role: 'database', target: 'mysql:8.4' },
        source: 'quay.io/openstack.trove/mysql:8.4',
      },
    ]);
  });

  it('are refused where one name is to come from two places', () => {
    const containerImages = ['a.example.org/x:1=mysql:8.4', 'b.example.org/x:1=mysql:8.4'];
    expect(refusalsOf({ containerImages })).toEqual([
      {
        code: 'image-named-twice',
        message:
          'container-images: mysql:8.4 is to come from a.example.org/x:1 and from b.example.org/x:1.',
        hint: 'Give each target one source.',
      },
    ]);
  });

  it('need no defaults of Trove, and neither does nothing', () => {
    expect(resolve({}, null)).toEqual([]);
  });
});
