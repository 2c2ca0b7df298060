import { listScripts } from '../core/image/closure.ts';
import { renderPlan } from '../core/image/plan-text.ts';
import type { Plan } from '../model/plan.ts';
import { findElements } from '../stages/identify.ts';
import { survey } from '../stages/prepare.ts';
import type { BuildSettings, Ports } from './settings.ts';

/** Prints everything that a build would do, and what stands in its way; changes nothing. */
export async function dryRun(
  ports: Ports,
  { inputs, own }: Pick<BuildSettings, 'inputs' | 'own'>,
): Promise<Plan> {
  ports.log.chapter('Plan (dry run: nothing is built)');
  const { host, plan, install, problems } = await survey(ports, inputs, own);
  const builder = host.diskimageBuilder;
  const elements = builder === null ? null : await findElements(ports.elements, plan, builder);
  const text = renderPlan(plan, {
    install,
    diskimageBuilder: builder?.version ?? null,
    scripts: elements === null ? null : listScripts(elements),
  });
  for (const line of text.split('\n')) ports.log.info(line);
  for (const problem of problems) ports.log.warning(problem);
  return plan;
}
