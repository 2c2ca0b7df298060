import type { Stop } from '../../model/publish-run.ts';
import { type Build, compareRank, findAsTrove } from './builds.ts';
import { describeNewImage, dress, isDressed, markState } from './changes.ts';
import { attempt, explainGivenUp, findGivenUp, nameOperation } from './history.ts';
import { end, fail, type Look, type Next } from './look.ts';
import { attemptOrLeave, discard, leave, waitFor } from './moves.ts';
import { checkUpload } from './upload.ts';

/** Brings the build from nothing to the promoted image; null when it is there. */
export function advanceCandidate(at: Look): Next {
  const { wish, winner, own } = at;
  if (winner?.buildId === wish.buildId) return settle(at, winner);
  const obstacle = findObstacle(at);
  if (obstacle !== null) return leave(at, obstacle);
  return own === null ? begin(at) : (checkUpload(at, own) ?? promote(at, own));
}

/** The build is promoted, by this run or by another. */
function settle(at: Look, winner: Build): Next {
  const { wish, own, run } = at;
  if (own !== null) {
    const gone = discard(at, own, 'Delete our candidate: another run has promoted this build');
    if (gone !== null) return gone;
  }
  if (isDressed(winner.image, dress(wish))) return null;
  const why = `Give ${winner.image.name} the tags, visibility and properties that are asked for`;
  return attempt(
    run,
    { kind: 'promote', imageId: winner.image.id, changes: dress(wish), why },
    wish.policy.attempts,
  );
}

/** What makes it senseless to go on, whether there is a candidate or not. */
function findObstacle(at: Look): Stop | null {
  const { wish, builds, winner, own, run, seen } = at;
  const bad = builds.find(
    ({ buildId, state, image }) =>
      buildId === wish.buildId && (state === 'withdrawn' || image.status === 'deactivated'),
  );
  if (bad !== undefined) {
    return fail('refused', {
      code: 'build-withdrawn',
      why: `This build was published as ${bad.image.name} and withdrawn`,
      hint: 'Build again with what was wrong put right, or delete that image to publish the same build again.',
    });
  }
  if (winner !== null && isOutranked(at, winner)) {
    return end(
      'superseded',
      `${winner.image.name} is promoted and of newer source; an older build does not replace it`,
    );
  }
  const other = findAsTrove(
    seen.images.filter(({ id }) => !builds.some(({ image }) => image.id === id)),
    wish.tags,
  );
  if (other !== null && other.createdAtMs > (own?.image.createdAtMs ?? run.startedAtMs)) {
    return fail('refused', {
      code: 'tags-taken',
      why: `Trove would choose ${other.name} (${other.id}): it has all the tags, is newer, and is not of this line`,
      hint: 'Take the tags from it, or choose other tags.',
    });
  }
  return null;
}

/** Older than what is promoted; of equal source, the one that came while this run was under way stays. */
function isOutranked({ own, wish, run }: Look, winner: Build): boolean {
  if (own !== null) return compareRank(own, winner) < 0;
  return (
    winner.sourceTimeMs > wish.sourceTimeMs ||
    (winner.sourceTimeMs === wish.sourceTimeMs && winner.image.createdAtMs >= run.startedAtMs)
  );
}

function begin(at: Look): Next {
  const { wish, run, seen, rivals } = at;
  for (const kind of ['upload', 'digest', 'prove', 'promote', 'create']) {
    const givenUp = findGivenUp(run, kind, wish.policy.attempts);
    if (givenUp !== null) return explainGivenUp(givenUp);
  }
  const stubborn = findStubborn(at);
  if (stubborn !== null) return stubborn;
  const ahead = rivals.findLast(
    ({ sourceTimeMs, buildId }) => sourceTimeMs >= wish.sourceTimeMs || buildId === wish.buildId,
  );
  if (ahead !== undefined) return waitFor(at, ahead);
  const image = describeNewImage(wish, run.id, seen.nowMs);
  return { kind: 'create', image, why: `Create ${image.name}, hidden and without tags` };
}

/**
 * The last steps. A rival of higher rank that has all its bytes goes first; one of lower rank is deleted. Whoever of two
 * has looked last before it promotes thus knows of the other, and Glance does not promote what was deleted, nor delete
 * what was promoted, which is protected.
 */
function promote(at: Look, own: Build): Next {
  const { wish, rivals, seen } = at;
  const ahead = rivals.findLast(
    (rival) => rival.image.status === 'active' && compareRank(rival, own) > 0,
  );
  if (ahead !== undefined) return waitFor(at, ahead);
  const stubborn = findStubborn(at);
  if (stubborn !== null) return leave(at, stubborn);
  const behind = rivals.find((rival) => !rival.image.protected && compareRank(rival, own) < 0);
  if (behind !== undefined) {
    return discard(at, behind, 'Delete the candidate of another run: it is older than ours');
  }
  const { properties, ...changes } = dress(wish);
  return attemptOrLeave(at, {
    kind: 'promote',
    imageId: own.image.id,
    changes: { ...changes, properties: { ...properties, ...markState('promoted', seen.nowMs) } },
    why: `Promote ${own.image.name}: tags, visibility and state in one call`,
  });
}

/** A live candidate that has to go before ours is promoted, and cannot be deleted. */
function findStubborn({ rivals, run, wish }: Look): Stop | null {
  for (const { image } of rivals) {
    const name = nameOperation({ kind: 'delete', imageId: image.id, why: '' });
    const givenUp = findGivenUp(run, name, wish.policy.attempts);
    if (givenUp !== null) return explainGivenUp(givenUp);
  }
  return null;
}
