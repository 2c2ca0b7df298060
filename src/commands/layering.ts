import { arrangeHooks, type StopPurpose } from '../core/layers/arrange.ts';
import {
  type ChrootFacts,
  type ChrootPlan,
  findImpure,
  gatherLayerIngredients,
  planChroot,
} from '../core/layers/chroot.ts';
import { explainMiss, readTrail } from '../core/layers/explain.ts';
import { type CommonFacts, gatherIngredients } from '../core/layers/ingredients.ts';
import { listPhaseScripts } from '../core/layers/scripts.ts';
import { listSourcePaths } from '../core/layers/sources.ts';
import { mayRead, parseEnvironment } from '../core/layers/variables.ts';
import {
  type HookFile,
  type Ingredients,
  type LayerReport,
  layerFormat,
  type Trail,
} from '../model/layers.ts';
import type { Files } from '../ports/files.ts';
import { describeTrouble } from '../stages/find-layer.ts';
import {
  addMiss,
  keepLayer,
  type LayerPorts,
  type LayerRun,
  type LayerSettings,
  takeLayer,
} from './layer-run.ts';

/** What is known of a build before it runs. */
export interface LayeringFacts extends CommonFacts {
  /** Names the kind of guest, whose last build explains what has changed. */
  readonly slot: string;
  readonly ownScripts: ReadonlySet<string>;
  readonly secretVariables: readonly string[];
  /** Path of the workspace: as a part of a value it is the run's, not the content's. */
  readonly workspacePath: string;
}

/** The layers of one running build. It is told of every stop, and answers it. */
export interface Layering {
  onStop(name: string, hookPid: number): Promise<void>;
  /** Why the tree is half restored, so that the build had to be ended; null when it is sound. */
  brokenBy(): string | null;
  /** To be called when the build is done: keeps the trail, and tells what became of each layer. */
  finish(): Promise<readonly LayerReport[]>;
}

/** Where the stops outside the chroot wait for their answer. */
export const hostStops = ['root-begin', 'root-end', 'extra-data-end'];

interface Place {
  tree: string;
  hooks: string;
  environment: Readonly<Record<string, string>>;
}

type RangeIngredients = (archives: CommonFacts['archives']) => Ingredients;

