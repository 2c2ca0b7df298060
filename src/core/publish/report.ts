import type { Seen } from '../../model/publish.ts';
import type { Operation, PublishRun, Stop } from '../../model/publish-run.ts';
import type { PublishPolicy } from '../../model/publish-wish.ts';
import { findAsTrove, findWinner, listBuilds } from './builds.ts';
import { judgeBuilds, type Role } from './judge.ts';

interface Named {
  readonly id: string;
  readonly name: string;
  readonly why: string;
}

/** What a run has done, as data. */
export interface PublishReport {
  readonly outcome: Stop['outcome'];
  readonly code: string | null;
  readonly why: string;
  readonly hint: string;
  /** What Trove shall find now. */
  readonly promoted: Named | null;
  /** What was promoted before and is not any more. */
  readonly replaced: readonly Named[];
  readonly kept: readonly Named[];
  readonly deleted: readonly Named[];
  readonly versions: readonly string[];
  /** What could not be done, and did not end the run. */
  readonly warnings: readonly string[];
  /** Id to give to `--rollback`; null when there is no predecessor to go back to. */
  readonly rollbackFrom: string | null;
}

/** Sums a run up, from the first look, the last one and what was done between them. */
export function reportPublication(
  wish: {
    readonly line: string;
    readonly policy: PublishPolicy;
    readonly tags?: readonly string[];
  },
  first: Seen,
  last: Seen,
  run: PublishRun,
  stop: Stop,
): PublishReport {
  const standings = judgeBuilds(last, wish.line, wish.policy).map(({ build, role, why }) => ({
    id: build.image.id,
    name: build.image.name,
    role,
    why,
  }));
  const pick = (...roles: readonly Role[]): readonly Named[] =>
    standings.filter(({ role }) => roles.includes(role)).map(({ role: _, ...named }) => named);
  const done = run.history.filter(({ refusal }) => refusal === null);
  const winner = findWinner(listBuilds(last, wish.line));
  const before = listBuilds(first, wish.line).filter(({ state }) => state === 'promoted');
  const canGoBack = standings.some(({ role }) => role === 'kept');
  return {
    outcome: stop.outcome,
    code: stop.code,
    why: stop.why,
    hint: stop.hint,
    promoted: pick('promoted')[0] ?? null,
    replaced: before
      .filter(({ image }) => winner !== null && image.id !== winner.image.id)
      .map(({ image }) => ({ id: image.id, name: image.name, why: 'was promoted before' })),
    kept: pick('kept', 'held'),
    deleted: done.flatMap(({ operation }) => nameDeleted(operation, first)),
    versions: done
      .map(({ operation }) => operation)
      .filter(aboutVersion)
      .map(({ why }) => why),
    warnings: findWarnings(wish.tags ?? [], last, run, winner?.image.id ?? null),
    rollbackFrom: canGoBack ? (winner?.image.id ?? null) : null,
  };
}

function findWarnings(
  tags: readonly string[],
  last: Seen,
  run: PublishRun,
  winnerId: string | null,
): readonly string[] {
  const present = new Set(last.images.map(({ id }) => id));
  const failures = run.history.flatMap(({ operation, refusal }) =>
    refusal !== null && operation.kind === 'delete' && present.has(operation.imageId)
      ? [`${operation.why}: ${refusal.text}`]
      : [],
  );
  const chosen = findAsTrove(last.images, tags);
  return [
    ...new Set(failures),
    ...(last.versions === null
      ? [
          'The datastore versions cannot be read without the admin role: none was changed, and no old image is deleted',
        ]
      : []),
    ...(chosen !== null && winnerId !== null && chosen.id !== winnerId
      ? [`Trove chooses ${chosen.name} (${chosen.id}), which has the same tags and is newer`]
      : []),
  ];
}

const aboutVersion = ({ kind }: Operation): boolean =>
  ['create-version', 'update-version', 'set-parameters'].includes(kind);

/** A candidate of this run is no loss: only what was there before is told of. */
function nameDeleted(operation: Operation, first: Seen): readonly Named[] {
  if (operation.kind !== 'delete') return [];
  const { imageId, why } = operation;
  return first.images.flatMap(({ id, name }) => (id === imageId ? [{ id, name, why }] : []));
}
