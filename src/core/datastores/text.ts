import type { DatastoreDefaults, TroveDefaults } from '../../model/datastores.ts';

/** The datastores that a Trove runs as containers, for people: a table, and where it was read. */
export function renderDatastores({ source, datastores }: TroveDefaults): string {
  const names = Object.keys(datastores).sort();
  if (names.length === 0) return `${source} runs no datastore as a container.`;
  const rows = [
    ['datastore', 'image', 'backup image', 'versions'],
    ...names.map((name) => describe(name, datastores[name] as DatastoreDefaults)),
  ];
  const widths = [0, 1, 2].map((column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [
    ...lines,
    '',
    `From ${source}. A version is written behind the name: ${names[0]}:VERSION.`,
  ].join('\n');
}

const describe = (
  name: string,
  { image, backupImage, backupName, versions }: DatastoreDefaults,
): readonly string[] => [
  name,
  image === null ? '-' : `${image}:VERSION`,
  describeBackup(backupImage, backupName),
  versions.length === 0 ? 'no default' : versions.join(' '),
];

function describeBackup(
  image: string | null,
  { minorSuffix, versionTag }: DatastoreDefaults['backupName'],
): string {
  if (image === null) return '-';
  const [, name, tag] = /^(.*):([^/:]+)$/.exec(image) ?? [];
  if (tag === undefined) return versionTag ? `${image}:VERSION` : image;
  return minorSuffix ? `${name}MAJOR.MINOR:${tag}` : image;
}
