import { createHash } from 'node:crypto';
import { type ImageManifest, readManifest, readPlatform } from '../core/datastores/manifest.ts';
import { parseReference } from '../core/datastores/reference.ts';
import { composeConfigCall, composeManifestCall } from '../core/datastores/skopeo.ts';
import { describeImage, describeTrouble, isInputProblem } from '../core/datastores/trouble.ts';
import { type Problem, TroveImageError } from '../errors.ts';
import type { ContainerImage, RegistryAccess, WantedImage } from '../model/datastores.ts';
import type { Architecture } from '../model/inputs.ts';
import type { Commands } from '../ports/commands.ts';
import type { Log } from '../ports/log.ts';

export interface FindImagesPorts {
  readonly commands: Commands;
  readonly log: Log;
}

/** Asks the registries what the wanted images are for an architecture; throws one error with all that are not there. */
export async function findContainerImages(
  ports: FindImagesPorts,
  wanted: readonly WantedImage[],
  architecture: Architecture,
  access: RegistryAccess,
): Promise<readonly ContainerImage[]> {
  const images: ContainerImage[] = [];
  const problems: Problem[] = [];
  for (const [index, image] of wanted.entries()) {
    ports.log.progress(`${index + 1}/${wanted.length} ${image.source}`);
    try {
      const found = await findImage(ports.commands, image, `linux/${architecture}`, access);
      images.push(found);
      ports.log.info(
        `${image.target}: ${found.manifestDigest}, ${(found.sizeBytes / 1e6).toFixed(1)} MB${image.source === image.target ? '' : ` from ${image.source}`}`,
      );
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      problems.push(error.problem);
    }
  }
  if (problems.length > 0)
    throw new TroveImageError(problems.every(isInputProblem) ? 'input' : 'host', problems);
  return images;
}

/** Ends the search for one image, not for the others. */
class Refusal extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

async function findImage(
  commands: Commands,
  image: WantedImage,
  platform: string,
  access: RegistryAccess,
): Promise<ContainerImage> {
  const ask = (argv: readonly [string, ...string[]]) => askRegistry(commands, image, argv);
  const named = parseReference(image.source)?.digest ?? null;
  const first = await ask(composeManifestCall(image.source, null, access));
  if (named !== null) expectDigest(image, first, named);
  const top = readManifest(first);
  if (top.kind === 'unknown') throw refuseForm(image, top.reason);
  const manifestDigest =
    top.kind === 'image' ? digestOf(first) : chooseEntry(image, top.entries, platform);
  const text =
    top.kind === 'image'
      ? first
      : await ask(composeManifestCall(image.source, manifestDigest, access));
  expectDigest(image, text, manifestDigest);
  const manifest = readImage(image, text);
  const config = await ask(composeConfigCall(image.source, manifestDigest, access));
  expectDigest(image, config, manifest.configDigest);
  const found = readPlatform(config);
  if (found !== platform) throw refusePlatform(image, platform, [found ?? 'no platform']);
  return {
    ...image,
    digest: digestOf(first),
    manifestDigest,
    configDigest: manifest.configDigest,
    sizeBytes: manifest.sizeBytes + Buffer.byteLength(text),
  };
}

async function askRegistry(
  commands: Commands,
  image: WantedImage,
  argv: readonly [string, ...string[]],
): Promise<string> {
  const { exitCode, stdout, stderr } = await commands.run(argv);
  if (exitCode === 0) return stdout;
  throw new Refusal(describeTrouble(image, stderr));
}

function readImage(image: WantedImage, text: string): ImageManifest {
  const manifest = readManifest(text);
  if (manifest.kind === 'image') return manifest;
  throw refuseForm(image, manifest.kind === 'list' ? 'it is a list in a list' : manifest.reason);
}

function chooseEntry(
  image: WantedImage,
  entries: readonly { readonly platform: string; readonly digest: string }[],
  platform: string,
): string {
  const entry = entries.find((each) => each.platform === platform);
  if (entry !== undefined) return entry.digest;
  throw refusePlatform(
    image,
    platform,
    entries.map((each) => each.platform),
  );
}

const digestOf = (text: string): string =>
  `sha256:${createHash('sha256').update(text).digest('hex')}`;

function expectDigest(image: WantedImage, text: string, digest: string): void {
  if (digestOf(text) !== digest)
    throw new Refusal(describeTrouble(image, `digest mismatch: ${digest} is ${digestOf(text)}`));
}

const refusePlatform = (image: WantedImage, platform: string, others: readonly string[]): Refusal =>
  new Refusal(
    describeImage(
      image,
      'container-image-architecture',
      `it is not there for ${platform}, but for ${others.filter((each) => !each.startsWith('unknown')).join(', ') || 'nothing'}`,
      'Use an image for the architecture of the guest.',
    ),
  );

const refuseForm = (image: WantedImage, reason: string): Refusal =>
  new Refusal(
    describeImage(
      image,
      'container-image-form',
      `docker cannot load what is there under this name: ${reason}`,
      'Use an image that docker pull takes.',
    ),
  );
