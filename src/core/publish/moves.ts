import type { Operation, Stop } from '../../model/publish-run.ts';
import type { Wish } from '../../model/publish-wish.ts';
import type { Build } from './builds.ts';
import { attempt } from './history.ts';
import { fail, type Look } from './look.ts';

/** Deletes an image by id; null when that was tried in vain, or is forbidden by its protection. */
export function discard<W extends Wish>(
  { run, wish }: Look<W>,
  { image }: Build,
  why: string,
): Operation | null {
  if (image.protected) return null;
  const operation = { kind: 'delete', imageId: image.id, why: `${why} (${image.name})` } as const;
  const next = attempt(run, operation, wish.policy.attempts);
  return next.kind === 'stop' ? null : next;
}

/** Deletes our candidate, then ends. */
export function leave<W extends Wish>(at: Look<W>, stop: Stop): Operation | Stop {
  if (at.own === null) return stop;
  return discard(at, at.own, `Delete our candidate: ${stop.why}`) ?? stop;
}

/** The operation, or the end of the run without a candidate when it was tried often enough. */
export function attemptOrLeave(at: Look, operation: Operation): Operation | Stop {
  const next = attempt(at.run, operation, at.wish.policy.attempts);
  return next.kind === 'stop' ? leave(at, next) : next;
}

/** Deletes our candidate, so that another is made. */
export function startOver(at: Look, own: Build, trouble: string): Operation | Stop {
  return (
    discard(at, own, `Delete our candidate and start over: ${trouble}`) ??
    fail('failed', {
      code: 'glance-refused',
      why: `${own.image.name} is of no use (${trouble}) and cannot be deleted`,
      hint: `Delete image ${own.image.id}, then publish again.`,
    })
  );
}

/** Waits for another run, as long as patience lasts. */
export function waitFor(at: Look, rival: Build): Operation | Stop {
  const { patienceMs, pollMs } = at.wish.policy;
  const waitedMs = at.run.history
    .map(({ operation }) => operation)
    .filter((operation) => operation.kind === 'wait')
    .reduce((sum, { forMs }) => sum + forMs, 0);
  if (waitedMs < patienceMs) {
    const why = `Wait for run ${rival.runId}, which publishes ${rival.image.name}`;
    return { kind: 'wait', imageId: rival.image.id, forMs: pollMs, why };
  }
  return leave(
    at,
    fail('failed', {
      code: 'other-publisher',
      why: `Run ${rival.runId} is still publishing ${rival.image.name}, of the same or newer source`,
      hint: 'Look at that run; publish again when it has ended.',
    }),
  );
}
