import { readTrail } from '../core/layers/judge.ts';
import { type LayerReport, layerFormat, type Trail } from '../model/layers.ts';
import { describeTrouble } from '../stages/find-layer.ts';
import { beginChroot, type Chroot, stopInChroot } from './chroot-layers.ts';
import type { LayerContext, LayeringFacts } from './layer-context.ts';
import { type LayerPorts, type LayerRun, type LayerSettings, loadAhead } from './layer-run.ts';
import { beginRoot, endRoot, type RootFacts } from './root-layer.ts';

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

/** Makes the layering of one build, whose FIFOs lie in `settings.directory`. */
export function createLayering(
  ports: LayerPorts,
  settings: LayerSettings,
  facts: LayeringFacts,
): Layering {
  const run = beginRun(ports, settings, facts);
  const context: LayerContext = { ports, settings, facts, run, broken: null };
  const seen = new Set<string>();
  let root: RootFacts | null = null;
  let chroot: Chroot | null = null;

  const handle = async (name: string, hookPid: number): Promise<void> => {
    if (name === 'root-begin') root = await beginRoot(context);
    else if (name === 'root-end' && root !== null) await endRoot(context, root, hookPid);
    else if (name === 'extra-data-end') chroot = await beginChroot(context);
    else if (chroot !== null) await stopInChroot(context, chroot, name, hookPid);
  };
  return {
    async onStop(name, hookPid) {
      // a script of the build may say anything: each stop counts once
      if (seen.has(name)) return;
      seen.add(name);
      await handle(name, hookPid).catch((error: Error) => {
        run.closed ??= error.message;
        ports.log.warning(describeTrouble('The layer cache is in trouble', error.message));
      });
      run.rangeStartMs = ports.clock.now();
      const fifos = hostStops.includes(name)
        ? settings.directory
        : `${chroot?.hooks ?? ''}/trove-image-layers`;
      const word = context.broken === null ? 'go' : 'stop';
      // a build that has ended meanwhile waits for nothing
      await ports.tool.call(['answer', `${fifos}/${name}`, word]).catch(() => undefined);
    },
    brokenBy: () => context.broken,
    async finish() {
      if (settings.mode.includes('write') && run.manifests.length > 0)
        await writeTrail(ports, facts, run);
      return run.reports;
    },
  };
}

function beginRun(ports: LayerPorts, settings: LayerSettings, facts: LayeringFacts): LayerRun {
  const run: LayerRun = {
    reports: [],
    manifests: [],
    loading: new Map(),
    trail: ports.store.readTrail(facts.slot).then(
      (found) => readTrail(found, layerFormat),
      (error: Error) => {
        const what = 'What the last build did could not be read';
        ports.log.warning(describeTrouble(what, error.message));
        return null;
      },
    ),
    archives: facts.archives,
    parent: null,
    closed: settings.mode.includes('write') ? null : `cache: ${settings.mode} saves none`,
    rangeStartMs: ports.clock.now(),
    missed: false,
  };
  if (settings.mode.includes('read')) void loadAhead(ports, settings, run);
  return run;
}

async function writeTrail(
  ports: LayerPorts,
  { slot, extraData }: LayeringFacts,
  run: LayerRun,
): Promise<void> {
  const trail: Trail = {
    format: layerFormat,
    savedAtMs: ports.clock.now(),
    extraData,
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
