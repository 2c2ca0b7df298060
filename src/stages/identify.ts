import { computeBuildId, type Ingredients } from '../core/image/build-id.ts';
import { resolveClosure } from '../core/image/closure.ts';
import { findNearest } from '../core/inputs/nearest.ts';
import type { Element, ElementDigest } from '../model/elements.ts';
import type { DiskimageBuilderFacts } from '../model/host.ts';
import type { Plan } from '../model/plan.ts';
import type { Log } from '../ports/log.ts';
import type { Elements } from '../ports/machine.ts';

/** The ingredients of one image, and the digest over all of them. */
export interface Identity {
  readonly buildId: string;
  readonly elements: readonly Element[];
  readonly digests: readonly ElementDigest[];
}

/** Elements of the build with their dependencies; throws for unknown names and for hooks that clash. */
export async function findElements(
  elements: Elements,
  plan: Plan,
  builder: DiskimageBuilderFacts,
): Promise<readonly Element[]> {
  const path = [...plan.elementsPath, builder.elementsDir];
  return resolveClosure(plan.elements, await elements.read(path), path, findNearest);
}

/** Computes the build id from what is really on the disk and in the archives. */
export async function identify(
  ports: { readonly elements: Elements; readonly log: Log },
  plan: Plan,
  builder: DiskimageBuilderFacts,
  elements: readonly Element[],
  { archives, constraintsSha256 }: Pick<Ingredients, 'archives' | 'constraintsSha256'>,
): Promise<Identity> {
  const digests = await ports.elements.digest(elements);
  const diskimageBuilderVersion = builder.version;
  const buildId = computeBuildId({
    plan,
    diskimageBuilderVersion,
    elements: digests,
    archives,
    constraintsSha256,
  });
  ports.log.info(`${elements.length} elements, build id ${buildId}`);
  return { buildId, elements, digests };
}
