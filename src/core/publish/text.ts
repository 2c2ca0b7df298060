import type { Seen } from '../../model/publish.ts';
import type { Operation, Stop } from '../../model/publish-run.ts';
import type { PublishPolicy } from '../../model/publish-wish.ts';
import { judgeBuilds, type Role } from './judge.ts';

/** How values are written for people; the same as elsewhere. */
export interface Spelling {
  /** Escapes what a terminal would act on: names are other people's. */
  readonly showName: (name: string) => string;
  readonly alignRows: (rows: readonly (readonly string[])[]) => readonly string[];
  readonly describeAge: (ms: number) => string;
}

const words = {
  promoted: 'promoted',
  candidate: 'waits',
  leftover: 'would be deleted',
  outgoing: 'would lose its tags',
  kept: 'kept',
  held: 'kept',
  expired: 'would be deleted',
} as const satisfies Record<Role, string>;

/** What is promoted, what waits, what would be deleted, and why; the highest rank first. */
export function describeStatus(
  seen: Seen,
  line: string,
  policy: PublishPolicy,
  how: Spelling,
): string {
  const standings = judgeBuilds(seen, line, policy).toReversed();
  if (standings.length === 0) return `Nothing of ${how.showName(line)} is there`;
  const rows = standings.map(({ build, role, why }) => [
    words[role],
    how.showName(build.image.name),
    build.image.id,
    how.describeAge(seen.nowMs - build.image.createdAtMs),
    how.showName(why),
  ]);
  const versions = (seen.versions ?? []).flatMap((version) => {
    const build = standings.find(({ build: { image } }) => image.id === version.imageId)?.build;
    const name = `${version.datastore} ${version.name}`;
    return build === undefined
      ? []
      : [`Datastore version ${how.showName(name)} names ${how.showName(build.image.name)} by id`];
  });
  const unknown = [
    ...(seen.versions === null ? ['Datastore versions cannot be read with this login.'] : []),
    ...(seen.serverImageIds === null ? ['Servers cannot be seen with this login.'] : []),
  ];
  return [
    ...how.alignRows([['state', 'image', 'id', 'age', 'why'], ...rows]),
    ...versions,
    ...unknown,
  ].join('\n');
}

/** What a dry run foresees: one numbered line for each operation, and how it would end. */
export function renderDryRun(
  steps: readonly (Operation | Stop)[],
  how: Pick<Spelling, 'showName'>,
): string {
  return steps
    .map((step, index) =>
      step.kind === 'stop'
        ? `End: ${step.outcome}. ${how.showName(step.why)}${step.hint === '' ? '' : `. ${step.hint}`}`
        : `${index + 1}. ${how.showName(step.why)}`,
    )
    .join('\n');
}
