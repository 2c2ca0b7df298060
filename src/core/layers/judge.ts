import type { LayerManifest, ParentLayer, Trail } from '../../model/layers.ts';
import { describeAge, joinNames } from './explain.ts';

/** What a stored layer has to be for this build. */
export interface Expected {
  readonly format: number;
  readonly key: string;
  readonly position: string;
  readonly parent: ParentLayer | null;
  readonly nowMs: number;
  readonly maxAgeMs: number;
  /** Layers of scripts that fetch what no key knows are used for a day. */
  readonly maxImpureAgeMs: number;
}

/** Reads what a store gave as manifest: the manifest, or why it cannot be used. */
export function judgeManifest(
  found: unknown,
  expected: Expected,
): { readonly manifest: LayerManifest } | { readonly refused: string; readonly isStale: boolean } {
  const refuse = (refused: string, isStale = false) => ({ refused, isStale });
  if (!isManifest(found)) return refuse('its manifest is not readable');
  if (found.format !== expected.format)
    return refuse(`it was made by another version (format ${found.format})`, true);
  if (found.key !== expected.key || found.position !== expected.position)
    return refuse('it is another layer than its name says');
  if (
    found.parent?.key !== expected.parent?.key ||
    found.parent?.sha256 !== expected.parent?.sha256
  )
    return refuse('it was made above another layer');
  const ageMs = expected.nowMs - found.savedAtMs;
  if (ageMs > expected.maxAgeMs) return refuse(`it is ${describeAge(ageMs)} old`, true);
  if (found.impureScripts.length > 0 && ageMs > expected.maxImpureAgeMs) {
    const who = joinNames(found.impureScripts);
    return refuse(
      `it is ${describeAge(ageMs)} old, and ${who} fetched what may have changed`,
      true,
    );
  }
  return { manifest: found };
}

function isManifest(value: unknown): value is LayerManifest {
  if (!isRecord(value)) return false;
  const {
    format,
    key,
    position,
    parent,
    blob,
    ingredients,
    mounts,
    mountHooks,
    savedAtMs,
    ...more
  } = value;
  return (
    typeof format === 'number' &&
    typeof key === 'string' &&
    typeof position === 'string' &&
    (parent === null || isRecord(parent)) &&
    isRecord(blob) &&
    isDigest(blob.sha256) &&
    [blob.sizeBytes, blob.treeBytes, blob.entries, blob.deleted].every(isCount) &&
    isIngredients(ingredients) &&
    [mounts, mountHooks, more.impureScripts].every(isTexts) &&
    Array.isArray(more.observedArchives) &&
    more.observedArchives.every(isArchive) &&
    (more.resolvConf === 'file' || more.resolvConf === 'link') &&
    typeof more.costMs === 'number' &&
    typeof savedAtMs === 'number'
  );
}

/** Reads what a store gave as trail; null for anything else. */
export function readTrail(found: unknown, format: number): Trail | null {
  if (!isRecord(found) || found.format !== format || !Array.isArray(found.layers)) return null;
  const sound = found.layers.every(
    (layer) =>
      isRecord(layer) &&
      typeof layer.position === 'string' &&
      typeof layer.key === 'string' &&
      isIngredients(layer.ingredients) &&
      typeof layer.costMs === 'number' &&
      typeof layer.savedAtMs === 'number',
  );
  return sound ? (found as unknown as Trail) : null;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
const isDigest = (value: unknown): boolean =>
  typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');
const isIngredients = (value: unknown): boolean => isRecord(value) && isTexts(Object.values(value));
const isArchive = (value: unknown): boolean =>
  isRecord(value) && isTexts([value.url, value.suite, value.sha256]);
