import { describe, expect, it } from '@jest/globals';
import { chooseDatastore, listDatastores } from '../../../src/core/agent/datastore.ts';
import type { ContainerImage } from '../../../src/model/datastores.ts';

const image = (values: Partial<ContainerImage>): ContainerImage => ({
  ...{ datastore: 'mariadb', version: '10.11', role: 'database', source: 'somewhere' },
  ...{ target: 'mariadb:10.11', digest: '', manifestDigest: '', configDigest: '', sizeBytes: 1 },
  ...values,
});
const mariadb = image({});
const postgresql = image({
  ...{ datastore: 'postgresql', version: '15', target: '192.0.2.1:4000/db/postgres:15' },
});
const served = {
  mariadb: { manager: 'mariadb', version: '10.11', image: 'mariadb', port: 3306, isEmbedded: true },
  postgresql: {
    ...{ manager: 'postgresql', version: '15', image: '192.0.2.1:4000/db/postgres', port: 5432 },
    isEmbedded: true,
  },
};

describe('the datastore that an agent is to serve', () => {
  it('is the first database in the image', () => {
    expect(chooseDatastore([mariadb, postgresql])).toEqual(served.mariadb);
    expect(chooseDatastore([postgresql, mariadb])).toEqual(served.postgresql);
  });

  it.each(['postgresql', 'postgresql:15'])('is the wanted one: %s', (wanted) => {
    expect(chooseDatastore([mariadb, postgresql], wanted)).toEqual(served.postgresql);
  });

  it.each(['mysql', 'postgresql:16'])('is none when the wanted one is not there: %s', (wanted) => {
    expect(chooseDatastore([mariadb, postgresql], wanted)).toBeNull();
  });

  it.each([
    ['nothing', []],
    ['a backup image', [image({ role: 'backup' })]],
    ['an image of no datastore', [image({ role: 'other', datastore: null, version: null })]],
    ['a datastore that no agent has a manager for', [image({ datastore: 'redis' })]],
    [
      'a name without the version as tag, which the agent asks for',
      [image({ target: 'mariadb:lts' })],
    ],
  ])('is one without an image when the image holds only %s', (_, images) => {
    expect(chooseDatastore(images)).toMatchObject({ manager: 'mysql', isEmbedded: false });
    expect(listDatastores(images)).toEqual([]);
  });
});

describe('the list of databases in an image', () => {
  it('has names and versions', () => {
    expect(listDatastores([mariadb, postgresql])).toEqual(['mariadb:10.11', 'postgresql:15']);
  });
});
