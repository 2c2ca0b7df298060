import { judgeImage } from '../core/layers/image-id.ts';
import { readTrail } from '../core/layers/judge.ts';
import { predictLayers } from '../core/layers/predict.ts';
import type { Element } from '../model/elements.ts';
import type { DiskimageBuilderFacts } from '../model/host.ts';
import { type LayerPrediction, layerFormat } from '../model/layers.ts';
import type { ArchiveState, Plan } from '../model/plan.ts';
import { identify } from '../stages/identify.ts';
import { readConstraints } from '../stages/read-constraints.ts';
import { readArchives } from '../stages/sources.ts';
import { listOwnScripts, nameSlot, readTools } from './open-layering.ts';
import { nameImage } from './reuse.ts';
import type { BuildSettings, CacheSettings, Ports } from './settings.ts';

const dayMs = 86_400_000;

/** What the cache will do for a build; empty, with a warning, when the archives do not say what they hold. */
export async function predict(
  ports: Ports,
  { inputs }: Pick<BuildSettings, 'inputs'>,
  cache: CacheSettings,
  job: { plan: Plan; builder: DiskimageBuilderFacts; elements: readonly Element[] },
): Promise<readonly LayerPrediction[]> {
  const { plan, builder, elements } = job;
  const facts = await readFacts(ports, plan);
  if (facts === null || !cache.mode.includes('read')) return [];
  const { archives } = facts;
  const image = await predictImage(ports, { inputs }, cache, { ...job, ...facts });
  if (image !== null) return [image];
  const stored = cache.images === null ? null : await cache.images.list();
  const trail = readTrail(await cache.store.readTrail(nameSlot(plan)), layerFormat);
  return predictLayers({
    architecture: plan.guest.architecture,
    archives,
    tools: await readTools(ports, builder),
    hooks: await ports.elements.hookFiles(elements),
    environment: plan.environment,
    ownScripts: listOwnScripts(elements, inputs.elementsPath),
    trail,
    present: stored === null ? null : new Set(stored.map(({ id }) => id)),
    nowMs: ports.clock.now(),
    maxAgeMs: inputs.cacheMaxAgeDays * dayMs,
  });
}

/** What the build id is made from beside the elements; null, with a warning, where it cannot be asked. */
async function readFacts(ports: Ports, plan: Plan) {
  try {
    const archives = await readArchives(ports, plan.sources.archives);
    const constraints = plan.trove === null ? null : await readConstraints(ports, plan.trove);
    return { archives, constraintsSha256: constraints?.sha256 ?? null };
  } catch (error) {
    ports.log.warning({
      code: 'no-prediction',
      message: `What the cache will do is not known: ${(error as Error).message}`,
      hint: 'Correct what the message says; a build would stop there.',
    });
    return null;
  }
}

/** Will the finished image of an earlier build be used again? */
async function predictImage(
  ports: Ports,
  { inputs }: Pick<BuildSettings, 'inputs'>,
  { images }: CacheSettings,
  job: {
    plan: Plan;
    builder: DiskimageBuilderFacts;
    elements: readonly Element[];
    archives: readonly ArchiveState[];
    constraintsSha256: string | null;
  },
): Promise<LayerPrediction | null> {
  if (images === null) return null;
  const { plan, builder, elements } = job;
  const { buildId } = await identify(ports, plan, builder, elements, job);
  const name = await nameImage(ports, { inputs }, { plan, elements, buildId });
  if (name === null) return null;
  const found = await images.findImage(name.id);
  if (judgeImage(found, { ...name, nowMs: ports.clock.now() }) === null) return null;
  const reason = 'nothing has changed: the finished image is used again';
  return { position: 'image', result: 'hit', reason, costMs: 0 };
}
