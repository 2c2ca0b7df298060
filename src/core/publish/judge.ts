import type { Seen } from '../../model/publish.ts';
import type { PublishPolicy } from '../../model/publish-wish.ts';
import { type Build, findWinner, isAlive, isServing, listBuilds } from './builds.ts';

/**
 * What an image of ours is for: `leftover` and `outgoing` are tidied by the next run, `expired` is deleted by it,
 * `held` would be if nothing were in the way.
 */
export type Role = 'promoted' | 'candidate' | 'leftover' | 'outgoing' | 'kept' | 'held' | 'expired';

export interface Standing {
  readonly build: Build;
  readonly role: Role;
  /** Why, in words that follow its name. */
  readonly why: string;
}

/** Judges every image of a line, the lowest rank first. */
export function judgeBuilds(seen: Seen, line: string, policy: PublishPolicy): readonly Standing[] {
  const builds = listBuilds(seen, line);
  const winner = findWinner(builds);
  const kept = builds
    .filter(({ state, image }) => state === 'retired' && image.status === 'active')
    .slice(1 - Math.max(2, policy.keep));
  return builds.map((build) => {
    const [role, why] = judge(build, { seen, policy, winner, kept });
    return { build, role, why };
  });
}

interface Company {
  readonly seen: Seen;
  readonly policy: PublishPolicy;
  readonly winner: Build | null;
  readonly kept: readonly Build[];
}

function judge(build: Build, company: Company): readonly [Role, string] {
  const { seen, policy, winner, kept } = company;
  if (build === winner) return ['promoted', 'is what Trove shall find'];
  switch (build.state) {
    case 'candidate':
      return isAlive(build, seen.nowMs, policy.staleMs)
        ? ['candidate', `is being published by run ${build.runId}`]
        : ['leftover', `was left by run ${build.runId}, which gives no sign of life`];
    case 'promoted':
      return ['outgoing', 'was replaced, and still has its tags'];
    case 'retired':
    case 'withdrawn':
      if (isServing(build)) return ['outgoing', 'steps down, and still has its tags'];
      if (kept.includes(build)) return ['kept', 'can be put back'];
      return judgeOld(build, company);
  }
}

function judgeOld(build: Build, { seen, policy, winner }: Company): readonly [Role, string] {
  const { image, state, sinceMs, sourceTimeMs } = build;
  if (image.protected) return ['held', 'is protected'];
  if (seen.versions === null)
    return ['held', 'may be named by a datastore version: they cannot be read'];
  const version = seen.versions.find(({ imageId }) => imageId === image.id);
  if (version !== undefined) {
    return ['held', `is named by datastore version ${version.datastore} ${version.name}`];
  }
  if (seen.serverImageIds?.includes(image.id)) return ['held', 'is what a server was booted from'];
  if (winner === null) return ['held', 'stays as long as nothing is promoted'];
  if (state === 'withdrawn' && sourceTimeMs >= winner.sourceTimeMs) {
    return ['held', 'was withdrawn, and stays until newer source is promoted'];
  }
  const endMs = sinceMs + policy.graceMs;
  if (seen.nowMs < endMs) return ['held', `stays until ${new Date(endMs).toISOString()}`];
  return ['expired', `has been replaced since ${new Date(sinceMs).toISOString()}`];
}
