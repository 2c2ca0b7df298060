import { createScrubber } from '../core/log/scrub.ts';
import { composeManifest } from '../core/report/manifest.ts';
import { composeOutputs } from '../core/report/outputs.ts';
import type { OutputFile } from '../model/image.ts';
import type { Manifest } from '../model/manifest.ts';
import type { Outputs } from '../model/output-table.ts';
import { version } from '../model/version.ts';
import { buildImage } from '../stages/build.ts';
import { convertImage } from '../stages/convert.ts';
import { inspectImage, judgeImage } from '../stages/inspect.ts';
import { readToolVersions, writeRecord } from '../stages/record.ts';
import { fetchKeyring } from '../stages/sources.ts';
import { uploadImages, uploadLog } from '../stages/upload.ts';
import { inWorkspace } from './cleaning.ts';
import { type Job, prepareJob } from './job.ts';
import { type BuildSettings, type Ports, stopIfCancelled } from './settings.ts';

export interface BuildResult {
  readonly outputs: Outputs;
  readonly manifest: Manifest;
}

/** The product: from inputs to a proven image, its record, and its artifact. */
export async function build(ports: Ports, settings: BuildSettings): Promise<BuildResult> {
  const startedAtMs = ports.clock.now();
  const { inputs, own, signal } = settings;
  const job = await prepareJob(ports, settings);
  const { plan, host, paths } = job;
  return inWorkspace(ports, settings, async (workspace) => {
    const keyring = await fetchKeyring(ports, plan, workspace);
    const scrub = createScrubber(settings.secrets);
    const request = {
      plan,
      host,
      workspace,
      keyring,
      elements: job.elements,
      hostDir: own.hostDir,
    };
    const built = await keepLog(ports, settings, job, () =>
      buildImage(ports, { ...request, logPath: paths.log, scrub }),
    );
    stopIfCancelled(signal);

    ports.log.chapter('Check the image');
    const inspection = await inspectImage(ports, built.rawPath, workspace, own.hostDir);
    const checks = plan.verify ? judgeImage(ports, inspection.facts) : [];
    stopIfCancelled(signal);

    ports.log.chapter('Write the image files');
    const files = await convertImage(ports, plan, built.rawPath, host.processors);
    const toolVersions = await readToolVersions(ports.commands, job.builder.version);
    const durationMs = ports.clock.now() - startedAtMs;
    const run = { version, startedAtMs, durationMs, inputs, toolVersions };
    const manifest = composeManifest({ ...run, ...job, ...built, ...inspection, checks, files });
    await writeRecord(ports.files, paths, manifest);
    stopIfCancelled(signal);

    const artifact = await upload(ports, settings, job, files);
    const finished = {
      manifest,
      files,
      manifestPath: paths.manifest,
      logPath: paths.log,
      artifact,
    };
    return {
      manifest,
      outputs: composeOutputs({ ...finished, durationMs: ports.clock.now() - startedAtMs }),
    };
  });
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
    stopIfCancelled(settings.signal);
    if (settings.artifacts) {
      const name = `${job.plan.imageName}-failed-log`;
      await uploadLog(
        { log: ports.log, artifacts: settings.artifacts },
        name,
        job.paths.log,
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
