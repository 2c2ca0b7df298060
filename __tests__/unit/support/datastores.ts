import type { DatastoreDefaults, TroveDefaults } from '../../../src/model/datastores.ts';

/** How Trove 17 and 18 name backup images, and how later ones do. */
export const old = { minorSuffix: false, versionTag: false };
export const later = { minorSuffix: false, versionTag: true };

/** What a Trove knows of one datastore. */
export const datastoreOf = (more: Partial<DatastoreDefaults> = {}): DatastoreDefaults => ({
  ...{ image: 'mysql', backupImage: null, backupName: later, versions: [] },
  ...more,
});

/** The defaults of a tree like those of 2026. */
export const defaults: TroveDefaults = {
  source: 'trove master',
  datastores: {
    mariadb: datastoreOf({ image: 'mariadb' }),
    mysql: datastoreOf({
      backupImage: 'quay.io/openstack.trove/db-backup-mysql',
      backupName: { minorSuffix: true, versionTag: true },
      versions: ['8.4', '8.0'],
    }),
    postgresql: datastoreOf({
      image: 'postgres',
      backupImage: 'quay.io/openstack.trove/db-backup-postgresql',
      versions: ['18'],
    }),
  },
};
