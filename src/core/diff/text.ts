import type {
  Change,
  Compared,
  Difference,
  FileChange,
  FileSummary,
  PackageChange,
  PackageVersion,
} from '../../model/diff.ts';
import { alignRows, showBytes, showName } from './spelling.ts';

const typeNames: Readonly<Record<string, string>> = {
  f: 'file',
  d: 'directory',
  l: 'link',
  b: 'block device',
  c: 'character device',
  p: 'FIFO',
  s: 'socket',
};

/** A difference for people; `limit` is the number of rows of each list, 0 for all. */
export function renderDifference(difference: Difference, limit: number): string {
  const { packages, files, compared, ignored } = difference;
  const withFiles = compared.includes('files');
  const sections = [
    [`OLD  ${showName(difference.old)}`, `NEW  ${showName(difference.new)}`],
    renderPackages(packages, limit),
    ...(withFiles ? renderFiles(difference, limit) : []),
    ...(files.changed.length > 0 ? [renderChanged(files.changed, limit)] : []),
    renderDisk(difference.disk),
    renderIgnored(ignored, limit),
    [summarise(difference)],
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function renderPackages(
  { added, removed, changed }: Compared<PackageVersion, PackageChange>,
  limit: number,
): readonly string[] {
  const name = (each: PackageVersion | PackageChange): string =>
    showName(each.architecture === '' ? each.name : `${each.name}:${each.architecture}`);
  const older = { newer: '', older: ' (older)', same: '' } as const;
  const lists = [
    added.map((each) => ['added', name(each), showName(each.version)]),
    removed.map((each) => ['removed', name(each), showName(each.version)]),
    changed.map((each) => [
      'changed',
      name(each),
      `${showName(each.old)} -> ${showName(each.new)}${older[each.direction]}`,
    ]),
  ];
  // in line over all three lists, each cut by itself
  const aligned = [...indent(alignRows(lists.flatMap((rows) => cut(rows, limit))))];
  const lines = lists.flatMap((rows) => {
    const shown = aligned.splice(0, cut(rows, limit).length);
    return [...shown, ...more(rows.length, shown.length)];
  });
  return lines.length === 0 ? [] : [`Packages: ${count({ added, removed, changed })}`, ...lines];
}

function renderFiles({ files, directories }: Difference, limit: number): (readonly string[])[] {
  const { added, removed, changed } = files;
  if (added.length + removed.length + changed.length === 0) return [];
  const head = ['directory', 'added', 'removed', 'changed', 'size'];
  const rows = directories.map((each) => [
    showName(each.path),
    ...[each.added, each.removed, each.changed].map((number) => (number === 0 ? '-' : `${number}`)),
    showBytes(each.deltaBytes, true),
  ]);
  const shown = cut(rows, limit);
  return [
    [
      `Files: ${count(files)}; ${showBytes(sum(directories.map((each) => each.deltaBytes)), true)} in all`,
      ...indent(alignRows([head, ...shown], [1, 2, 3, 4])),
      ...more(rows.length, shown.length),
    ],
    renderSummaries('Files added', added, limit),
    renderSummaries('Files removed', removed, limit),
  ];
}

function renderSummaries(
  title: string,
  files: readonly FileSummary[],
  limit: number,
): readonly string[] {
  if (files.length === 0) return [];
  const total = showBytes(sum(files.map(({ sizeBytes }) => sizeBytes)));
  const rows = files.map(({ path, type, sizeBytes }) => [
    type === 'f' ? showBytes(sizeBytes) : (typeNames[type] ?? type),
    showName(path),
  ]);
  return [`${title}: ${files.length} (${total})`, ...list(rows, limit, [0])];
}

function renderChanged(files: readonly FileChange[], limit: number): readonly string[] {
  const rows = cut(files, limit).map((file) => [
    showBytes(file.newBytes - file.oldBytes, true),
    showName(file.path),
    file.changes.map((each) => describeChange(each)).join('; '),
  ]);
  return [
    `Files changed: ${files.length}`,
    ...indent(alignRows(rows, [0])),
    ...more(files.length, rows.length),
  ];
}

function describeChange({ what, old, new: now }: Change): string {
  if (what === 'content') {
    const [before = 0, after = 0] = [old, now].map((value) => Number(value?.split(' ')[1]));
    if (before === after) return 'content (same size)';
    const [from, to] = [showBytes(before), showBytes(after)];
    return from === to ? `content (${to})` : `content ${from} -> ${to}`;
  }
  const show = (value: string | null): string =>
    value === null ? 'none' : shorten(what === 'type' ? (typeNames[value] ?? value) : value);
  return `${showName(what)} ${show(old)} -> ${show(now)}`;
}

function renderDisk(disk: readonly Change[]): readonly string[] {
  if (disk.length === 0) return [];
  const show = (value: string | null): string =>
    value === null ? 'none' : showName(value).replace(/blocks:([0-9a-f]{8})[0-9a-f]+/g, '$1…');
  const rows = disk.map((each) => [showName(each.what), `${show(each.old)} -> ${show(each.new)}`]);
  return [`Disk: ${disk.length} changed`, ...indent(alignRows(rows))];
}

function renderIgnored(
  { count: total, patterns }: Difference['ignored'],
  limit: number,
): readonly string[] {
  const rows = patterns
    .filter((each) => each.count > 0)
    .map((each) => [String(each.count), showName(each.pattern)]);
  const unused = patterns
    .filter((each) => each.count === 0)
    .map((each) => [showName(each.pattern)]);
  return [
    ...(rows.length === 0 ? [] : [`Ignored: ${total}`, ...list(rows, limit, [0])]),
    ...(unused.length === 0 ? [] : ['Patterns that fit no difference:', ...list(unused, limit)]),
  ];
}

function summarise({
  equal,
  compared,
  totals,
  packages,
  files,
  disk,
  ignored,
}: Difference): string {
  const scope = compared.includes('files')
    ? `compared were ${many(totals.packages, 'package')}, ${many(totals.files, 'file')}, and the disk around them`
    : `compared were ${many(totals.packages, 'package')}; a manifest tells nothing of files`;
  const except = ignored.count === 0 ? '' : `, but for ${ignored.count} ignored`;
  if (equal) return `No differences${except}; ${scope}.`;
  const size = (lists: Compared<unknown, unknown>): number =>
    lists.added.length + lists.removed.length + lists.changed.length;
  return `${many(size(packages) + size(files) + disk.length, 'difference')}${except}; ${scope}.`;
}

const many = (number: number, what: string): string =>
  `${number} ${what}${number === 1 ? '' : 's'}`;

const count = ({ added, removed, changed }: Compared<unknown, unknown>): string =>
  `${added.length} added, ${removed.length} removed, ${changed.length} changed`;

const list = (
  rows: readonly (readonly string[])[],
  limit: number,
  right: readonly number[] = [],
): readonly string[] => {
  const shown = cut(rows, limit);
  return [...indent(alignRows(shown, right)), ...more(rows.length, shown.length)];
};

const cut = <T>(rows: readonly T[], limit: number): readonly T[] =>
  limit === 0 ? rows : rows.slice(0, limit);

const more = (all: number, shown: number): readonly string[] =>
  all > shown ? [`  and ${all - shown} more (--limit 0 shows all)`] : [];

const indent = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);

const shorten = (value: string): string => {
  const shown = showName(value);
  return shown.length > 60 ? `${shown.slice(0, 57)}…` : shown;
};

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
