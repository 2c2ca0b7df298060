import { computeImageId } from '../core/layers/image-id.ts';
import type { OutputFile } from '../model/image.ts';
import type { LayerReport } from '../model/layers.ts';
import type { Manifest } from '../model/manifest.ts';
import { version } from '../model/version.ts';
import { placeImages } from '../stages/convert.ts';
import { replaceRecord, writeRecord } from '../stages/record.ts';
import { keepImage, limitImageAge, reuseImage } from '../stages/reuse-image.ts';
import { trimCache } from '../stages/trim-cache.ts';
import type { Job } from './job.ts';
import { findSecretVariables } from './open-layering.ts';
import type { BuildSettings, CacheSettings, Ports } from './settings.ts';

const dayMs = 86_400_000;
const gib = 1024 ** 3;

/** Files of an image in their place, and the record of the build that made them. */
export interface Made {
  readonly manifest: Manifest;
  readonly files: readonly OutputFile[];
  readonly layers: readonly LayerReport[];
}

/** The finished image of an earlier build, when nothing at all has changed since; null when there is none. */
export async function reuseFinished(
  ports: Ports,
  settings: BuildSettings,
  job: Job,
): Promise<Made | null> {
  const { cache, inputs } = settings;
  if (cache?.images == null || !cache.mode.includes('read')) return null;
  const maxAgeMs = await limitAge(ports, settings, job);
  if (maxAgeMs === 0) return null;
  const id = computeImageId(job.plan, job.buildId, version);
  const { outputDir } = job.plan;
  const reused = await reuseImage({ ...ports, images: cache.images }, { id, outputDir, maxAgeMs });
  if (reused === null) return null;
  const { image, manifest, drafts } = reused;
  ports.log.info(`Nothing has changed since ${manifest.builtAt}: that image is used again.`);
  await ports.files.removeFile(job.paths.runningLog);
  await ports.files.write(job.paths.runningLog, image.log);
  await replaceRecord(ports.files, job.paths);
  const files = await placeImages(ports.files, drafts);
  await writeRecord(ports.files, job.paths, manifest);
  await trimCache({ log: ports.log, shelf: cache.images }, inputs.cacheMaxSizeGib * gib);
  return { manifest, files, layers: [describeReuse(ports, id, manifest, files)] };
}

/** Keeps a finished image beside the layers, and the cache within its bound. */
export async function keepFinished(
  ports: Ports,
  settings: BuildSettings,
  cache: CacheSettings,
  job: Job,
  { manifest, files }: Made,
): Promise<void> {
  const { images } = cache;
  if (images === null || !cache.mode.includes('write')) return;
  const hasSecrets = findSecretVariables(job.plan.environment, settings.secrets).length > 0;
  if (!hasSecrets && (await limitAge(ports, settings, job)) > 0) {
    const id = computeImageId(job.plan, job.buildId, version);
    await keepImage({ ...ports, images }, id, manifest, files, job.paths.log);
  }
  await trimCache({ log: ports.log, shelf: images }, settings.inputs.cacheMaxSizeGib * gib);
}

const limitAge = (ports: Ports, { inputs }: BuildSettings, { elements }: Job): Promise<number> =>
  limitImageAge(ports.files, elements, inputs.cacheMaxAgeDays * dayMs);

const describeReuse = (
  ports: Ports,
  key: string,
  manifest: Manifest,
  files: readonly OutputFile[],
): LayerReport => ({
  ...{ position: 'image', result: 'hit', key, reason: '', saved: false },
  sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  ageMs: Math.max(0, ports.clock.now() - Date.parse(manifest.builtAt)),
  costMs: manifest.durationSeconds * 1000,
});
