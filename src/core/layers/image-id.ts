import { createHash } from 'node:crypto';
import { layerFormat, type StoredImage } from '../../model/layers.ts';
import type { Plan } from '../../model/plan.ts';

/**
 * Digest (64 hexadecimal digits) of all that determines the files of an image: its content, and how it is written.
 * `revisions` are the commits of the repositories that it holds.
 */
export function computeImageId(
  plan: Plan,
  buildId: string,
  toolVersion: string,
  revisions: Readonly<Record<string, string>>,
): string {
  const files = plan.files.map(({ format, fileName }) => [format, fileName]);
  const written = [
    layerFormat,
    buildId,
    plan.compression,
    plan.verify,
    files,
    toolVersion,
    revisions,
  ];
  return createHash('sha256').update(JSON.stringify(written)).digest('hex');
}

/** Reads what a store gave as image record: the record, or null when it is not what was asked for. */
export function judgeImage(
  found: unknown,
  expected: { readonly id: string; readonly nowMs: number; readonly maxAgeMs: number },
): StoredImage | null {
  const image = found as StoredImage | null;
  const known =
    image !== null &&
    typeof image === 'object' &&
    image.format === layerFormat &&
    image.id === expected.id &&
    Array.isArray(image.files) &&
    image.files.length > 0 &&
    image.files.every(isStoredFile) &&
    typeof image.manifest === 'string' &&
    typeof image.log === 'string' &&
    typeof image.savedAtMs === 'number';
  return known && expected.nowMs - image.savedAtMs <= expected.maxAgeMs ? image : null;
}

/** The name becomes a path in the output directory: it must not lead out of it. */
function isStoredFile(file: StoredImage['files'][number] | null): boolean {
  return (
    typeof file?.fileName === 'string' &&
    /^[A-Za-z0-9][A-Za-z0-9._+-]*$/.test(file.fileName) &&
    typeof file.sha256 === 'string' &&
    /^[0-9a-f]{64}$/.test(file.sha256)
  );
}
