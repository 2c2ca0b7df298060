import { computeLayerKey } from '../core/layers/ingredients.ts';
import { explainMiss } from '../core/layers/explain.ts';
import {
  type CacheMode,
  type Ingredients,
  type LayerManifest,
  type LayerReport,
  layerFormat,
  type ParentLayer,
  type Trail,
} from '../model/layers.ts';
import type { ArchiveState } from '../model/plan.ts';
import type { Web } from '../ports/files.ts';
import type { BuildTree, LayerStore, TrailStore } from '../ports/layers.ts';
import type { Log } from '../ports/log.ts';
import type { Clock } from '../ports/machine.ts';
import { describeTrouble, type FoundLayer, findLayer } from '../stages/find-layer.ts';
import { type SaveRequest, saveLayer } from '../stages/save-layer.ts';

export interface LayerPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: LayerStore & TrailStore;
  readonly tree: BuildTree;
  readonly web: Web;
}

export interface LayerSettings {
  readonly mode: CacheMode;
  readonly maxAgeMs: number;
  /** Private directory of this build for what belongs to its layers. */
  readonly directory: string;
}

const dayMs = 86_400_000;

/** The chain of layers of one running build: what was found, what was saved, and what there is to tell of it. */
export interface LayerRun {
  readonly reports: LayerReport[];
  readonly manifests: LayerManifest[];
  archives: readonly ArchiveState[];
  parent: ParentLayer | null;
  /** Why no more layers are saved; null while they are. */
  closed: string | null;
  /** When the scripts of the next layer began. */
  rangeStartMs: number;
  missed: boolean;
  trail: Promise<Trail | null>;
}

/** A layer that a build asks for, or makes. */
export interface WantedLayer {
  readonly position: string;
  readonly ingredients: Ingredients;
}

/** Looks for the next layer of the chain; a hit becomes the parent of the one after it. */
export async function takeLayer(
  ports: LayerPorts,
  settings: LayerSettings,
  run: LayerRun,
  { position, ingredients }: WantedLayer,
): Promise<Extract<FoundLayer, { manifest: unknown }> | null> {
  const key = computeLayerKey(position, run.parent, ingredients);
  const nowMs = ports.clock.now();
  const found: FoundLayer = settings.mode.includes('read')
    ? await findLayer(
        ports,
        {
          format: layerFormat,
          ...{ key, position, parent: run.parent, nowMs },
          ...{ maxAgeMs: settings.maxAgeMs, maxImpureAgeMs: dayMs },
        },
        `${settings.directory}/${run.reports.length}.blob`,
      )
    : { reason: `cache: ${settings.mode} reads none` };
  if ('manifest' in found) {
    const { blob, costMs, savedAtMs } = found.manifest;
    const ageMs = nowMs - savedAtMs;
    run.reports.push({
      ...{ position, key, result: 'hit', reason: '', saved: false },
      ...{ sizeBytes: blob.sizeBytes, ageMs, costMs },
    });
    run.manifests.push(found.manifest);
    run.parent = { key, sha256: blob.sha256 };
    return found;
  }
  const reason = found.reason ?? explainMiss(position, ingredients, await run.trail, run.missed);
  run.missed = true;
  addMiss(run, position, key, reason);
  return null;
}

/** Notes a layer that is made anew, before it is known how long that takes. */
export function addMiss(run: LayerRun, position: string, key: string, reason: string): void {
  run.missed = true;
  run.reports.push({
    ...{ position, key, result: 'miss', reason, saved: false },
    ...{ sizeBytes: 0, ageMs: 0, costMs: 0 },
  });
}

/** Saves the layer that the running build has come to; what goes wrong closes the chain with a warning. */
export async function keepLayer(
  ports: LayerPorts,
  run: LayerRun,
  request: Omit<SaveRequest, 'parent' | 'archives' | 'costMs' | 'nowMs'>,
): Promise<void> {
  const { position } = request;
  const nowMs = ports.clock.now();
  const costMs = nowMs - run.rangeStartMs;
  amend(run, position, { costMs });
  if (run.closed !== null) return;
  ports.log.progress(`Saving the layer ${position}`);
  try {
    const saved = await saveLayer(ports, { ...request, ...run, costMs, nowMs });
    if ('refused' in saved) throw new Error(saved.refused);
    const { key, blob } = saved.manifest;
    run.archives = saved.archives;
    run.parent = { key, sha256: blob.sha256 };
    run.manifests.push(saved.manifest);
    amend(run, position, { key, saved: true, sizeBytes: blob.sizeBytes });
  } catch (error) {
    run.closed = (error as Error).message;
    ports.log.warning(describeTrouble(`The layer ${position} was not saved`, run.closed));
  }
}

function amend(run: LayerRun, position: string, more: Partial<LayerReport>): void {
  const index = run.reports.findIndex((report) => report.position === position);
  const report = run.reports[index];
  if (report !== undefined) run.reports[index] = { ...report, ...more };
}
