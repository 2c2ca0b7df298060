import type { ContainerImage } from './datastores.ts';
import type { ElementDigest } from './elements.ts';
import type { CheckResult, InstalledPackage, OutputFile } from './image.ts';
import type { LayerReport } from './layers.ts';
import type { ArchiveState } from './plan.ts';
import type { PhaseRun } from './timeline.ts';

export const manifestVersion = 1;

export interface ManifestTrove {
  readonly origin: string;
  readonly ref: string;
  readonly series: string;
  readonly commit: string | null;
  readonly isDirty: boolean;
  readonly constraints: string;
  readonly constraintsSha256: string;
}

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
    /** Version of the agent's package, or branch and commit of its sources. */
    readonly agentVersion: string | null;
    readonly isDevelopment: boolean;
  };
  /** Inputs whose secrets are in the image; empty in every image that may leave the site. */
  readonly holdsSecrets: readonly string[];
  /** Trove's own sources, when the agent comes from them. */
  readonly trove: ManifestTrove | null;
  readonly containerImages: readonly ContainerImage[];
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
