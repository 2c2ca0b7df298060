import type { Manifest } from '../../model/manifest.ts';

/** The parts of a published image's manifest that are used. */
export type PublishedManifest = Pick<
  Manifest,
  | 'buildId'
  | 'builtAt'
  | 'durationSeconds'
  | 'tools'
  | 'guest'
  | 'trove'
  | 'containerImages'
  | 'sources'
  | 'elements'
  | 'environment'
  | 'command'
  | 'files'
>;

/** Reads the text of a manifest.json; null for anything else. */
export function readPublished(text: string): PublishedManifest | null {
  let found: Partial<PublishedManifest> | null;
  try {
    found = JSON.parse(text) as Partial<PublishedManifest> | null;
  } catch {
    return null;
  }
  const { buildId, builtAt, durationSeconds, tools, environment, ...lists } = found ?? {};
  const arrays = [lists.containerImages, lists.sources, lists.elements, lists.command, lists.files];
  const sound =
    typeof buildId === 'string' &&
    /^[0-9a-f]{64}$/.test(buildId) &&
    typeof builtAt === 'string' &&
    typeof durationSeconds === 'number' &&
    [tools, environment, lists.guest].every((each) => typeof each === 'object' && each !== null) &&
    arrays.every(Array.isArray);
  return sound ? (found as PublishedManifest) : null;
}

/** The newest of the manifests whose image has a file of one of these names; null where there is none. */
export function findEarlier(
  manifests: readonly PublishedManifest[],
  fileNames: readonly string[],
): PublishedManifest | null {
  const fitting = manifests.filter(({ files }) =>
    files.some(({ fileName }) => fileNames.includes(fileName)),
  );
  return fitting.reduce<PublishedManifest | null>(
    (newest, each) => (newest === null || newest.builtAt < each.builtAt ? each : newest),
    null,
  );
}
