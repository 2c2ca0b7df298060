import { failure, type TroveImageError } from '../errors.ts';
import type { Inputs } from '../model/inputs.ts';
import type { CacheMode } from '../model/layers.ts';
import type { Workspace } from '../model/plan.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import type { CacheShelf, ImageStore } from '../ports/cache.ts';
import type { LayerStore, LayerTool, TrailStore } from '../ports/layers.ts';
import type { Elements } from '../ports/machine.ts';
import type { BuildPorts } from '../stages/build.ts';
import type { CleanPorts } from '../stages/clean.ts';
import type { ConvertPorts } from '../stages/convert.ts';
import type { Installation, PreparePorts } from '../stages/prepare.ts';
import type { SourcesPorts } from '../stages/sources.ts';

/** Everything that touches the world, as the commands need it. */
export type Ports = PreparePorts &
  SourcesPorts &
  BuildPorts &
  ConvertPorts &
  CleanPorts & {
    readonly elements: Elements;
    openLayerTool(hostDir: string): LayerTool;
    /** Of the build in a workspace, once it runs. */
    openBuildTool(hostDir: string, workspacePath: string): LayerTool;
  };

/** Where layers are kept, and what may be done with them. */
export interface CacheSettings {
  readonly mode: CacheMode;
  readonly store: LayerStore & TrailStore;
  /** Null where finished images and a size bound are no business of ours. */
  readonly images: (ImageStore & CacheShelf) | null;
}

/** One run of the build command. */
export interface BuildSettings {
  readonly inputs: Inputs;
  readonly own: Installation;
  /** Values that must not stand in a log. */
  readonly secrets: readonly string[];
  /** Null where there is no workflow run to upload to. */
  readonly artifacts: Artifacts | null;
  /** Null when it is off. */
  readonly cache: CacheSettings | null;
  readonly signal: AbortSignal;
  /** Told before the workspace is made, so that a later process can clean it. */
  readonly onWorkspace: (workspace: Workspace) => void;
}

/** Ends the command when it was cancelled meanwhile. */
export function stopIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw makeCancelled();
}

export function makeCancelled(): TroveImageError {
  return failure(
    'cancelled',
    'cancelled',
    'The build was cancelled.',
    'Start it again when you want the image.',
  );
}
