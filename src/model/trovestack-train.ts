import type { Row } from './trovestack-row.ts';

/** What only Train and Ussuri read. */
export const trainRows: readonly Row[] = [
  ['GUEST_IMAGETYPE', 'format of the image', 'formats', 'Used where the path has no extension.'],
  [
    'CONTROLLER_IP',
    'address of the controller',
    'controller-address',
    'The same, in development images.',
  ],
  ['GUEST_LOGDIR', 'where the guest keeps its logs', null, 'It is always /var/log/trove.'],
  ['ESCAPED_GUEST_LOGDIR', 'computed', null, 'It is always /var/log/trove.'],
  [
    'GUEST_WORKING_DIR',
    'documented, and read by nothing',
    null,
    '`work-dir` is where a build works.',
  ],
  [
    'RELEASE',
    'release of the build machine, which elements of datastores took for that of the guest',
    'environment',
    'Given on; needed by the elements of PostgreSQL, MongoDB, Percona and PXC.',
  ],
  [
    'DISTRO',
    'distribution of the build machine',
    null,
    'The machine is looked at; `guest-os` is the system of the guest.',
  ],
  [
    'BRANCH_OVERRIDE',
    'branch under test, which chose versions of Percona XtraBackup',
    'environment',
    'Given on to the elements of that time.',
  ],
  [
    'OVERRIDE_ZUUL_BRANCH',
    'the same, from a job',
    null,
    'It never reached an element; BRANCH_OVERRIDE does.',
  ],
  ...['CASSANDRA_JAVA', 'CASSANDRA_RELEASE'].map(
    (name): Row => [
      name,
      'version for the element of Cassandra',
      'environment',
      'Given on to the elements of that time.',
    ],
  ),
  [
    'DATASTORE_DOWNLOAD_OPTS',
    'options of wget, mostly a password',
    'refused',
    'It would end in the image: fetch the file first, and name its path in DATASTORE_PKG_LOCATION.',
  ],
  [
    'DATASTORE_PKG_LOCATION',
    'packages of datastores that no archive has',
    'environment',
    'Given on to the elements of that time.',
  ],
  ...['DATASTORE_TYPE', 'DATASTORE_VERSION', 'MYSQL_IMAGE_ID'].map(
    (name): Row => [
      name,
      'for registering an image with Trove',
      null,
      'Nothing is registered here; the first argument, or `datastores`, says what is in the image.',
    ],
  ),
  [
    'HOST_USERNAME',
    'the same as HOST_SCP_USERNAME',
    null,
    'HOST_SCP_USERNAME, or `controller-user`, decides.',
  ],
  ['BASE_IMAGE_FILE', 'computed from the release', null, 'It follows the release.'],
  ['DIB_CLOUD_IMAGES', 'computed from the release', null, 'It follows the release.'],
];
