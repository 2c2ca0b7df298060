import { computeImageId } from '../core/layers/image-id.ts';
import { listRepositories } from '../core/layers/repositories.ts';
import type { OutputFile } from '../model/image.ts';
import type { LayerReport } from '../model/layers.ts';
import type { Manifest } from '../model/manifest.ts';
import { version } from '../model/version.ts';
import { placeImages } from '../stages/convert.ts';
import { replaceRecord, writeRecord } from '../stages/record.ts';
import { keepImage, limitImageAge, readRevisions, reuseImage } from '../stages/reuse-image.ts';
import { trimCache } from '../stages/trim-cache.ts';
import type { Job } from './job.ts';
import { findSecretVariables } from './open-layering.ts';
import type { BuildSettings, Ports } from './settings.ts';

const dayMs = 86_400_000;
const gib = 1024 ** 3;

/** Files of an image in their place, and the record of the build that made them. */
export interface Made {
  readonly manifest: Manifest;
  readonly files: readonly OutputFile[];
  readonly layers: readonly LayerReport[];
}

/** Names the image that a build is about to make, and how old it may be. */
export interface ImageName {
  readonly id: string;
  readonly maxAgeMs: number;
}

/** The name of the image of a build; null where something in it can only be known by building it. */
export async function nameImage(
  ports: Pick<Ports, 'commands' | 'elements'>,
  { inputs }: Pick<BuildSettings, 'inputs'>,
  { plan, elements, buildId }: Pick<Job, 'plan' | 'elements' | 'buildId'>,
): Promise<ImageName | null> {
  if (plan.holdsSecrets.length > 0) return null;
  const hooks = await ports.elements.hookFiles(elements);
  const repositories = listRepositories(hooks, plan.environment, listPinned(plan));
  const revisions = await readRevisions(ports.commands, repositories);
  if (revisions === null) return null;
  const maxAgeMs = limitImageAge(hooks, inputs.cacheMaxAgeDays * dayMs);
  return { id: computeImageId(plan, buildId, version, revisions), maxAgeMs };
}

/** Sources whose state is a part of the build id. */
const listPinned = ({ trove }: Job['plan']): readonly string[] =>
  trove === null ? [] : ['upper-constraints', ...(trove.code === null ? [] : ['guest-agent'])];

/** The finished image of an earlier build, when nothing at all has changed since; null when there is none. */
export async function reuseFinished(
  ports: Ports,
  { cache, inputs }: BuildSettings,
  job: Job,
  name: ImageName | null,
): Promise<Made | null> {
  if (name === null || cache?.images == null || !cache.mode.includes('read')) return null;
  const { outputDir } = job.plan;
  const reused = await reuseImage({ ...ports, images: cache.images }, { ...name, outputDir });
  if (reused === null) return null;
  const { image, manifest, drafts } = reused;
  ports.log.info(`Nothing has changed since ${manifest.builtAt}: that image is used again.`);
  await ports.files.removeFile(job.paths.runningLog);
  await ports.files.write(job.paths.runningLog, image.log);
  await replaceRecord(ports.files, job.paths);
  const files = await placeImages(ports.files, drafts);
  await writeRecord(ports.files, job.paths, manifest);
  await trimCache({ log: ports.log, shelf: cache.images }, inputs.cacheMaxSizeGib * gib);
  return { manifest, files, layers: [describeReuse(ports, name.id, manifest, files)] };
}

/** Keeps a finished image beside the layers, and the cache within its bound. `name` is from before the build. */
export async function keepFinished(
  ports: Ports,
  settings: BuildSettings,
  job: Job,
  name: ImageName | null,
  { manifest, files }: Made,
): Promise<void> {
  const { cache, inputs } = settings;
  if (cache?.images == null || !cache.mode.includes('write')) return;
  const hasSecrets = findSecretVariables(job.plan.environment, settings.secrets).length > 0;
  // a repository that moved meanwhile leaves open which commit the image holds
  const now = hasSecrets ? null : await nameImage(ports, settings, job);
  if (now !== null && now.id === name?.id && now.maxAgeMs > 0) {
    const { id } = now;
    await keepImage({ ...ports, images: cache.images }, id, manifest, files, job.paths.log);
  }
  await trimCache({ log: ports.log, shelf: cache.images }, inputs.cacheMaxSizeGib * gib);
}

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
