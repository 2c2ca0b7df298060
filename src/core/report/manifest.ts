import type { ElementDigest } from '../../model/elements.ts';
import type { HostFacts } from '../../model/host.ts';
import type { CheckResult, ImageFacts, InstalledPackage, OutputFile } from '../../model/image.ts';
import type { Inputs } from '../../model/inputs.ts';
import type { LayerReport } from '../../model/layers.ts';
import { type Manifest, manifestVersion } from '../../model/manifest.ts';
import type { ArchiveState, Plan } from '../../model/plan.ts';
import type { PhaseRun } from '../../model/timeline.ts';

/** Everything that the stages of a build have found out. */
export interface BuildRecord {
  readonly version: string;
  readonly buildId: string;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly inputs: Inputs;
  readonly host: HostFacts;
  readonly plan: Plan;
  readonly toolVersions: Readonly<Record<string, string>>;
  readonly digests: readonly ElementDigest[];
  readonly archives: readonly ArchiveState[];
  readonly phases: readonly PhaseRun[];
  readonly layers: readonly LayerReport[];
  readonly facts: ImageFacts;
  readonly packages: readonly InstalledPackage[];
  readonly checks: readonly CheckResult[];
  readonly files: readonly OutputFile[];
}

/** Puts the record into the published form; paths of this machine stay out. */
export function composeManifest(record: BuildRecord): Manifest {
  const { plan, facts } = record;
  const { troveVersion: _troveVersion, ...guest } = plan.guest;
  const {
    workDir: _workDir,
    outputDir: _outputDir,
    cachePath: _cachePath,
    elementsPath: _elementsPath,
    ...inputs
  } = record.inputs;
  return {
    manifestVersion,
    buildId: record.buildId,
    builtAt: new Date(record.startedAtMs).toISOString(),
    durationSeconds: Math.round(record.durationMs / 1000),
    builder: { name: 'trove-image', version: record.version },
    tools: record.toolVersions,
    host: {
      os: record.host.os.prettyName,
      kernel: record.host.kernel,
      architecture: record.host.architecture,
    },
    inputs,
    guest: {
      ...guest,
      agentVersion:
        record.packages.find(({ name }) => name === 'trove-guestagent')?.version ?? null,
    },
    sources: record.archives,
    elements: record.digests.map(({ name, sha256 }) => ({ name, sha256 })),
    environment: plan.environment,
    command: ['disk-image-create', ...plan.arguments],
    phases: record.phases,
    layers: record.layers,
    packages: record.packages.map(({ name, version, architecture }) => ({
      name,
      version,
      architecture,
    })),
    image: {
      virtualSizeBytes: plan.imageSizeGib * 1024 ** 3,
      fileSystem: facts.root.fsType,
      usedBytes: facts.root.usedBytes,
      fileCount: facts.files.length,
      partitions: facts.partitions.map(({ number, sizeBytes, fsType }) => ({
        number,
        sizeBytes,
        fsType,
      })),
    },
    checks: record.checks,
    files: record.files.map(({ format, fileName, sizeBytes, sha256 }) => ({
      format,
      fileName,
      sizeBytes,
      sha256,
    })),
  };
}
