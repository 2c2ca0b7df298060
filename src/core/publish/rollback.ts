import type { Seen } from '../../model/publish.ts';
import type { Operation, Stop } from '../../model/publish-run.ts';
import type { RollbackWish } from '../../model/publish-wish.ts';
import { type Build, findWinner, isServing, listBuilds } from './builds.ts';
import { markState } from './changes.ts';
import { attempt } from './history.ts';
import { end, fail, type Look, type Next } from './look.ts';
import { retireOthers } from './tidy.ts';

/**
 * Puts the predecessor back: marks what has to go, promotes the predecessor, moves datastore versions that name an id,
 * then takes the tags away. The mark comes first, so that every other run agrees on who stays.
 */
export function decideRollback(at: Look<RollbackWish>): Operation | Stop {
  const { wish, builds } = at;
  const from = builds.find(({ image }) => image.id === wish.from);
  if (from === undefined || from.state === 'candidate') {
    const why = `Nothing of ${wish.line} is promoted as ${wish.from}`;
    return fail('refused', {
      code: 'nothing-to-roll-back',
      why,
      hint: 'See trove-image status.',
    });
  }
  if (!isOutgoing(from)) {
    const now = at.winner === null ? 'nothing' : at.winner.image.name;
    return (
      moveVersions(at, from) ?? end('rolled-back', `${now} is promoted, ${from.image.name} is not`)
    );
  }
  if (findPredecessor(at, from) === null && wish.becomes === 'retired') return takeAway(at, from);
  return (
    mark(at, from) ??
    putBack(at, from) ??
    moveVersions(at, from) ??
    retireOthers(at) ??
    end('rolled-back', `${at.winner?.image.name} is promoted again, ${from.image.name} is not`)
  );
}

/** There was nothing before: what was promoted is undone, and nothing takes its place. */
function takeAway({ wish, run, seen }: Look<RollbackWish>, from: Build): Operation | Stop {
  const why = `Take the tags from ${from.image.name}, and hide it: nothing was promoted before it`;
  const changes = {
    tags: [],
    hidden: true,
    visibility: 'private',
    protected: false,
    properties: markState('retired', seen.nowMs),
  };
  return attempt(
    run,
    { kind: 'retire', imageId: from.image.id, changes, why },
    wish.policy.attempts,
  );
}

/** Id of the image to go back from when none is named: one that an earlier call has marked, else the promoted one. */
export function chooseOutgoing(seen: Seen, line: string): string | null {
  const builds = listBuilds(seen, line);
  const marked = builds.findLast((build) => isOutgoing(build) && build.state !== 'promoted');
  return (marked ?? findWinner(builds))?.image.id ?? null;
}

const isOutgoing = (build: Build): boolean =>
  build.state === 'promoted' || (build.state !== 'candidate' && isServing(build));

function mark(at: Look<RollbackWish>, from: Build): Next {
  const { wish, run, seen } = at;
  if (from.state !== 'promoted') return null;
  if (findPredecessor(at, from) === null) {
    return fail('refused', {
      code: 'nothing-to-roll-back',
      why: `No predecessor of ${from.image.name} is left`,
      hint: 'Publish an earlier build again, or a corrected one.',
    });
  }
  const changes = { properties: markState(wish.becomes, seen.nowMs) };
  const why = `Mark ${from.image.name} as ${wish.becomes}; it stays until its predecessor is there`;
  return attempt(
    run,
    { kind: 'withdraw', imageId: from.image.id, changes, why },
    wish.policy.attempts,
  );
}

function putBack(at: Look<RollbackWish>, from: Build): Next {
  const { wish, run, seen, winner } = at;
  const target = findPredecessor(at, from);
  if (target === null) {
    return fail('failed', {
      code: 'nothing-to-roll-back',
      why: `No predecessor of ${from.image.name} is left; it keeps its tags`,
      hint: 'Publish an earlier build again, or a corrected one.',
    });
  }
  const { tags, visibility } = from.image;
  const isThere = target === winner && tags.every((tag) => target.image.tags.includes(tag));
  if (isThere && !target.image.hidden) return null;
  const changes = {
    tags,
    visibility,
    hidden: false,
    protected: true,
    properties: markState('promoted', seen.nowMs),
  };
  const why = `Promote ${target.image.name} again`;
  return attempt(
    run,
    { kind: 'promote', imageId: target.image.id, changes, why },
    wish.policy.attempts,
  );
}

/** What another run has promoted meanwhile, else the best of those that were kept. */
function findPredecessor({ builds }: Look<RollbackWish>, from: Build): Build | null {
  const usable = builds.filter((build) => build !== from && build.image.status === 'active');
  return (
    usable.findLast(({ state }) => state === 'promoted') ??
    usable.findLast((build) => build.state === 'retired' && !isServing(build)) ??
    null
  );
}

/** Datastore versions that name the outgoing image by id. */
function moveVersions({ seen, winner, run, wish }: Look<RollbackWish>, from: Build): Next {
  const version = seen.versions?.find(({ imageId }) => imageId === from.image.id);
  if (version === undefined || winner === null) return null;
  const why = `Let datastore version ${version.datastore} ${version.name} name ${winner.image.name}`;
  const changes = { imageId: winner.image.id };
  return attempt(
    run,
    { kind: 'update-version', versionId: version.id, changes, why },
    wish.policy.attempts,
  );
}
