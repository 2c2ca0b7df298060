import { type Problem, TroveImageError } from '../../errors.ts';
import type { TroveDefaults, WantedImage } from '../../model/datastores.ts';
import { type DatastoreWish, type Nearest, resolveDatastore } from './datastore.ts';
import { parseReference, type Reference, spellFamiliarly } from './reference.ts';

/** What is wished for: the raw words of the inputs. */
export interface ContainerWish {
  /** `name` or `name:version`. */
  readonly datastores: readonly string[];
  readonly backupImages: boolean;
  /** `[source=]target`. */
  readonly containerImages: readonly string[];
}

/**
 * The images to embed, each target once. `defaults` may be null where no datastore is wished for. Throws all mistakes
 * at once.
 */
export function resolveImages(
  wish: ContainerWish,
  defaults: TroveDefaults | null,
  nearest: Nearest,
): readonly WantedImage[] {
  const problems: Problem[] = [];
  const named = wish.containerImages.flatMap((text) => keep(problems, readPair(text)));
  const ofDatastores = wish.datastores.flatMap((text) => {
    const [, name = '', version = null] = /^([^:]*)(?::(.*))?$/s.exec(text) ?? [];
    const each: DatastoreWish = { name, version, withBackup: wish.backupImages };
    return resolveDatastore(each, defaults ?? { source: 'Trove', datastores: {} }, nearest).flatMap(
      (image) => keep(problems, image),
    );
  });
  const images = merge(ofDatastores, named, problems);
  if (problems.length > 0) throw new TroveImageError('input', problems);
  return images;
}

function keep(problems: Problem[], item: WantedImage | Problem): readonly WantedImage[] {
  if ('target' in item) return [item];
  problems.push(item);
  return [];
}

/** One `[source=]target`. */
function readPair(text: string): WantedImage | Problem {
  const [first = '', second] = text.split(/=(.*)/s);
  const source = parseReference(first);
  const target = second === undefined ? source : parseReference(second);
  if (source === null || target === null)
    return describeReference(text, source === null ? first : (second ?? ''));
  if (second === undefined && source.tag === null && source.digest !== null)
    return describeNameless(text);
  if (second !== undefined && target.digest !== null) return describeDigestTarget(text);
  return {
    ...{ datastore: null, version: null, role: 'other' },
    source: spellFamiliarly(withTag(source)),
    target: spellFamiliarly({ ...withTag(target), tag: target.tag ?? 'latest', digest: null }),
  };
}

const withTag = (reference: Reference): Reference =>
  reference.digest === null ? { ...reference, tag: reference.tag ?? 'latest' } : reference;

/** Equal wishes count once; a source that is named for the image of a datastore replaces the one that its name is. */
function merge(
  ofDatastores: readonly WantedImage[],
  named: readonly WantedImage[],
  problems: Problem[],
): readonly WantedImage[] {
  const byTarget = new Map<string, WantedImage>();
  for (const image of ofDatastores)
    if (!byTarget.has(image.target)) byTarget.set(image.target, image);
  const sources = new Map<string, string>();
  for (const image of named) {
    const other = sources.get(image.target);
    if (other !== undefined && other !== image.source)
      problems.push(describeConflict(image.target, other, image.source));
    sources.set(image.target, image.source);
    const wanted = byTarget.get(image.target) ?? image;
    byTarget.set(image.target, { ...wanted, source: image.source });
  }
  return [...byTarget.values()];
}

const describeReference = (text: string, part: string): Problem => ({
  code: 'bad-image-reference',
  message: `container-images: ${JSON.stringify(text)}: ${JSON.stringify(part)} is not the name of a container image.`,
  hint: 'Write [SOURCE=]TARGET, each as [REGISTRY[:PORT]/]PATH[:TAG] in lower-case letters, as docker pull takes it.',
});

const describeNameless = (text: string): Problem => ({
  code: 'bad-image-reference',
  message: `container-images: ${JSON.stringify(text)} has a digest and no tag, so that the guest would have no name for it.`,
  hint: 'Write SOURCE=TARGET with the tag in TARGET, or NAME:TAG@sha256:DIGEST.',
});

const describeDigestTarget = (text: string): Problem => ({
  code: 'bad-image-reference',
  message: `container-images: ${JSON.stringify(text)} has a digest in the name that the guest is to use.`,
  hint: 'Write the digest in the source: SOURCE@sha256:DIGEST=TARGET.',
});

const describeConflict = (target: string, one: string, other: string): Problem => ({
  code: 'image-named-twice',
  message: `container-images: ${target} is to come from ${one} and from ${other}.`,
  hint: 'Give each target one source.',
});
