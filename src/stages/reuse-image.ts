import { findImpure } from '../core/layers/chroot.ts';
import { judgeImage } from '../core/layers/image-id.ts';
import type { Element } from '../model/elements.ts';
import type { OutputFile } from '../model/image.ts';
import { layerFormat, type StoredImage } from '../model/layers.ts';
import type { Manifest } from '../model/manifest.ts';
import type { ImageStore } from '../ports/cache.ts';
import type { Files } from '../ports/files.ts';
import type { Log } from '../ports/log.ts';
import type { Clock } from '../ports/machine.ts';

export interface ReusePorts {
  readonly clock: Clock;
  readonly files: Files;
  readonly images: ImageStore;
  readonly log: Log;
}

/** A stored image whose files lie in the output directory under hidden names, each with the digest of its build. */
export interface ReusedImage {
  readonly image: StoredImage;
  readonly manifest: Manifest;
  readonly drafts: readonly (OutputFile & { readonly partialPath: string })[];
}

const dayMs = 86_400_000;

/**
 * How long an image of these elements is good for: a source repository may move at any time, and so may what
 * scripts fetch by themselves.
 */
export async function limitImageAge(
  files: Files,
  elements: readonly Element[],
  maxAgeMs: number,
): Promise<number> {
  if (elements.some(({ sourceRepositories }) => sourceRepositories.length > 0)) return 0;
  const scripts = elements.flatMap(({ path, scripts: byPhase }) =>
    Object.entries(byPhase).flatMap(([phase, names]) =>
      names.map((name) => `${path}/${phase}.d/${name}`),
    ),
  );
  const texts = await Promise.all(
    scripts.map(async (id) => ({ id, text: await files.read(id).catch(() => null) })),
  );
  return findImpure(texts).length > 0 ? Math.min(maxAgeMs, dayMs) : maxAgeMs;
}

/** Brings the files of a stored image and checks their digests; null, with a warning, when one is not what it was. */
export async function reuseImage(
  ports: ReusePorts,
  { id, outputDir, maxAgeMs }: { id: string; outputDir: string; maxAgeMs: number },
): Promise<ReusedImage | null> {
  const drafts: (OutputFile & { partialPath: string })[] = [];
  try {
    const found = await ports.images.findImage(id);
    const image = judgeImage(found, { id, nowMs: ports.clock.now(), maxAgeMs });
    if (image === null) return null;
    const manifest = JSON.parse(image.manifest) as Manifest;
    for (const file of image.files) {
      const partialPath = `${outputDir}/.${file.fileName}.partial`;
      await ports.files.removeFile(partialPath);
      drafts.push({ ...file, path: `${outputDir}/${file.fileName}`, partialPath });
      await ports.images.fetchImageFile(id, file.fileName, partialPath);
      const { sha256 } = await ports.files.digest(partialPath);
      if (sha256 !== file.sha256) throw new Error(`${file.fileName} has the digest ${sha256}`);
    }
    return { image, manifest, drafts };
  } catch (error) {
    for (const { partialPath } of drafts) await ports.files.removeFile(partialPath);
    ports.log.warning({
      code: 'image-refused',
      message: `The finished image in the cache is not used: ${(error as Error).message}.`,
      hint: 'It is built again. Check the disk of the cache; trove-image cache rm removes the entry.',
    });
    return null;
  }
}

/** Keeps a finished image for a build in which nothing has changed; trouble is a warning. */
export async function keepImage(
  ports: Omit<ReusePorts, 'clock'>,
  id: string,
  manifest: Manifest,
  files: readonly OutputFile[],
  logPath: string,
): Promise<void> {
  try {
    const image: StoredImage = {
      format: layerFormat,
      id,
      savedAtMs: Date.parse(manifest.builtAt),
      files: manifest.files,
      manifest: JSON.stringify(manifest),
      log: await ports.files.read(logPath),
    };
    const named = files.map(({ fileName, path }) => ({ name: fileName, path }));
    await ports.images.storeImage(image, named);
  } catch (error) {
    ports.log.warning({
      code: 'cache-trouble',
      message: `The finished image was not kept in the cache: ${(error as Error).message}`,
      hint: 'Nothing is wrong with the image itself. Check space and rights of cache-path.',
    });
  }
}
