import type { ElementDigest } from '../../model/elements.ts';
import type { HostFacts } from '../../model/host.ts';
import type { CheckResult, ImageFacts, InstalledPackage, OutputFile } from '../../model/image.ts';
import type { Inputs } from '../../model/inputs.ts';
import type { LayerReport } from '../../model/layers.ts';
import { type Manifest, type ManifestTrove, manifestVersion } from '../../model/manifest.ts';
import type { ArchiveState, Plan } from '../../model/plan.ts';
import type { PhaseRun } from '../../model/timeline.ts';
import type { Constraints } from '../../model/trove.ts';

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
  readonly constraints: Constraints | null;
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
    inputs: selectInputs(record.inputs),
    guest: {
      ...guest,
      agentVersion: describeAgent(record),
    },
    holdsSecrets: plan.holdsSecrets,
    trove: describeTrove(record),
    containerImages: plan.containerImages,
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

function describeAgent({ packages, plan }: BuildRecord): string | null {
  const packaged = packages.find(({ name }) => name === 'trove-guestagent')?.version;
  if (packaged !== undefined || plan.trove === null) return packaged ?? null;
  const { series, code } = plan.trove;
  return code === null ? series : `${series} ${code.commit.slice(0, 12)}`;
}

function describeTrove({ plan, constraints }: BuildRecord): ManifestTrove | null {
  if (plan.trove === null || constraints === null) return null;
  const { origin, ref, series, code, isDirty } = plan.trove;
  return {
    origin: origin.startsWith('/') ? 'local checkout' : origin,
    ref,
    series,
    commit: code?.commit ?? null,
    isDirty,
    constraints: constraints.location.startsWith('/') ? 'local file' : constraints.location,
    constraintsSha256: constraints.sha256,
  };
}

/** Inputs without secrets and without paths of this machine; what they name is told by fields of its own. */
function selectInputs(all: Inputs) {
  const {
    workDir: _workDir,
    outputDir: _outputDir,
    cachePath: _cachePath,
    elementsPath: _elementsPath,
    trove: _trove,
    troveConfig: _troveConfig,
    development: _development,
    registries: _registries,
    secrets: _secrets,
    publication: _publication,
    ...inputs
  } = all;
  return inputs;
}
