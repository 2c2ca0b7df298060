import {
  type BuildState,
  buildProperties,
  buildStates,
  type Seen,
  type SeenImage,
} from '../../model/publish.ts';

/** An image of ours, with what its properties say. */
export interface Build {
  readonly image: SeenImage;
  readonly line: string;
  readonly buildId: string;
  readonly runId: string;
  readonly state: BuildState;
  /** When it came into this state. */
  readonly sinceMs: number;
  readonly heartbeatMs: number;
  readonly sourceTimeMs: number;
  readonly revision: string;
}

/**
 * Reads our properties; null for an image that is not ours. Snapshots and copies of our images inherit every property,
 * but not the id that one of them repeats.
 */
export function readBuild(image: SeenImage, projectId: string): Build | null {
  const text = (name: keyof typeof buildProperties) => image.properties[buildProperties[name]];
  const time = (name: keyof typeof buildProperties) => Date.parse(text(name) ?? '');
  if (text('image') !== image.id || image.owner !== projectId) return null;
  const state = buildStates.find((each) => each === text('state'));
  const sourceTimeMs = time('sourceTime');
  const line = text('line');
  if (state === undefined || line === undefined || Number.isNaN(sourceTimeMs)) return null;
  return {
    image,
    line,
    buildId: text('buildId') ?? '',
    runId: text('runId') ?? '',
    state,
    sinceMs: time('since') || image.updatedAtMs,
    heartbeatMs: time('heartbeat') || image.createdAtMs,
    sourceTimeMs,
    revision: text('revision') ?? '',
  };
}

/** Our images of a line, the lowest rank first. */
export function listBuilds(seen: Seen, line: string): readonly Build[] {
  return seen.images
    .flatMap((image) => readBuild(image, seen.projectId) ?? [])
    .filter((build) => build.line === line)
    .toSorted(compareRank);
}

/** Newer source ranks higher; of the same source the newer record, as Trove has it; ids make the order total. */
export function compareRank(a: Build, b: Build): number {
  return (
    a.sourceTimeMs - b.sourceTimeMs ||
    a.image.createdAtMs - b.image.createdAtMs ||
    (a.image.id < b.image.id ? -1 : Number(a.image.id > b.image.id))
  );
}

/** The image that Trove shall find: of the promoted ones that can be used, the one of highest rank. */
export const findWinner = (builds: readonly Build[]): Build | null =>
  builds.findLast(({ state, image }) => state === 'promoted' && image.status === 'active') ?? null;

/** Whether Trove may find it. */
export const isServing = ({ image }: Build): boolean => !image.hidden && image.tags.length > 0;

/** Whether its run has given a sign of life; one from the future is none. */
export function isAlive({ image, heartbeatMs }: Build, nowMs: number, staleMs: number): boolean {
  return [image.createdAtMs, image.updatedAtMs, heartbeatMs].some(
    (sign) => Math.abs(nowMs - sign) < staleMs,
  );
}

/** Answers as Trove does with these tags: active, not hidden, all tags, the newest record. */
export function findAsTrove(
  images: readonly SeenImage[],
  tags: readonly string[],
): SeenImage | null {
  const found = images.filter(
    (image) =>
      image.status === 'active' &&
      !image.hidden &&
      tags.length > 0 &&
      tags.every((tag) => image.tags.includes(tag)),
  );
  return found.toSorted((a, b) => b.createdAtMs - a.createdAtMs)[0] ?? null;
}
