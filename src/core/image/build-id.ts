import { createHash } from 'node:crypto';
import type { ElementDigest } from '../../model/elements.ts';
import type { ArchiveState, Plan } from '../../model/plan.ts';

/** What the content of an image depends on, beside the plan. */
export interface Ingredients {
  readonly plan: Plan;
  readonly diskimageBuilderVersion: string;
  readonly elements: readonly ElementDigest[];
  readonly archives: readonly ArchiveState[];
  /** Digest of the upper constraints; null where there are none. */
  readonly constraintsSha256: string | null;
}

/**
 * Digest (64 hexadecimal digits) of all that determines the content of the image. The same id means the same
 * elements, packages, settings and archive state; names, paths and formats of files do not count.
 */
export function computeBuildId({
  plan,
  diskimageBuilderVersion,
  elements,
  archives,
  constraintsSha256,
}: Ingredients): string {
  const content = {
    format: 1,
    guest: plan.guest,
    arguments: plan.arguments,
    environment: plan.environment,
    bootstrapScript: plan.bootstrap.script,
    diskimageBuilder: diskimageBuilderVersion,
    elements: elements.map(({ name, sha256 }) => [name, sha256]).sort(),
    archives: archives.map(({ suite, inReleaseSha256 }) => [suite, inReleaseSha256]).sort(),
    ...(constraintsSha256 === null ? {} : { constraintsSha256 }),
  };
  return createHash('sha256').update(canonicalJson(content)).digest('hex');
}

/** JSON with sorted keys: the same value always gives the same text. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonicalJson(each)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}
