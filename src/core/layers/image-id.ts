import { createHash } from 'node:crypto';
import { layerFormat, type StoredImage } from '../../model/layers.ts';
import type { Plan } from '../../model/plan.ts';

/** Digest (64 hexadecimal digits) of all that determines the files of an image: its content, and how it is written. */
export function computeImageId(plan: Plan, buildId: string, toolVersion: string): string {
  const files = plan.files.map(({ format, fileName }) => [format, fileName]);
  const written = [layerFormat, buildId, plan.compression, plan.verify, files, toolVersion];
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
    image.files.every(
      ({ fileName, sha256 }) => typeof fileName === 'string' && /^[0-9a-f]{64}$/.test(sha256),
    ) &&
    typeof image.manifest === 'string' &&
    typeof image.log === 'string';
  return known && expected.nowMs - image.savedAtMs <= expected.maxAgeMs ? image : null;
}
