import type { Row } from './trovestack-row.ts';

/** What the image part of devstack’s plugin reads. */
export const devstackRows: readonly Row[] = [
  ['TROVE_ENABLE_IMAGE_BUILD', 'build an image at all', null, 'Calling this command builds one.'],
  [
    'TROVE_NON_DEV_IMAGE_URL',
    'download an image instead of building one',
    'refused',
    'Nothing would be built: download the image, and register it as README.md says for Glance and Trove.',
  ],
  [
    'TROVE_IMAGE_OS',
    'operating system of the guest',
    'guest-os',
    'Used where the first argument is missing.',
  ],
  [
    'TROVE_IMAGE_OS_RELEASE',
    'release of the guest',
    'guest-release',
    'Used where the second argument is missing.',
  ],
  [
    'TROVE_DATASTORES',
    'datastore versions to register',
    null,
    'It registers, and does not build. `datastores` embeds their container images.',
  ],
  [
    'TROVE_DATASTORE_TYPE',
    'datastore whose images are embedded',
    'container-images',
    'Together with TROVE_DATASTORE_VERSION, and where DIB_TROVE_DOCKER_IMAGES is not set.',
  ],
  [
    'TROVE_DATASTORE_VERSION',
    'version of that datastore',
    'container-images',
    'Together with TROVE_DATASTORE_TYPE, and where DIB_TROVE_DOCKER_IMAGES is not set.',
  ],
  [
    'TROVE_EMBED_DATASTORE_IMAGES',
    'embed images at all',
    'container-images',
    'False embeds nothing; True needs type and version, as before.',
  ],
  [
    'TROVE_BUILD_BACKUP_IMAGES',
    'embed backup images too',
    'container-images',
    'The same; they are pulled, not built.',
  ],
  ...['MYSQL', 'MARIADB', 'POSTGRESQL'].flatMap((name): readonly Row[] => [
    [
      `TROVE_DATABASE_IMAGE_${name}`,
      'name of the database image in the guest',
      'container-images',
      'The name under which it is embedded; for the agent it belongs into trove-guestagent.conf (`trove-config`).',
    ],
    [
      `TROVE_DATABASE_BACKUP_IMAGE_${name}`,
      'name of the backup image in the guest',
      'container-images',
      'The name under which it is embedded; for the agent it belongs into trove-guestagent.conf (`trove-config`).',
    ],
  ]),
  [
    'TROVE_DATABASE_IMAGE_MARIAD',
    'read by a slip of the settings in place of TROVE_DATABASE_IMAGE_MARIADB',
    null,
    'TROVE_DATABASE_IMAGE_MARIADB is what is read here.',
  ],
  [
    'TROVE_ENABLE_LOCAL_REGISTRY',
    'run a registry on the controller',
    null,
    'No registry is run. Name its images in `TROVE_DATABASE_IMAGE_*` and `TROVE_DATABASE_BACKUP_IMAGE_*` to embed them under the names that guests use.',
  ],
  ['REGISTRY_PORT', 'port of that registry', null, 'No registry is run.'],
  ['GLANCE_LIMIT_IMAGE_SIZE_TOTAL', 'quota of Glance', null, 'A setting of the cloud.'],
  [
    'TROVE_MGMT_GATEWAY',
    'gateway in /etc/trove/controller.conf',
    null,
    'The cloud writes that file at the first boot.',
  ],
  [
    'SERVICE_HOST',
    'address of the controller in /etc/trove/controller.conf',
    null,
    'The cloud writes that file at the first boot, or CONTROLLER_IP says it here.',
  ],
];
