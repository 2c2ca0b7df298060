import { explainMiss } from '../core/layers/explain.ts';
import { computeLayerKey } from '../core/layers/ingredients.ts';
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
import type { Files } from '../ports/files.ts';
import type { LayerTool, TrailStore } from '../ports/layers.ts';
import type { Clock } from '../ports/machine.ts';
import {
  describeTrouble,
  type FindLayerPorts,
  type FoundLayer,
  judgeLayer,
  type LoadedLayer,
  loadLayer,
} from '../stages/find-layer.ts';
import { type SaveRequest, saveLayer } from '../stages/save-layer.ts';

export interface LayerPorts extends FindLayerPorts {
  readonly clock: Clock;
  readonly files: Files;
  readonly store: FindLayerPorts['store'] & TrailStore;
  /** Reads and changes the tree of the running build. */
  readonly tool: LayerTool;
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
  /** Layers that are being brought because the last build had them, by key. */
  readonly loading: Map<string, Promise<LoadedLayer>>;
  readonly trail: Promise<Trail | null>;
  archives: readonly ArchiveState[];
  parent: ParentLayer | null;
  /** Why no more layers are saved; null while they are. */
  closed: string | null;
  /** When the scripts of the next layer began. */
  rangeStartMs: number;
  missed: boolean;
}

/** A layer that can be restored. */
export type HitLayer = Extract<FoundLayer, { manifest: unknown }>;

/** Brings the layers of the last build one after the other while diskimage-builder starts: most are used. */
export async function loadAhead(
  ports: LayerPorts,
  { directory }: LayerSettings,
  run: LayerRun,
): Promise<void> {
  const states = new Map(
    run.archives.map(({ url, suite, inReleaseSha256 }) => [
      `archive ${url} ${suite}`,
      inReleaseSha256,
    ]),
  );
  let last: Promise<unknown> = Promise.resolve();
  for (const { key, ingredients } of (await run.trail)?.layers ?? []) {
    const moved = [...states].some(([name, state]) => ingredients[name] !== state);
    if (moved || !/^[0-9a-f]{64}$/.test(key) || run.loading.has(key)) return;
    // above a layer that is made anew nothing is used
    const loading = last.then(() =>
      run.missed ? null : loadLayer(ports, key, `${directory}/${key}.blob`),
    );
    run.loading.set(key, loading);
    last = loading;
  }
}

/** Looks for the next layer of the chain; a hit becomes the parent of the one after it. */
export async function takeLayer(
  ports: LayerPorts,
  settings: LayerSettings,
  run: LayerRun,
  { position, ingredients }: { position: string; ingredients: Ingredients },
): Promise<HitLayer | null> {
  const key = computeLayerKey(position, run.parent, ingredients);
  const nowMs = ports.clock.now();
  const found = await find(ports, settings, run, { key, position, nowMs });
  if ('reason' in found) {
    const reason = found.reason ?? explainMiss(position, ingredients, await run.trail, run.missed);
    addMiss(run, position, key, reason);
    return null;
  }
  const { blob, costMs, savedAtMs } = found.manifest;
  run.reports.push({
    ...{ position, key, result: 'hit', reason: '', saved: false },
    ...{ sizeBytes: blob.sizeBytes, ageMs: Math.max(0, nowMs - savedAtMs), costMs },
  });
  run.manifests.push(found.manifest);
  run.parent = { key, sha256: blob.sha256 };
  return found;
}

async function find(
  ports: LayerPorts,
  { mode, maxAgeMs, directory }: LayerSettings,
  run: LayerRun,
  { key, position, nowMs }: { key: string; position: string; nowMs: number },
): Promise<FoundLayer> {
  if (!mode.includes('read')) return { reason: `cache: ${mode} uses none` };
  const loading = run.loading.get(key) ?? loadLayer(ports, key, `${directory}/${key}.blob`);
  ports.log.progress(`Looking for the layer ${position}`);
  const expected = {
    ...{ format: layerFormat, key, position, parent: run.parent },
    ...{ nowMs, maxAgeMs, maxImpureAgeMs: dayMs },
  };
  return judgeLayer(ports, expected, await loading);
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
    closeChain(ports, run, `The layer ${position} was not saved`, (error as Error).message);
  }
}

/** From here on nothing is saved: layers above one that is missing would never be found. */
export function closeChain(
  ports: Pick<LayerPorts, 'log'>,
  run: LayerRun,
  what: string,
  why: string,
): void {
  if (run.closed !== null) return;
  run.closed = why;
  ports.log.warning(describeTrouble(what, why));
}

function amend(run: LayerRun, position: string, more: Partial<LayerReport>): void {
  const index = run.reports.findIndex((report) => report.position === position);
  const report = run.reports[index];
  if (report !== undefined) run.reports[index] = { ...report, ...more };
}
