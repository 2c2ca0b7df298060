import type { ShelfItem } from '../../model/shelf.ts';
import { shorten } from './choose.ts';
import { asFields, asList, asText, parseRecord } from './items.ts';
import type { Spelling } from './text.ts';

/** One entry with its manifest, among all others. */
export interface Detail {
  readonly item: ShelfItem;
  readonly manifest: unknown;
  readonly items: readonly ShelfItem[];
  readonly nowMs: number;
}

type Row = readonly [string, string];
type Section = readonly [title: string, rows: readonly (readonly string[])[]];

/** Everything of one entry, for `show`. */
export function renderDetail(detail: Detail, how: Spelling): string {
  const { item, items, nowMs } = detail;
  const { facts, sections } =
    item.kind === 'layer' ? describeLayer(detail, how) : describeImage(detail, how);
  const rows: readonly Row[] = [
    [item.kind, item.id],
    ...(item.state === 'sound' ? [] : [['state', `${item.state}: ${item.trouble}`] as Row]),
    ['guest', item.guest],
    ...facts,
    ['saved', item.savedAtMs === null ? '' : tellTime(item.savedAtMs, nowMs, how)],
    ['last use', tellTime(item.usedAtMs, nowMs, how)],
    ['cost', item.costMs === null ? '' : how.describeAge(item.costMs)],
  ];
  const known = rows
    .filter(([, value]) => value !== '')
    .map(([name, value]) => [name, how.showName(value)]);
  const above = items.filter((each) => each.kind === 'layer' && each.parent === item.id);
  const all: readonly Section[] = [
    ...sections,
    ['Layers above', item.kind === 'layer' ? above.map((each) => nameLayer(each, items)) : []],
  ];
  return [how.alignRows(known), ...all.map((section) => renderSection(section, how))]
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function describeLayer(
  { item, manifest, items }: Detail,
  { showBytes }: Spelling,
): { facts: readonly Row[]; sections: readonly Section[] } {
  const fields = asFields(manifest);
  const blob = asFields(fields.blob);
  const below = items.find(({ kind, id }) => kind === 'layer' && id === item.parent);
  const ingredients = Object.entries(asFields(fields.ingredients));
  return {
    facts: [
      ['position', item.position],
      ['parent', item.parent === null ? 'none' : `${item.parent} ${below?.position ?? '(gone)'}`],
      ['blob', `sha256:${asText(blob.sha256)} ${showBytes(Number(blob.sizeBytes) || 0)}`],
      [
        'holds',
        `${showBytes(Number(blob.treeBytes) || 0)} in ${Number(blob.entries) || 0} files; deletes ${Number(blob.deleted) || 0}`,
      ],
      ['mounts', asList(fields.mounts).map(asText).join(' ')],
      ['mount hooks', asList(fields.mountHooks).map(asText).join(' ')],
    ],
    sections: [
      [
        'Scripts that fetch what no key knows',
        asList(fields.impureScripts).map((script) => [asText(script)]),
      ],
      [
        'Archives that scripts added',
        asList(fields.observedArchives)
          .map(asFields)
          .map(({ url, suite, sha256 }) => [asText(url), asText(suite), cut(sha256)]),
      ],
      ['Ingredients', ingredients.map(([name, value]) => [name, cut(value)])],
    ],
  };
}

function describeImage(
  { manifest }: Detail,
  { showBytes }: Spelling,
): { facts: readonly Row[]; sections: readonly Section[] } {
  const fields = asFields(manifest);
  const record = parseRecord(fields.manifest);
  const files = asList(fields.files).map(asFields);
  return {
    facts: [
      ['built', asText(record.builtAt)],
      ['build id', asText(record.buildId)],
      ['trove-image', asText(asFields(record.builder).version)],
    ],
    sections: [
      [
        'Files',
        files.map(({ fileName, sizeBytes, sha256 }) => [
          asText(fileName),
          showBytes(Number(sizeBytes) || 0),
          `sha256:${asText(sha256)}`,
        ]),
      ],
    ],
  };
}

const nameLayer = (item: ShelfItem, items: readonly ShelfItem[]): readonly string[] => [
  shorten(item.id, items),
  item.position,
];

const renderSection = ([title, rows]: Section, how: Spelling): readonly string[] =>
  rows.length === 0
    ? []
    : [
        `${title}: ${rows.length}`,
        ...how
          .alignRows(rows.map((row) => row.map((cell) => how.showName(cell))))
          .map((line) => `  ${line}`),
      ];

/** A digest is cut, a plain value is not. */
const cut = (value: unknown): string => asText(value).replace(/^([0-9a-f]{12})[0-9a-f]{52}$/, '$1');

const tellTime = (atMs: number, nowMs: number, { describeAge }: Spelling): string =>
  `${new Date(atMs).toISOString()} (${describeAge(nowMs - atMs)} ago)`;
