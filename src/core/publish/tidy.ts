import type { Operation } from '../../model/publish-run.ts';
import type { Wish } from '../../model/publish-wish.ts';
import { isServing } from './builds.ts';
import { markState } from './changes.ts';
import { attempt, findGivenUp, nameOperation } from './history.ts';
import { judgeBuilds } from './judge.ts';
import type { Look, Next } from './look.ts';
import { discard } from './moves.ts';

/** Deletes what dead runs left, and a second candidate of this one, which an answer that got lost has made. */
export function sweepLeftovers(at: Look): Next {
  const { builds, own, rivals, run } = at;
  for (const build of builds) {
    if (build.state !== 'candidate' || build === own || rivals.includes(build)) continue;
    const whose =
      build.runId === run.id ? 'a second candidate of ours' : `left by run ${build.runId}`;
    const next = discard(at, build, `Delete ${whose}, which is not used`);
    if (next !== null) return next;
  }
  return null;
}

/**
 * Takes the tags from images that shall not be found any more. The lowest rank goes first: among those that are left
 * Trove then never falls back to an older one.
 */
export function retireOthers<W extends Wish>(at: Look<W>): Next {
  const { builds, winner, run, wish, seen } = at;
  if (winner === null) return null;
  const loser = builds.find(
    (build) =>
      build !== winner &&
      (build.state === 'promoted' || (build.state !== 'candidate' && isServing(build))),
  );
  if (loser === undefined) return null;
  const keepProtected = wish.kind === 'publish' && wish.keepProtected;
  const state = loser.state === 'withdrawn' ? 'withdrawn' : 'retired';
  const changes = {
    tags: [],
    hidden: true,
    protected: keepProtected,
    properties: markState(state, seen.nowMs),
  };
  const why = `Take the tags from ${loser.image.name}, and hide it: ${winner.image.name} is promoted`;
  return attempt(
    run,
    { kind: 'retire', imageId: loser.image.id, changes, why },
    wish.policy.attempts,
  );
}

/** Deletes what has been replaced for long enough; nothing when anything could not be done before. */
export function rotate(at: Look): Next {
  const { run, seen, wish } = at;
  const trouble = run.history.some(({ operation }) => {
    const givenUp = findGivenUp(run, nameOperation(operation), wish.policy.attempts);
    return givenUp?.refusal != null && !isOvertaken(at, operation);
  });
  if (trouble) return null;
  for (const { build, role, why } of judgeBuilds(seen, wish.line, wish.policy)) {
    if (role !== 'expired') continue;
    const next = discard(at, build, `Delete an old image, which ${why}`);
    if (next !== null) return next;
  }
  return null;
}

/** A candidate that was not deleted because its own run promoted it in that moment: nothing has gone wrong. */
const isOvertaken = ({ builds, run }: Look, operation: Operation): boolean =>
  operation.kind === 'delete' &&
  builds.some(
    ({ image, state, sinceMs }) =>
      image.id === operation.imageId && state !== 'candidate' && sinceMs >= run.startedAtMs,
  );
