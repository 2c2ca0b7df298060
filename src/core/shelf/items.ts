import { layerFormat } from '../../model/layers.ts';
import { guestReleases } from '../../model/releases.ts';
import type { CacheEntry, EntryState, ShelfItem } from '../../model/shelf.ts';

type Fields = Readonly<Record<string, unknown>>;
type Judged = { readonly state: EntryState; readonly trouble: string };

const sound: Judged = { state: 'sound', trouble: '' };
const damaged = (trouble: string): Judged => ({ state: 'damaged', trouble });

/** Reads what a cache directory holds, judges each entry by its manifest and files, and finds orphans. */
export function readShelf(entries: readonly CacheEntry[]): readonly ShelfItem[] {
  const manifests = new Map(
    entries.flatMap(({ kind, id, manifest }) =>
      kind === 'layer' ? [[id, asFields(manifest)] as const] : [],
    ),
  );
  const judged = entries.map((entry) => {
    const fields = asFields(entry.manifest);
    return { item: readItem(entry, fields), parent: asFields(fields.parent) };
  });
  // a layer is lost with the one below it, however far below
  const lost = new Map<string, string>();
  for (let before = -1; before < lost.size; ) {
    before = lost.size;
    for (const { item, parent } of judged) {
      if (item.kind !== 'layer' || item.state !== 'sound' || lost.has(item.id)) continue;
      const trouble = findLoss(item, parent, manifests, lost);
      if (trouble !== null) lost.set(item.id, trouble);
    }
  }
  return judged.map(({ item }) => {
    const trouble = item.kind === 'layer' ? lost.get(item.id) : undefined;
    return trouble === undefined ? item : { ...item, state: 'orphan', trouble };
  });
}

function findLoss(
  { parent: key }: ShelfItem,
  parent: Fields,
  manifests: ReadonlyMap<string, Fields>,
  lost: ReadonlyMap<string, string>,
): string | null {
  if (key === null) return null;
  const below = manifests.get(key);
  if (below === undefined) return 'the layer below is gone';
  if (lost.has(key)) return 'the layer below is an orphan';
  const { sha256 } = asFields(below.blob);
  // one that cannot be read is judged by itself
  return sha256 === undefined || sha256 === parent.sha256
    ? null
    : 'the layer below was made anew with another content';
}

function readItem(entry: CacheEntry, fields: Fields): ShelfItem {
  const { kind, id, sizeBytes, usedAtMs } = entry;
  const common = { kind, id, sizeBytes, usedAtMs, ...judge(entry, fields) };
  const savedAtMs = asTime(fields.savedAtMs);
  if (kind === 'layer') {
    return {
      ...common,
      ...{ savedAtMs, costMs: asNumber(fields.costMs), files: [] },
      position: asText(fields.position),
      parent: asText(asFields(fields.parent).key) || null,
      guest: describeGuest(asFields(fields.ingredients)),
    };
  }
  const { durationSeconds, guest } = parseRecord(fields.manifest);
  const { os, release, architecture } = asFields(guest);
  return {
    ...common,
    ...{ savedAtMs, position: '', parent: null },
    costMs: typeof durationSeconds === 'number' ? durationSeconds * 1000 : null,
    guest: [os, release, architecture].map(asText).filter(Boolean).join(' '),
    files: asList(fields.files).map((file) => asText(asFields(file).fileName)),
  };
}

function judge({ kind, id, manifest, locked, files }: CacheEntry, fields: Fields): Judged {
  if (locked !== null) return { state: 'locked', trouble: locked };
  if (typeof fields.format !== 'number')
    return damaged(manifest === null ? 'no readable manifest' : 'its manifest is none');
  if (fields.format !== layerFormat)
    return { state: 'foreign', trouble: `its format is ${fields.format}` };
  if ((kind === 'layer' ? fields.key : fields.id) !== id)
    return damaged('another entry than its name says');
  const expected =
    kind === 'layer'
      ? [['blob', asFields(fields.blob).sizeBytes] as const]
      : asList(fields.files)
          .map(asFields)
          .map(({ fileName, sizeBytes }) => [asText(fileName), sizeBytes] as const);
  if (expected.length === 0) return damaged('its manifest names no file');
  for (const [name, sizeBytes] of expected) {
    const found = Object.hasOwn(files, name) ? files[name] : undefined;
    if (found === undefined) return damaged(`${name || 'a file'} is missing`);
    if (found !== sizeBytes) return damaged(`${name} has ${found} bytes instead of ${sizeBytes}`);
  }
  return sound;
}

/** The guest that a layer belongs to, by its archives: a release's name is that of its first suite. */
function describeGuest(ingredients: Fields): string {
  const suites = Object.keys(ingredients).flatMap(
    (name) => /^archive \S+ (\S+)$/.exec(name)?.[1] ?? [],
  );
  const release = guestReleases.find(({ codename }) => suites.includes(codename));
  const names = release === undefined ? suites.slice(0, 1) : [release.os, release.codename];
  return [...names, asText(ingredients.architecture)].filter(Boolean).join(' ');
}

/** The manifest.json of an image, which is kept as text. */
export function parseRecord(text: unknown): Fields {
  try {
    return asFields(JSON.parse(asText(text)));
  } catch {
    return {};
  }
}

/** The fields of what should be an object; none of what is no object. */
export const asFields = (value: unknown): Fields =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Fields) : {};

export const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const asText = (value: unknown): string => (typeof value === 'string' ? value : '');

/** What a date can be made of. */
const asTime = (value: unknown): number | null => {
  const atMs = asNumber(value);
  return atMs !== null && Number.isNaN(new Date(atMs).getTime()) ? null : atMs;
};

const asNumber = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value : null;
