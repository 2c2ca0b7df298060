import { readFailure } from '../core/datastores/failure.ts';
import { parseReference, spellFully } from '../core/datastores/reference.ts';
import { composeCopyCall } from '../core/datastores/skopeo.ts';
import { describeTrouble } from '../core/datastores/trouble.ts';
import { failure, TroveImageError } from '../errors.ts';
import type { ContainerImage, RegistryAccess } from '../model/datastores.ts';
import type { Commands } from '../ports/commands.ts';
import type { Files } from '../ports/files.ts';
import type { Log } from '../ports/log.ts';

export interface PullPorts {
  readonly commands: Commands;
  readonly files: Files;
  readonly log: Log;
}

export interface PullPlaces {
  readonly hostDir: string;
  /** Holds the images until they are packed; made, and removed again. */
  readonly directory: string;
  /** The archive that docker load takes; made. */
  readonly archivePath: string;
}

/** Pulls images by the digests of their manifests, and packs them into one archive. */
export async function pullContainerImages(
  ports: PullPorts,
  images: readonly ContainerImage[],
  { hostDir, directory, archivePath }: PullPlaces,
  access: RegistryAccess,
): Promise<void> {
  // one image may have several names
  const byManifest = [...new Map(images.map((image) => [image.manifestDigest, image])).values()];
  const placeOf = (digest: string): string => `${directory}/${digest.slice('sha256:'.length)}`;
  await ports.files.makePrivateDirectory(directory);
  try {
    for (const [index, image] of byManifest.entries()) {
      const size = `${(image.sizeBytes / 1e6).toFixed(1)} MB`;
      ports.log.progress(`${index + 1}/${byManifest.length} ${image.source}, ${size}`);
      await copy(ports, image, placeOf(image.manifestDigest), directory, access);
    }
    const named = images.flatMap(({ target, manifestDigest }) => [
      ...[nameOf(target), manifestDigest, placeOf(manifestDigest)],
    ]);
    await pack(ports, hostDir, archivePath, named);
  } finally {
    await ports.commands.run(['rm', '-r', '--force', '--one-file-system', directory]);
  }
}

function nameOf(target: string): string {
  const reference = parseReference(target);
  return reference === null ? target : spellFully(reference);
}

async function copy(
  ports: PullPorts,
  image: ContainerImage,
  place: string,
  scratch: string,
  access: RegistryAccess,
): Promise<void> {
  const lines: string[] = [];
  const argv = composeCopyCall(image.source, image.manifestDigest, place, scratch, access);
  const { exitCode, stderr } = await ports.commands.run(argv, {
    onLine: (line) => {
      lines.push(line);
      ports.log.detail(line);
    },
  });
  if (exitCode === 0) return;
  const said = [...lines, stderr.trim()].filter((line) => line !== '').slice(-5);
  throw new TroveImageError('host', [describeTrouble(image, said.join('\n'))]);
}

async function pack(
  ports: PullPorts,
  hostDir: string,
  archivePath: string,
  named: readonly string[],
): Promise<void> {
  const program = ['/usr/bin/python3', '-I', `${hostDir}/pack-container-images`] as const;
  const { exitCode, stderr } = await ports.commands.run([...program, archivePath, ...named]);
  if (exitCode === 0) return;
  const { error, message } = readFailure(stderr);
  if (error === 'no-space') {
    const hint = 'Free space in work-dir, or give a directory on another disk.';
    throw failure('host', 'no-space', `${archivePath}: ${message}`, hint);
  }
  throw failure(
    'host',
    'container-image-damaged',
    `The container images could not be packed: ${message}.`,
    'Try again, and push the image anew where it stays so.',
  );
}
