import { foretell } from '../../core/matrix/cost.ts';
import { TroveImageError } from '../../errors.ts';
import type { LayerPrediction } from '../../model/layers.ts';
import type { PlannedImage } from '../../model/matrix.ts';
import type { PlanSettings } from '../plan.ts';
import { predict } from '../predict.ts';
import { type CacheSettings, type Ports, stopIfCancelled } from '../settings.ts';
import type { Wanted } from './published.ts';
import { rememberCache } from './remember.ts';
import type { Surveyor } from './survey.ts';

/** Foretells what the build of each image takes; by its layers where there is a cache to look into. */
export async function foresee(
  ports: Pick<Ports, 'log'>,
  surveyor: Surveyor,
  { cache: given, signal }: Pick<PlanSettings, 'cache' | 'signal'>,
  wanted: readonly Wanted[],
): Promise<readonly PlannedImage[]> {
  const cache = given === null ? null : rememberCache(given);
  if (cache !== null && wanted.length > 0) ports.log.chapter('Look into the layers');
  const planned: PlannedImage[] = [];
  for (const { image, inputs, reasons, buildId, lastSeconds } of wanted) {
    stopIfCancelled(signal);
    const layers = cache === null ? [] : await predictLayers(ports, surveyor, cache, inputs);
    const predicted = foretell({ inputs, layers, lastSeconds });
    planned.push({
      image: image.id,
      architecture: inputs.architecture,
      buildId,
      reasons,
      predicted,
    });
  }
  return planned;
}

/** What cannot be foretold is estimated. */
async function predictLayers(
  { log }: Pick<Ports, 'log'>,
  surveyor: Surveyor,
  cache: CacheSettings,
  inputs: Wanted['inputs'],
): Promise<readonly LayerPrediction[]> {
  try {
    return await predict(surveyor.ports, { inputs }, cache, await surveyor.survey(inputs));
  } catch (error) {
    if (!(error instanceof TroveImageError)) throw error;
    log.warning({
      code: 'no-prediction',
      message: `What the cache will do is not known: ${error.message}`,
      hint: 'Correct what the message says; a build would stop there.',
    });
    return [];
  }
}
