import { devstackRows } from './trovestack-devstack.ts';
import { describeRows, type TrovestackVariable } from './trovestack-row.ts';
import { todayRows } from './trovestack-today.ts';
import { trainRows } from './trovestack-train.ts';

/** Beside these, `OS_*` is dropped as trovestack drops it, and any other `DIB_*` goes to diskimage-builder. */
export const trovestackVariables: readonly TrovestackVariable[] = [
  ...describeRows('trovestack', todayRows),
  ...describeRows('train', trainRows),
  ...describeRows('devstack', devstackRows),
];

/** Datastores of Train and Ussuri, which its first argument was one of. */
export const oldDatastores =
  'mysql percona mariadb redis cassandra couchbase mongodb postgresql couchdb vertica db2 pxc'.split(
    ' ',
  );

/** The other commands of trovestack, and what does it now. */
export const otherCommands: Readonly<Record<string, string>> = {
  'upload-image':
    'It builds, uploads and registers: use trovestack build-image, then the commands that README.md has for Glance and Trove.',
  'install-docker': 'Embedding container images needs no docker on this machine any more.',
  'test-init': "It prepares tests of Trove itself: use Trove's own trovestack.",
};
