import type { Operation, Stop } from '../../model/publish-run.ts';

/** What may only be done once every cloud has the image: all that others could see. */
export const isVisible = ({ kind }: Operation): boolean =>
  ['promote', 'withdraw', 'retire', 'create-version', 'update-version', 'set-parameters'].includes(
    kind,
  );

/** One cloud of several, by what is next there. */
export interface Waiting {
  readonly label: string;
  readonly next: Operation | Stop;
}

/** Why the image is promoted nowhere, for the clouds that could; null when nothing is in the way. */
export function findHindrance(clouds: readonly Waiting[]): Stop | null {
  const hindered = clouds.find(
    ({ next }) =>
      next.kind === 'stop' && !['published', 'already-published'].includes(next.outcome),
  );
  if (hindered === undefined || hindered.next.kind !== 'stop') return null;
  const { outcome, code, why } = hindered.next;
  return {
    kind: 'stop',
    outcome,
    code: code === null ? null : 'other-cloud',
    why: `${hindered.label} does not get the image (${why}), so no cloud does`,
    hint: code === null ? '' : `See what ${hindered.label} says, and publish again.`,
  };
}
