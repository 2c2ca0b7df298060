import type { Seen } from '../../model/publish.ts';
import type { Operation, Outcome, PublishRun, Stop } from '../../model/publish-run.ts';
import type { PublishWish, Wish } from '../../model/publish-wish.ts';
import { type Build, findWinner, isAlive, listBuilds } from './builds.ts';

/** What a decision is made from. */
export interface Look<W extends Wish = PublishWish> {
  readonly wish: W;
  readonly seen: Seen;
  readonly run: PublishRun;
  /** Our images of this line, the lowest rank first. */
  readonly builds: readonly Build[];
  readonly winner: Build | null;
  /** The candidate of this run. */
  readonly own: Build | null;
  /** Candidates of other runs that are alive. */
  readonly rivals: readonly Build[];
}

/** The next step; null when this part has nothing left to do. */
export type Next = Operation | Stop | null;

/** Sorts what was seen. */
export function look<W extends Wish>(wish: W, seen: Seen, run: PublishRun): Look<W> {
  const builds = listBuilds(seen, wish.line);
  const candidates = builds.filter(({ state }) => state === 'candidate');
  return {
    wish,
    seen,
    run,
    builds,
    winner: findWinner(builds),
    own: candidates.findLast(({ runId }) => runId === run.id) ?? null,
    rivals: candidates.filter(
      (build) => build.runId !== run.id && isAlive(build, seen.nowMs, wish.policy.staleMs),
    ),
  };
}

/** The end of a run that is no error. */
export const end = (outcome: Outcome, why: string): Stop => ({
  kind: 'stop',
  outcome,
  code: null,
  why,
  hint: '',
});

/** The end of a run that is an error. */
export const fail = (
  outcome: 'refused' | 'failed',
  error: { readonly code: string; readonly why: string; readonly hint: string },
): Stop => ({ kind: 'stop', outcome, ...error });
