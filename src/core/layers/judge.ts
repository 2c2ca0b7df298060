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
  if (value === null || typeof value !== 'object') return false;
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
  } = value as Record<string, unknown>;
  const size = blob as Record<string, unknown> | null;
  return (
    typeof format === 'number' &&
    typeof key === 'string' &&
    typeof position === 'string' &&
    (parent === null || typeof parent === 'object') &&
    size !== null &&
    typeof size === 'object' &&
    /^[0-9a-f]{64}$/.test(String(size.sha256)) &&
    Number.isSafeInteger(size.sizeBytes) &&
    Number.isSafeInteger(size.treeBytes) &&
    typeof ingredients === 'object' &&
    ingredients !== null &&
    [mounts, mountHooks, more.observedArchives, more.impureScripts].every(Array.isArray) &&
    (more.resolvConf === 'file' || more.resolvConf === 'link') &&
    typeof more.costMs === 'number' &&
    typeof savedAtMs === 'number'
  );
}

/** Reads what a store gave as trail; null for anything else. */
export function readTrail(found: unknown, format: number): Trail | null {
  const trail = found as Trail | null;
  return trail !== null &&
    typeof trail === 'object' &&
    trail.format === format &&
    Array.isArray(trail.layers)
    ? trail
    : null;
}
