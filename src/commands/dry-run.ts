import { listScripts } from '../core/image/closure.ts';
import { renderPlan } from '../core/image/plan-text.ts';
import type { LayerPrediction } from '../model/layers.ts';
import type { Plan } from '../model/plan.ts';
import { findElements } from '../stages/identify.ts';
import { survey } from '../stages/prepare.ts';
import { createGather } from './gather.ts';
import { predict } from './predict.ts';
import type { BuildSettings, Ports } from './settings.ts';

/** A plan, and what the layer cache is expected to do for it. */
export type DryRun = Plan & { readonly layers: readonly LayerPrediction[] };

/** Prints everything that a build would do, and what stands in its way; changes nothing. */
export async function dryRun(
  ports: Ports,
  { inputs, own, cache }: Pick<BuildSettings, 'inputs' | 'own' | 'cache'>,
): Promise<DryRun> {
  ports.log.chapter('Plan (dry run: nothing is built)');
  const { host, plan, install, problems } = await survey(
    ports,
    inputs,
    own,
    createGather(ports, inputs, own),
  );
  const builder = host.diskimageBuilder;
  const elements = builder === null ? null : await findElements(ports.elements, plan, builder);
  const text = renderPlan(plan, {
    install,
    diskimageBuilder: builder?.version ?? null,
    scripts: elements === null ? null : listScripts(elements),
  });
  for (const line of text.split('\n')) ports.log.info(line);
  const canPredict = cache !== null && builder !== null && elements !== null;
  if (canPredict) ports.log.chapter('Layers, as far as they can be foretold');
  const layers = canPredict
    ? await predict(ports, { inputs }, cache, { plan, builder, elements })
    : [];
  for (const { position, result, reason } of layers)
    ports.log.info(`${result.padEnd(7)}  ${position}${reason === '' ? '' : `: ${reason}`}`);
  for (const problem of problems) ports.log.warning(problem);
  return { ...plan, layers };
}
