import type { Digest, Parameter, SeenImage, SeenVersion } from '../../model/publish.ts';

type Raw = Readonly<Record<string, unknown>>;

/** Reads a record of `GET /v2/images`; null when it is not one. */
export function readImage(raw: unknown): SeenImage | null {
  const record = asRecord(raw);
  const id = asText(record.id);
  const createdAtMs = asTime(record.created_at);
  if (id === '' || createdAtMs === null) return null;
  const texts = Object.entries(record).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return {
    id,
    name: asText(record.name),
    owner: asText(record.owner),
    status: asText(record.status),
    createdAtMs,
    updatedAtMs: asTime(record.updated_at) ?? createdAtMs,
    tags: asTexts(record.tags),
    hidden: record.os_hidden === true,
    visibility: asText(record.visibility),
    protected: record.protected === true,
    sizeBytes: asNumber(record.size),
    digest: readDigest(record),
    minDiskGb: asNumber(record.min_disk) ?? 0,
    minRamMb: asNumber(record.min_ram) ?? 0,
    properties: Object.fromEntries(texts.filter(([name]) => !ownFields.has(name))),
  };
}

/** Reads a record of `GET /mgmt/datastores/versions`; the parameters are of a request of its own. */
export function readVersion(
  raw: unknown,
  parameters: readonly Parameter[] | null,
): SeenVersion | null {
  const record = asRecord(raw);
  const id = asText(record.id);
  if (id === '') return null;
  const name = asText(record.name);
  return {
    id,
    datastore: asText(record.datastore_name),
    name,
    version: asText(record.version) || name,
    manager: asText(record.datastore_manager),
    imageId: asText(record.image),
    // Trove writes [""] for none
    tags: asTexts(record.image_tags).filter((tag) => tag !== ''),
    active: isTrue(record.active),
    isDefault: isTrue(record.default),
    parameters,
  };
}

/** Reads a configuration parameter as `mgmt/…/parameters` lists it, or as a validation-rules.json has it. */
export function readParameter(raw: unknown): Parameter | null {
  const record = asRecord(raw);
  const name = asText(record.name);
  if (name === '') return null;
  const type = asText(record.type ?? record.data_type);
  const isInteger = type === 'integer';
  return {
    name,
    type,
    restartRequired: isTrue(record.restart_required),
    // Trove leaves a zero out
    min: isInteger ? clamp(asNumber(record.min ?? record.min_size) ?? 0) : null,
    max: isInteger ? clamp(asNumber(record.max ?? record.max_size) ?? 0) : null,
  };
}

/** Trove's own rules have bounds beyond what its database and JSON can hold. */
const clamp = (bound: number): number =>
  Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, bound));

function readDigest(record: Raw): Digest | null {
  const algorithm = asText(record.os_hash_algo);
  const value = asText(record.os_hash_value);
  return algorithm === '' || value === '' ? null : { algorithm, value };
}

/** Texts of Glance itself; every other text is a property that somebody set. */
const ownFields = new Set(
  'id name owner status created_at updated_at visibility checksum os_hash_algo os_hash_value disk_format container_format self file schema stores direct_url'.split(
    ' ',
  ),
);

const asRecord = (value: unknown): Raw =>
  typeof value === 'object' && value !== null ? (value as Raw) : {};
const asText = (value: unknown): string => (typeof value === 'string' ? value : '');
const asTexts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
const isTrue = (value: unknown): boolean => value === true || value === 1;

/** Trove gives sizes as texts in some versions. */
function asNumber(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

function asTime(value: unknown): number | null {
  const time = Date.parse(asText(value));
  return Number.isNaN(time) ? null : time;
}
