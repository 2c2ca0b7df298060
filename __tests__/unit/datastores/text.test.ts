import { expect, it } from '@jest/globals';
import { renderDatastores } from '../../../src/core/datastores/text.ts';
import { datastoreOf, defaults, old } from '../support/datastores.ts';

it('the datastores of a Trove are a table that says how image names are made, and where it was read', () => {
  const mongodb = datastoreOf({ image: null });
  const percona = datastoreOf({
    backupImage: 'backup:1.1',
    backupName: { ...old, minorSuffix: true },
  });
  const redis = datastoreOf({ backupImage: 'backup', backupName: old });
  const datastores = { ...defaults.datastores, mongodb, percona, redis };
  expect(renderDatastores({ source: 'trove master', datastores })).toBe(
    [
      'datastore   image             backup image                                          versions',
      'mariadb     mariadb:VERSION   -                                                     no default',
      'mongodb     -                 -                                                     no default',
      'mysql       mysql:VERSION     quay.io/openstack.trove/db-backup-mysql:VERSION       8.4 8.0',
      'percona     mysql:VERSION     backupMAJOR.MINOR:1.1                                 no default',
      'postgresql  postgres:VERSION  quay.io/openstack.trove/db-backup-postgresql:VERSION  18',
      'redis       mysql:VERSION     backup                                                no default',
      '',
      'From trove master. A version is written behind the name: mariadb:VERSION.',
    ].join('\n'),
  );
});

it('a Trove without containers says so', () => {
  expect(renderDatastores({ source: 'trove train', datastores: {} })).toBe(
    'trove train runs no datastore as a container.',
  );
});