/** Makes the layering of one build, whose FIFOs lie in `settings.directory`. */
export function createLayering(
  ports: LayerPorts & { readonly files: Files },
  settings: LayerSettings,
  facts: LayeringFacts,
): Layering {
  const { tree: buildTree, log } = ports;
  const { directory } = settings;
  const state = `${directory}/state`;
  const watches = `${directory}/watch`;
  const run: LayerRun = {
    reports: [],
    manifests: [],
    archives: facts.archives,
    parent: null,
    closed: settings.mode.includes('write') ? null : `cache: ${settings.mode} saves none`,
    rangeStartMs: ports.clock.now(),
    missed: false,
    trail: ports.store.readTrail(facts.slot).then(
      (found) => readTrail(found, layerFormat),
      () => null,
    ),
  };
  const seen = new Set<string>();
  let broken: string | null = null;
  let rootHooks: readonly HookFile[] = [];
  let rootIngredients: RangeIngredients = () => ({});
  let chroot: { facts: ChrootFacts; plan: ChrootPlan } | null = null;
  let purposes: Readonly<Record<string, StopPurpose>> = {};
  let hooksDir = '';

  const readPlace = async (stop: string): Promise<Place> => {
    const dump = await ports.files.read(`${directory}/${stop}.environment`);
    const environment = parseEnvironment(dump.replaceAll(facts.workspacePath, '{workspace}'));
    const raw = parseEnvironment(dump);
    return { tree: raw.TMP_MOUNT_PATH ?? '', hooks: raw.TMP_HOOKS_PATH ?? '', environment };
  };
  const readHooks = async (hooks: string): Promise<readonly HookFile[]> => {
    const { files } = await buildTree.call<{ files: [string, string, string, string | null][] }>([
      'hooks',
      hooks,
    ]);
    return files.map(([path, mode, sha256, text]) => ({ path, mode, sha256, text }));
  };
  /** From here until it resolves, the tree is neither the old nor the new one. */
  const changeTree = async (words: readonly [string, ...string[]]): Promise<void> => {
    try {
      await buildTree.call(words);
    } catch (error) {
      broken = (error as Error).message;
      throw error;
    }
  };

  const beginRoot = async (): Promise<void> => {
    const { tree, hooks, environment } = await readPlace('root-begin');
    rootHooks = await readHooks(hooks);
    const scripts = listPhaseScripts(rootHooks, ['root']);
    rootIngredients = (archives) =>
      gatherIngredients({
        ...{ ...facts, archives, hooks: rootHooks, environment, scripts },
        ...{ changes: [], sources: {}, packageInstalls: null },
      });
    const wanted = { position: 'root', ingredients: rootIngredients(run.archives) };
    const found = await takeLayer(ports, settings, run, wanted);
    if (found === null) {
      if (run.closed === null) await buildTree.call(['watch', hooks, watches]);
      return;
    }
    await changeTree(['restore', tree, state, found.blobPath]);
    const keep = found.manifest.mountHooks.flatMap((name) => ['--keep', name]);
    await changeTree(['neutralise', hooks, ...keep]);
  };

  const endRoot = async (hookPid: number): Promise<void> => {
    const { tree, hooks } = await readPlace('root-end');
    const [restored] = run.manifests;
    if (restored !== undefined) {
      const { mounts } = await buildTree.call<{ mounts: string[] }>(['mounts', tree]);
      if (mounts.join() === restored.mounts.join()) return;
      broken = `mounts differ: ${mounts.join(' ') || 'none'} instead of ${restored.mounts.join(' ') || 'none'}`;
      throw new Error(broken);
    }
    const watched = await buildTree.call<{
      mounts: string[];
      byHook: Record<string, string[]>;
      impure: string[];
    }>(['mounts', tree, ...(run.closed === null ? ['--results', watches] : [])]);
    run.closed ??= await findRootRefusal(watched, hooks);
    const scripts = listPhaseScripts(rootHooks, ['root']);
    await keepLayer(ports, run, {
      ...{ treePath: tree, statePath: state, blobPath: `${directory}/root.new`, hookPid },
      ...{ forbidden: [], position: 'root', ingredientsOf: rootIngredients },
      mounts: { mountHooks: Object.keys(watched.byHook), mounts: watched.mounts },
      impureScripts: findImpure(scripts),
    });
    if (run.closed !== null) await buildTree.call(['scan', tree, state]);
  };

  const findRootRefusal = async (
    watched: { mounts: string[]; byHook: Record<string, string[]>; impure: string[] },
    hooks: string,
  ): Promise<string | null> => {
    const [impure] = watched.impure;
    if (impure !== undefined) return `the root hook ${impure} mounts, and does more than that`;
    const known = new Set(Object.values(watched.byHook).flat());
    const stray = watched.mounts.find((path) => !known.has(path));
    if (stray !== undefined) return `nobody knows which root hook mounted /${stray}`;
    const secret = facts.secretVariables.find((name) =>
      listPhaseScripts(rootHooks, ['root']).some(({ text }) => mayRead(text, name)),
    );
    if (secret !== undefined) return `a root hook may have used the secret in ${secret}`;
    const isOther = ({ path }: HookFile): boolean => !path.startsWith('root.d/');
    const describe = (files: readonly HookFile[]): string =>
      JSON.stringify(files.filter(isOther).map(({ path, mode, sha256 }) => [path, mode, sha256]));
    const changed = describe(await readHooks(hooks)) !== describe(rootHooks);
    return changed ? 'a root hook changed the hooks of the phases after it' : null;
  };

  const beginChroot = async (): Promise<void> => {
    const { tree, hooks, environment } = await readPlace('extra-data-end');
    hooksDir = hooks;
    const hookFiles = await readHooks(hooks);
    const scan = await buildTree.call<
      Pick<ChrootFacts, 'changes' | 'sources' | 'packageInstalls'>
    >([
      'scan',
      ...[tree, `${state}.extra-data`],
      ...['--since', state],
      ...listSourcePaths(hookFiles).flatMap((path) => ['--source', path]),
    ]);
    const chrootFacts: ChrootFacts = { ...facts, hooks: hookFiles, environment, ...scan };
    const plan = planChroot(chrootFacts);
    chroot = { facts: chrootFacts, plan };
    const hits = await takeChrootLayers(chrootFacts, plan);
    const arranged = arrangeHooks(plan, {
      restored: hits.length,
      saves: run.closed === null,
      stashDir: `${tree.slice(0, tree.lastIndexOf('/'))}/trove-image-sources`,
    });
    purposes = arranged.purposes;
    const instructions = `${directory}/arrangement.json`;
    await ports.files.write(instructions, JSON.stringify(arranged.instructions));
    await changeTree(['arrange', hooks, tree, instructions]);
    if (hits.length > 0) {
      const resolvConf = hits.at(-1)?.manifest.resolvConf ?? 'file';
      const blobs = hits.map(({ blobPath }) => blobPath);
      await changeTree(['restore', tree, state, ...blobs, ...['--resolv-conf', resolvConf]]);
    } else if (run.closed === null) await buildTree.call(['scan', tree, state]);
  };

  const takeChrootLayers = async (chrootFacts: ChrootFacts, plan: ChrootPlan) => {
    const hits: Exclude<Awaited<ReturnType<typeof takeLayer>>, null>[] = [];
    for (const checkpoint of plan.checkpoints) {
      const { position } = checkpoint;
      const ingredients = gatherLayerIngredients(
        { ...chrootFacts, archives: run.archives },
        plan,
        checkpoint,
      );
      const found = run.missed
        ? null
        : await takeLayer(ports, settings, run, { position, ingredients });
      if (found !== null) hits.push(found);
      else if (run.reports.at(-1)?.position !== position)
        addMiss(run, position, '', explainMiss(position, ingredients, await run.trail, true));
    }
    return hits;
  };

  const stopInChroot = async (name: string, hookPid: number): Promise<void> => {
    const purpose = purposes[name];
    if (purpose === undefined || chroot === null) return;
    const { tree } = await readPlace('extra-data-end');
    if (purpose.kind === 'put-back') {
      await changeTree(['put-back', tree, purpose.stash, purpose.path]);
      return;
    }
    const { facts: chrootFacts, plan } = chroot;
    const checkpoint = plan.checkpoints[purpose.checkpoint];
    if (checkpoint === undefined) return;
    if (plan.taintedFrom !== null && checkpoint.count > plan.taintedFrom)
      run.closed ??= 'a script before it may have put a secret into the tree';
    await keepLayer(ports, run, {
      ...{ treePath: tree, statePath: state, blobPath: `${directory}/${name}.new`, hookPid },
      forbidden: plan.deferred
        .filter(({ consumer }) => consumer >= checkpoint.count)
        .map(({ path }) => path),
      position: checkpoint.position,
      ingredientsOf: (archives) =>
        gatherLayerIngredients({ ...chrootFacts, archives }, plan, checkpoint),
      mounts: { mountHooks: [], mounts: [] },
      impureScripts: checkpoint.impureScripts,
    });
  };

  const actions: Readonly<Record<string, (hookPid: number) => Promise<void>>> = {
    'root-begin': beginRoot,
    'root-end': endRoot,
    'extra-data-end': beginChroot,
  };

  return {
    async onStop(name, hookPid) {
      // a script of the build may say anything: each stop counts once
      if (seen.has(name)) return;
      seen.add(name);
      try {
        await (actions[name] ?? ((pid: number) => stopInChroot(name, pid)))(hookPid);
      } catch (error) {
        run.closed ??= (error as Error).message;
        log.warning(describeTrouble('The layer cache is in trouble', (error as Error).message));
      }
      const fifo = hostStops.includes(name)
        ? `${directory}/${name}`
        : `${hooksDir}/trove-image-layers/${name}`;
      run.rangeStartMs = ports.clock.now();
      await buildTree
        .call(['answer', fifo, broken === null ? 'go' : 'stop'])
        .catch(() => undefined);
    },
    brokenBy: () => broken,
    async finish() {
      if (settings.mode.includes('write') && run.manifests.length > 0)
        await writeTrail(ports, facts.slot, run);
      return run.reports;
    },
  };
}

async function writeTrail(ports: LayerPorts, slot: string, run: LayerRun): Promise<void> {
  const trail: Trail = {
    format: layerFormat,
    savedAtMs: ports.clock.now(),
    layers: run.manifests.map(({ position, key, ingredients, costMs, savedAtMs }) => ({
      ...{ position, key, ingredients, costMs, savedAtMs },
    })),
  };
  await ports.store
    .writeTrail(slot, trail)
    .catch((error: Error) =>
      ports.log.warning(describeTrouble('What this build did was not kept', error.message)),
    );
}
