import { listPaths } from '../core/image/run.ts';
import { renderLayers } from '../core/layers/report.ts';
import { createScrubber } from '../core/log/scrub.ts';
import { composeManifest } from '../core/report/manifest.ts';
import { composeOutputs } from '../core/report/outputs.ts';
import type { OutputFile } from '../model/image.ts';
import type { LayerReport } from '../model/layers.ts';
import type { Manifest } from '../model/manifest.ts';
import type { Outputs } from '../model/output-table.ts';
import type { Plan, Workspace } from '../model/plan.ts';
import { version } from '../model/version.ts';
import { buildImage } from '../stages/build.ts';
import { convertImage, placeImages, withdrawDrafts } from '../stages/convert.ts';
import { describeTrouble } from '../stages/find-layer.ts';
import { inspectImage, judgeImage } from '../stages/inspect.ts';
import { layOut } from '../stages/lay-out.ts';
import { pullContainerImages } from '../stages/pull-container-images.ts';
import { readToolVersions, replaceRecord, writeRecord } from '../stages/record.ts';
import { withRegistryLogins } from '../stages/registry-logins.ts';
import { fetchKeyring } from '../stages/sources.ts';
import { uploadImages, uploadLog } from '../stages/upload.ts';
import { inWorkspace } from './cleaning.ts';
import { type Job, prepareJob } from './job.ts';
import { openLayering } from './open-layering.ts';
import { keepFinished, type Made, nameImage, reuseFinished } from './reuse.ts';
import { type BuildSettings, type Ports, stopIfCancelled } from './settings.ts';

export interface BuildResult {
  readonly outputs: Outputs;
  readonly manifest: Manifest;
  /** What the cache did for this build; the manifest of an image that is used again tells of its own. */
  readonly layers: readonly LayerReport[];
}

/** The product: from inputs to a proven image, its record, and its artifact. */
export async function build(ports: Ports, settings: BuildSettings): Promise<BuildResult> {
  try {
    return await runBuild(ports, settings);
  } catch (error) {
    // what was killed or given up reports a failure of its own, which nobody asked for
    stopIfCancelled(settings.signal);
    throw error;
  }
}

async function runBuild(ports: Ports, settings: BuildSettings): Promise<BuildResult> {
  const startedAtMs = ports.clock.now();
  const job = await prepareJob(ports, settings);
  const run = (how: BuildSettings): Promise<Made> =>
    inWorkspace(ports, how, (workspace) =>
      keepLog(ports, how, job, () => make(ports, how, job, workspace, startedAtMs)),
    );
  const again = (error: unknown): Promise<Made> => {
    if (!(error instanceof BrokenLayers)) throw error;
    ports.log.warning(describeTrouble('The build begins again without layers', error.message));
    return run({ ...settings, cache: null });
  };
  const name = settings.cache === null ? null : await nameImage(ports, settings, job);
  const reused = await reuseFinished(ports, settings, job, name);
  const made = reused ?? (await run(settings).catch(again));
  if (reused === null) await keepFinished(ports, settings, job, name, made);
  stopIfCancelled(settings.signal);
  const artifact = await upload(ports, settings, job, made.files);
  const durationMs = ports.clock.now() - startedAtMs;
  return {
    manifest: made.manifest,
    layers: made.layers,
    outputs: composeOutputs({ ...made, ...job, artifact, durationMs }),
  };
}

/** A tree that was half restored: no failure of the build. */
class BrokenLayers extends Error {}

