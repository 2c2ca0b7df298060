import type { Element, ElementDigest } from '../model/elements.ts';
import type { DiskimageBuilderFacts, HostFacts } from '../model/host.ts';
import type { ArchiveState, Plan } from '../model/plan.ts';
import type { Constraints } from '../model/trove.ts';
import { sweepWorkspaces } from '../stages/clean.ts';
import { findElements, identify } from '../stages/identify.ts';
import { readSecretFiles, type SecretFiles } from '../stages/lay-out.ts';
import { prepare } from '../stages/prepare.ts';
import { readConstraints } from '../stages/read-constraints.ts';
import type { RecordPaths } from '../stages/record.ts';
import { readArchives } from '../stages/sources.ts';
import { createGather } from './gather.ts';
import { type BuildSettings, type Ports, stopIfCancelled } from './settings.ts';

/** Everything that is known before the expensive part begins. */
export interface Job {
  readonly host: HostFacts;
  readonly plan: Plan;
  readonly builder: DiskimageBuilderFacts;
  readonly buildId: string;
  readonly elements: readonly Element[];
  readonly digests: readonly ElementDigest[];
  readonly archives: readonly ArchiveState[];
  readonly constraints: Constraints | null;
  readonly secretFiles: SecretFiles;
  readonly paths: RecordPaths;
}

/** Makes the machine fit, and finds out all that can be wrong before minutes are spent. */
export async function prepareJob(ports: Ports, settings: BuildSettings): Promise<Job> {
  const { inputs, own, signal } = settings;
  ports.log.chapter('Prepare the machine');
  for (const name of await sweepWorkspaces(ports, inputs.workDir)) {
    ports.log.info(`Cleaned up after a build that died: ${name}`);
  }
  const secretFiles = await readSecretFiles(ports.files, inputs);
  const { host, plan } = await prepare(ports, inputs, own, createGather(ports, inputs, own));
  const builder = host.diskimageBuilder;
  if (builder === null) throw new Error('there is no diskimage-builder after it was installed');
  const elements = await findElements(ports.elements, plan, builder);
  stopIfCancelled(signal);

  ports.log.chapter('Look at the package archives');
  const archives = await readArchives(ports, plan.sources.archives);
  const constraints = plan.trove === null ? null : await readConstraints(ports, plan.trove);
  const constraintsSha256 = constraints?.sha256 ?? null;
  const identity = await identify(ports, plan, builder, elements, { archives, constraintsSha256 });
  stopIfCancelled(signal);
  await ports.files.makeDirectory(plan.outputDir);
  return {
    ...{ host, plan, builder, archives, constraints, secretFiles },
    ...identity,
    paths: listPaths(plan),
  };
}

function listPaths({ outputDir, imageName }: Plan): RecordPaths {
  return {
    log: `${outputDir}/${imageName}.log`,
    runningLog: `${outputDir}/.${imageName}.running.log`,
    failedLog: `${outputDir}/${imageName}.failed.log`,
    manifest: `${outputDir}/manifest.json`,
    sums: `${outputDir}/SHA256SUMS`,
  };
}
