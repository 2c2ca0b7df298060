import type { ContainerImage } from '../../model/datastores.ts';
import type { ImageFormat, Inputs } from '../../model/inputs.ts';
import type { Needs } from '../../model/plan.ts';

const gib = 1024 ** 3;

const baseTreeBytes = 1.75 * gib;

/**
 * What a build takes, from the peaks of real builds (docs/measurements.md): the work directory holds the
 * tree, its copy in the raw image and the packages in between; the agent's sources, `packages`, `elements` and
 * container images add to the tree.
 */
export function estimateNeeds(
  inputs: Inputs,
  containerImages: readonly Pick<ContainerImage, 'sizeBytes'>[] = [],
): Needs {
  const containerBytes = containerImages.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const treeBytes =
    baseTreeBytes +
    (inputs.guestAgent === 'source' ? 0.75 * gib : 0) +
    inputs.packages.length * 0.05 * gib +
    inputs.elements.length * 0.25 * gib +
    // a registry counts them compressed
    3 * containerBytes;
  const perFormat: Readonly<Record<ImageFormat, number>> = {
    qcow2: inputs.compression === 'none' ? treeBytes : treeBytes / 2,
    raw: treeBytes,
    vmdk: treeBytes,
    vhd: treeBytes,
  };
  const outputBytes = inputs.formats.reduce((sum, format) => sum + perFormat[format], 0);
  return {
    workBytes: Math.round(2 * treeBytes + gib / 2),
    imageBytes: Math.round(treeBytes),
    outputBytes: Math.round(outputBytes),
    memoryBytes: gib,
  };
}

/** Size of the tmpfs that the build runs on: up to twice what it should need; null when memory is short. */
export function chooseTmpfs(needs: Needs, memoryAvailableBytes: number): number | null {
  const spareBytes = memoryAvailableBytes - 2 * needs.memoryBytes;
  return spareBytes >= needs.workBytes ? Math.min(spareBytes, 2 * needs.workBytes) : null;
}