/** Builds, checks and writes the image files and their record. */
async function make(
  ports: Ports,
  settings: BuildSettings,
  job: Job,
  workspace: Workspace,
  startedAtMs: number,
): Promise<Made> {
  const { inputs, own, signal, cache } = settings;
  const { plan, host, paths } = job;
  const keyring = await fetchKeyring(ports, plan, workspace);
  await layOut(ports.files, plan, workspace, job);
  await pullImages(ports, settings, plan, workspace);
  stopIfCancelled(signal);
  const run = { workspace, keyring, hostDir: own.hostDir, logPath: paths.runningLog };
  const scrub = createScrubber(settings.secrets);
  const layering =
    cache === null ? null : await openLayering(ports, settings, cache, job, workspace);
  const built = await buildImage(ports, { ...job, ...run, scrub, layers: layering }).catch(
    (error: Error) => {
      const reason = layering?.brokenBy();
      throw reason == null ? error : new BrokenLayers(reason);
    },
  );
  stopIfCancelled(signal);
  const layers = (await layering?.finish()) ?? [];
  if (layering !== null) ports.log.chapter('Layers');
  for (const line of renderLayers(layers)) ports.log.info(line);

  ports.log.chapter('Check the image');
  // both only read the raw image, and each leaves the machine idle for a part of its time
  const converting = convertImage(ports, plan, built.rawPath, host.processors);
  // its failure is told where it is awaited
  converting.catch(() => undefined);
  const checked = await checkImage(ports, settings, job, built.rawPath, workspace).catch(
    async (error: Error) => {
      await withdrawDrafts(ports.files, converting);
      throw error;
    },
  );
  ports.log.chapter('Write the image files');
  const drafts = await converting;
  await replaceRecord(ports.files, paths);
  const files = await placeImages(ports.files, drafts);
  const toolVersions = await readToolVersions(ports.commands, job.builder.version);
  const facts = { version, startedAtMs, durationMs: ports.clock.now() - startedAtMs, toolVersions };
  const manifest = composeManifest({
    inputs,
    ...facts,
    ...job,
    ...built,
    ...checked,
    layers,
    files,
  });
  await writeRecord(ports.files, paths, manifest);
  return { manifest, files, layers };
}

/** Brings the container images that the guest gets. */
async function pullImages(
  ports: Ports,
  { inputs, own }: BuildSettings,
  { containerImages }: Plan,
  workspace: Workspace,
): Promise<void> {
  if (containerImages.length === 0) return;
  ports.log.chapter('Pull container images');
  const { registries, secrets } = inputs;
  const path = `${workspace.path}/registries.json`;
  const places = {
    hostDir: own.hostDir,
    directory: `${workspace.path}/containers`,
    archivePath: listPaths(workspace).containers,
  };
  await withRegistryLogins(
    ports.files,
    { path, authFile: registries.authFile, logins: secrets.registryLogins },
    (authFile) =>
      pullContainerImages(ports, containerImages, places, {
        authFile,
        insecure: registries.insecure,
      }),
  );
}

async function checkImage(
  ports: Ports,
  { own, signal }: BuildSettings,
  { plan }: Job,
  rawPath: string,
  workspace: Workspace,
) {
  const inspection = await inspectImage(ports, rawPath, workspace, own.hostDir);
  const checks = plan.verify ? judgeImage(ports, inspection.facts, plan) : [];
  stopIfCancelled(signal);
  return { ...inspection, checks };
}

/** A failed build keeps its log, in the output directory and as an artifact. */
async function keepLog<T>(
  ports: Ports,
  settings: BuildSettings,
  job: Job,
  body: () => Promise<T>,
): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (error instanceof BrokenLayers) throw error;
    const { runningLog, failedLog } = job.paths;
    // there is none when the build failed before it began, or after its log was put in place
    const kept = await ports.files.rename(runningLog, failedLog).then(
      () => true,
      () => false,
    );
    stopIfCancelled(settings.signal);
    if (kept) ports.log.info(`The build log is kept: ${failedLog}`);
    if (kept && settings.artifacts) {
      const name = `${job.plan.imageName}-failed-log`;
      await uploadLog(
        { log: ports.log, artifacts: settings.artifacts },
        name,
        failedLog,
        settings.inputs.retentionDays,
      );
    }
    throw error;
  }
}

async function upload(
  ports: Ports,
  settings: BuildSettings,
  job: Job,
  files: readonly OutputFile[],
) {
  const { inputs, artifacts } = settings;
  if (artifacts === null) return null;
  ports.log.chapter('Upload artifacts');
  return uploadImages(
    { log: ports.log, artifacts },
    {
      files,
      companions: [job.paths.manifest, job.paths.sums, job.paths.log],
      outputDir: job.plan.outputDir,
      companionsName: inputs.artifact === 'auto' ? `${job.plan.imageName}-build` : inputs.artifact,
      retentionDays: inputs.retentionDays,
    },
  );
}
