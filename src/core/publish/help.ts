import { type InputSpec, inputGroups } from '../../model/inputs.ts';

/** Writes one option: its name in a column, its text wrapped beside it. */
export type WriteRow = (spec: InputSpec) => string;

/** The text of `trove-image publish --help`. */
export const renderPublishHelp = (table: readonly InputSpec[], row: WriteRow): string =>
  [
    'Usage: trove-image publish --image-path FILE [--cloud NAME] [--NAME VALUE …]',
    '       trove-image publish --rollback --glance-name NAME [--rollback-from ID] [--cloud NAME]',
    '',
    'Uploads a guest image to Glance, hidden; checks it there; promotes it in one call; lets the datastore',
    'versions of Trove use it; takes the tags from its predecessor, which is kept to go back to; deletes what',
    'is old and used by nothing. It can be killed at any point and run again.',
    '',
    'Logs in as the openstack command does: --cloud names clouds of clouds.yaml, else the OS_* variables count.',
    '',
    ...renderGroups(table, row),
    'Exit codes: 0 published, published already, superseded by newer source, or rolled back; 2 mistake in the',
    'inputs; 3 this machine is not fit; 6 publishing was refused or failed; 70 a bug; 130 cancelled.',
  ].join('\n');

/** The text of `trove-image status --help`. */
export const renderStatusHelp = (table: readonly InputSpec[], row: WriteRow): string =>
  [
    'Usage: trove-image status --glance-name NAME [--cloud NAMES] [--keep N] [--grace-period TIME] [--json]',
    '',
    'Shows what is promoted, what waits, what is kept, and what the next publication would delete, and why.',
    'Changes nothing.',
    '',
    ...table
      .filter(({ name }) =>
        ['glance-name', 'cloud', 'keep', 'grace-period', 'stall-timeout'].includes(name),
      )
      .map(row),
  ].join('\n');

function renderGroups(table: readonly InputSpec[], row: WriteRow): readonly string[] {
  return Object.entries(inputGroups).flatMap(([group, heading]) => {
    const rows = table.filter((spec) => spec.group === group).map(row);
    return rows.length === 0 ? [] : [`${heading}:`, ...rows, ''];
  });
}
