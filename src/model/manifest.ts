import type { ElementDigest } from './elements.ts';
import type { CheckResult, InstalledPackage, OutputFile } from './image.ts';
import type { LayerReport } from './layers.ts';
import type { ArchiveState } from './plan.ts';
import type { PhaseRun } from './timeline.ts';

export const manifestVersion = 1;

/** manifest.json: where an image came from and what is in it. Published as docs/manifest.schema.json. */
export interface Manifest {
  readonly manifestVersion: typeof manifestVersion;
  readonly buildId: string;
  readonly builtAt: string;
  readonly durationSeconds: number;
  readonly builder: { readonly name: string; readonly version: string };
  readonly tools: Readonly<Record<string, string>>;
  readonly host: { readonly os: string; readonly kernel: string; readonly architecture: string };
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly guest: {
    readonly os: string;
    readonly release: string;
    readonly version: string;
    readonly architecture: string;
    readonly username: string;
    readonly agent: string;
    readonly agentVersion: string | null;
  };
  readonly sources: readonly ArchiveState[];
  readonly elements: readonly Omit<ElementDigest, 'path'>[];
  readonly environment: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  readonly phases: readonly PhaseRun[];
  readonly layers: readonly LayerReport[];
  readonly packages: readonly Omit<InstalledPackage, 'status'>[];
  readonly image: {
    readonly virtualSizeBytes: number;
    readonly fileSystem: string;
    readonly usedBytes: number;
    readonly fileCount: number;
    readonly partitions: readonly {
      readonly number: number;
      readonly sizeBytes: number;
      readonly fsType: string | null;
    }[];
  };
  readonly checks: readonly CheckResult[];
  readonly files: readonly Omit<OutputFile, 'path'>[];
}
