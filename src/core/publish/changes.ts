import { type BuildState, buildProperties, type SeenImage } from '../../model/publish.ts';
import type { ImageChanges, NewImage } from '../../model/publish-run.ts';
import type { PublishWish } from '../../model/publish-wish.ts';

const writeTime = (ms: number): string => new Date(ms).toISOString();

/** The record of a candidate: nobody finds it, and everybody can tell whose it is. Its name is unique. */
export function describeNewImage(wish: PublishWish, runId: string, nowMs: number): NewImage {
  const stamp = writeTime(nowMs).replaceAll(/[-:]/g, '').replace(/\.\d+/, '');
  return {
    name: `${wish.name}-${stamp}-${wish.revision.slice(0, 7)}`,
    diskFormat: wish.diskFormat,
    minDiskGb: wish.minDiskGb,
    minRamMb: wish.minRamMb,
    properties: {
      ...wish.properties,
      ...markState('candidate', nowMs),
      ...markAlive(nowMs).properties,
      [buildProperties.line]: wish.line,
      [buildProperties.buildId]: wish.buildId,
      [buildProperties.runId]: runId,
      [buildProperties.sourceTime]: writeTime(wish.sourceTimeMs),
      [buildProperties.revision]: wish.revision,
      [buildProperties.manifest]: wish.manifestDigest,
    },
  };
}

/** The sign of life of a run, to be renewed while it has a candidate, whatever it does. */
export const markAlive = (nowMs: number) => ({
  properties: { [buildProperties.heartbeat]: writeTime(nowMs) },
});

/** The property that repeats the id of a new image. */
export const markImage = (id: string) => ({ [buildProperties.image]: id });

/** Properties of a state and of its beginning. */
export const markState = (state: BuildState, nowMs: number) => ({
  [buildProperties.state]: state,
  [buildProperties.since]: writeTime(nowMs),
});

/** What an image must be to be published as wished. */
export function dress(wish: PublishWish): ImageChanges {
  return {
    tags: wish.tags,
    hidden: false,
    visibility: wish.visibility,
    protected: true,
    minDiskGb: wish.minDiskGb,
    minRamMb: wish.minRamMb,
    properties: wish.properties,
  };
}

/** Whether an image has all that is asked for; it may have more properties. */
export function isDressed(image: SeenImage, changes: ImageChanges): boolean {
  const { tags, properties = {}, ...rest } = changes;
  return (
    (tags === undefined || sameSet(image.tags, tags)) &&
    Object.entries(properties).every(([name, value]) => image.properties[name] === value) &&
    Object.entries(rest).every(([name, value]) => image[name as keyof SeenImage] === value)
  );
}

/** Whether two lists hold the same, in any order. */
export const sameSet = (a: readonly string[], b: readonly string[]): boolean =>
  new Set(a).size === new Set(b).size && a.every((each) => b.includes(each));
