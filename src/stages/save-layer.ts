import { parseAptSources } from '../core/image/apt-sources.ts';
import {
  type AptIndexes,
  findObservedArchives,
  readUsedStates,
  type TreeArchive,
} from '../core/layers/archives.ts';
import { computeLayerKey } from '../core/layers/ingredients.ts';
import {
  type Ingredients,
  type LayerManifest,
  layerFormat,
  type ParentLayer,
} from '../model/layers.ts';
import type { ArchiveState } from '../model/plan.ts';
import type { LayerStore, LayerTool } from '../ports/layers.ts';

export interface SaveLayerPorts {
  readonly store: LayerStore;
  readonly tool: LayerTool;
}

/** A tree that has just come to a checkpoint. */
export interface SaveRequest {
  readonly treePath: string;
  readonly statePath: string;
  readonly blobPath: string;
  /** The hook that waits meanwhile. */
  readonly hookPid: number;
  /** Sources that are not in the tree yet. */
  readonly forbidden: readonly string[];
  readonly position: string;
  readonly parent: ParentLayer | null;
  readonly archives: readonly ArchiveState[];
  readonly ingredientsOf: (archives: readonly ArchiveState[]) => Ingredients;
  readonly mounts: Pick<LayerManifest, 'mountHooks' | 'mounts'>;
  readonly impureScripts: readonly string[];
  readonly costMs: number;
  readonly nowMs: number;
}

export type SavedLayer =
  | { readonly manifest: LayerManifest; readonly archives: readonly ArchiveState[] }
  | { readonly refused: string };

type SaveAnswer =
  | { readonly refused: string }
  | (LayerManifest['blob'] & {
      readonly resolvConf: 'file' | 'link';
      readonly aptIndexes: AptIndexes;
      readonly aptSources: Readonly<Record<string, string>>;
    });

/** Writes what changed since the last checkpoint to the store, under the key of what it was really made from. */
export async function saveLayer(ports: SaveLayerPorts, request: SaveRequest): Promise<SavedLayer> {
  const answer = await ports.tool.call<SaveAnswer>([
    'save',
    ...[request.treePath, request.statePath, request.blobPath],
    ...['--hook-pid', String(request.hookPid)],
    ...request.forbidden.flatMap((path) => ['--forbid', path]),
  ]);
  if ('refused' in answer) return answer;
  const { resolvConf, aptIndexes, aptSources, ...blob } = answer;
  const treeArchives = listTreeArchives(aptSources);
  if (treeArchives.some(({ url }) => /^[^/]*\/\/[^/]*@/.test(url)))
    return { refused: 'an apt source of the tree holds a user name or password' };
  const observed = findObservedArchives(request.archives, treeArchives, aptIndexes);
  if (observed === null) return { refused: 'it used an archive that its apt sources do not name' };
  // an archive may have moved while the scripts ran: the key tells what was used, not what was meant
  const archives = readUsedStates(request.archives, aptIndexes);
  const ingredients = request.ingredientsOf(archives);
  const manifest: LayerManifest = {
    format: layerFormat,
    key: computeLayerKey(request.position, request.parent, ingredients),
    position: request.position,
    parent: request.parent,
    blob,
    resolvConf,
    ...request.mounts,
    ingredients,
    observedArchives: observed,
    impureScripts: request.impureScripts,
    costMs: Math.round(request.costMs),
    savedAtMs: request.nowMs,
  };
  await ports.store.store(manifest, request.blobPath);
  return { manifest, archives };
}

const listTreeArchives = (texts: Readonly<Record<string, string>>): readonly TreeArchive[] =>
  parseAptSources(texts).flatMap(({ url, suites }) => suites.map((suite) => ({ url, suite })));
