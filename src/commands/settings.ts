import { failure, type TroveImageError } from '../errors.ts';
import type { Inputs } from '../model/inputs.ts';
import type { Workspace } from '../model/plan.ts';
import type { Artifacts } from '../ports/artifacts.ts';
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
  CleanPorts & { readonly elements: Elements };

/** One run of the build command. */
export interface BuildSettings {
  readonly inputs: Inputs;
  readonly own: Installation;
  /** Values that must not stand in a log. */
  readonly secrets: readonly string[];
  /** Null where there is no workflow run to upload to. */
  readonly artifacts: Artifacts | null;
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
