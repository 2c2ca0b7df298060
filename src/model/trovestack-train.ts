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
    'DATASTORE_PKG_LOCATION',
    'packages of datastores that no archive has',
    'environment',
    'Given on to the elements of that time.',
  ],
  [
    'HOST_USERNAME',
    'the same as HOST_SCP_USERNAME',
    null,
    'HOST_SCP_USERNAME, or `controller-user`, decides.',
  ],
  ['BASE_IMAGE_FILE', 'computed from the release', null, 'It follows the release.'],
  ['DIB_CLOUD_IMAGES', 'computed from the release', null, 'It follows the release.'],
];
