import { findImpure } from '../core/layers/chroot.ts';
import { judgeImage } from '../core/layers/image-id.ts';
import { type Repository, readCommit } from '../core/layers/repositories.ts';
import type { OutputFile } from '../model/image.ts';
import { type HookFile, layerFormat, type StoredImage } from '../model/layers.ts';
import type { Manifest } from '../model/manifest.ts';
import type { ImageStore } from '../ports/cache.ts';
import type { Commands } from '../ports/commands.ts';
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

/** How long an image is good for: what its scripts fetch by themselves may move at any time. */
export function limitImageAge(hooks: readonly HookFile[], maxAgeMs: number): number {
  const scripts = hooks
    .filter(({ path }) => /^[a-z-]+\.d\//.test(path) && !path.startsWith('environment.d/'))
    .map(({ path, text }) => ({ id: path, text }));
  return findImpure(scripts).length > 0 ? Math.min(maxAgeMs, dayMs) : maxAgeMs;
}

/** The commits of the repositories that a build is about to clone; null when one of them cannot be told. */
export async function readRevisions(
  commands: Commands,
  repositories: readonly Repository[] | null,
): Promise<Readonly<Record<string, string>> | null> {
  if (repositories === null) return null;
  const revisions: Record<string, string> = {};
  for (const { path, location, ref } of repositories) {
    const { exitCode, stdout } = await commands.run(
      ['timeout', '30', 'git', 'ls-remote', '--', location],
      { environment: { GIT_TERMINAL_PROMPT: '0' } },
    );
    const commit = exitCode === 0 ? readCommit(stdout, ref) : null;
    if (commit === null) return null;
    revisions[path] = `${location} ${commit}`;
  }
  return revisions;
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
