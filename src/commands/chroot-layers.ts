import { arrangeHooks, type StopPurpose } from '../core/layers/arrange.ts';
import {
  type ChrootFacts,
  type ChrootPlan,
  gatherLayerIngredients,
  planChroot,
} from '../core/layers/chroot.ts';
import { explainMiss } from '../core/layers/explain.ts';
import { listSourcePaths } from '../core/layers/sources.ts';
import { changeTree, type LayerContext, readHooks, readPlace, statePath } from './layer-context.ts';
import { addMiss, closeChain, type HitLayer, keepLayer, takeLayer } from './layer-run.ts';

/** What was planned when extra-data was done, for the stops that come after it. */
export interface Chroot {
  readonly facts: ChrootFacts;
  readonly plan: ChrootPlan;
  readonly tree: string;
  readonly hooks: string;
  readonly purposes: Readonly<Record<string, StopPurpose>>;
}

/** After extra-data: restores the layers that are there, and arranges the hooks of the phases in the chroot. */
export async function beginChroot(context: LayerContext): Promise<Chroot> {
  const { settings, run, ports } = context;
  const { tree, hooks, environment } = await readPlace(context, 'extra-data-end');
  const facts = await readFacts(context, { tree, hooks, environment });
  const plan = planChroot(facts);
  const hits = await takeLayers(context, facts, plan);
  const arranged = arrangeHooks(plan, {
    restored: hits.length,
    saves: run.closed === null,
    // beside the tree, on the same file system, and removed together with it
    stashDir: `${tree.slice(0, tree.lastIndexOf('/'))}/trove-image-sources`,
  });
  const instructions = `${settings.directory}/arrangement.json`;
  await ports.files.write(instructions, JSON.stringify(arranged.instructions));
  await changeTree(context, ['arrange', hooks, tree, instructions]);
  if (hits.length > 0) {
    const blobs = hits.map(({ blobPath }) => blobPath);
    const resolvConf = hits.at(-1)?.manifest.resolvConf ?? 'file';
    await changeTree(context, [
      'restore',
      ...[tree, statePath(context), ...blobs],
      ...['--resolv-conf', resolvConf],
    ]);
  } else if (run.closed === null) {
    await ports.tool.call(['scan', tree, statePath(context)]);
  }
  return { facts, plan, tree, hooks, purposes: arranged.purposes };
}

/** At a stop in the chroot: saves a layer, or puts a source back that is needed now. */
export async function stopInChroot(
  context: LayerContext,
  { facts, plan, tree, purposes }: Chroot,
  name: string,
  hookPid: number,
): Promise<void> {
  const { settings, run, ports } = context;
  const purpose = purposes[name];
  if (purpose === undefined) return;
  if (purpose.kind === 'put-back') {
    await changeTree(context, ['put-back', tree, purpose.stash, purpose.path]);
    return;
  }
  const checkpoint = plan.checkpoints[purpose.checkpoint];
  if (checkpoint === undefined) return;
  const { position, count, impureScripts } = checkpoint;
  if (plan.taintedFrom !== null && count > plan.taintedFrom)
    closeChain(
      ports,
      run,
      `The layer ${position} is not saved`,
      'a script up to there may have put a secret of this job into the tree',
    );
  const missing = plan.deferred.filter(({ consumer }) => consumer >= count);
  await keepLayer(ports, run, {
    ...{ treePath: tree, statePath: statePath(context), hookPid, position, impureScripts },
    blobPath: `${settings.directory}/${name}.new`,
    forbidden: missing.map(({ path }) => path),
    ingredientsOf: (archives) => gatherLayerIngredients({ ...facts, archives }, plan, checkpoint),
    mounts: { mountHooks: [], mounts: [] },
  });
}

async function readFacts(
  context: LayerContext,
  {
    tree,
    hooks,
    environment,
  }: { tree: string; hooks: string; environment: ChrootFacts['environment'] },
): Promise<ChrootFacts> {
  const hookFiles = await readHooks(context, hooks);
  const scanned = await context.ports.tool.call<
    Pick<ChrootFacts, 'changes' | 'sources' | 'packageInstalls'>
  >([
    'scan',
    ...[tree, `${statePath(context)}.extra-data`],
    ...['--since', statePath(context)],
    ...listSourcePaths(hookFiles).flatMap((path) => ['--source', path]),
  ]);
  return { ...context.facts, hooks: hookFiles, environment, ...scanned };
}

/** The longest chain of layers that is there; the rest is noted as missed, with the reason of each. */
async function takeLayers(
  { ports, settings, run }: LayerContext,
  facts: ChrootFacts,
  plan: ChrootPlan,
): Promise<readonly HitLayer[]> {
  const hits: HitLayer[] = [];
  for (const checkpoint of plan.checkpoints) {
    const { position } = checkpoint;
    const now = { ...facts, archives: run.archives };
    const ingredients = gatherLayerIngredients(now, plan, checkpoint);
    if (run.missed) {
      addMiss(run, position, '', explainMiss(position, ingredients, await run.trail, true));
      continue;
    }
    const found = await takeLayer(ports, settings, run, { position, ingredients });
    if (found !== null) hits.push(found);
  }
  return hits;
}
