import type { ElementDigest } from '../../model/elements.ts';
import type { Manifest } from '../../model/manifest.ts';
import type { Reason } from '../../model/matrix.ts';
import type { ArchiveState, Plan } from '../../model/plan.ts';

/** What an image would be made of now. */
export interface Present {
  readonly plan: Plan;
  readonly diskimageBuilderVersion: string;
  readonly digests: readonly Pick<ElementDigest, 'name' | 'sha256'>[];
  readonly archives: readonly ArchiveState[];
  readonly constraintsSha256: string | null;
}

type Facts = Pick<
  Manifest,
  | 'elements'
  | 'sources'
  | 'environment'
  | 'command'
  | 'guest'
  | 'trove'
  | 'containerImages'
  | 'tools'
>;

/** What moved since an image was built, as far as its manifest tells. */
export function explainSince(manifest: Facts, present: Present): readonly Reason[] {
  const { plan } = present;
  return [
    ...explainArchives(manifest, present.archives),
    ...explainTrove(manifest, present),
    ...explainContainers(manifest, plan),
    ...differ(
      'element',
      manifest.elements.map(({ name, sha256 }) => [name, sha256]),
      present.digests.map(({ name, sha256 }) => [name, sha256]),
    ),
    ...explainTool(manifest.tools['diskimage-builder'], present.diskimageBuilderVersion),
    ...explainSettings(manifest, plan),
  ];
}

/** Rows that are new, gone or have another value. */
function differ(
  kind: Reason['kind'],
  before: readonly (readonly [string, string])[],
  now: readonly (readonly [string, string])[],
): readonly Reason[] {
  const [were, are] = [new Map(before), new Map(now)];
  const names = [...new Set([...were.keys(), ...are.keys()])].sort();
  return names.flatMap((subject) => {
    const [old, current] = [were.get(subject), are.get(subject)];
    if (old === current) return [];
    const change = old === undefined ? 'is new' : current === undefined ? 'is gone' : 'changed';
    return [{ kind, subject, change }];
  });
}

/** By suite: the same suite of a mirror is the same archive. */
function explainArchives({ sources }: Facts, archives: readonly ArchiveState[]): readonly Reason[] {
  return archives.flatMap(({ url, suite, inReleaseSha256, date }): readonly Reason[] => {
    const old = sources.find((source) => source.suite === suite);
    if (old?.inReleaseSha256 === inReleaseSha256) return [];
    const since =
      old === undefined
        ? 'is new'
        : `moved: of ${date || 'an unknown date'}, was of ${old.date || 'an unknown date'}`;
    return [{ kind: 'archive', subject: `${url} ${suite}`, change: since }];
  });
}

function explainTrove({ trove }: Facts, { plan, constraintsSha256 }: Present): readonly Reason[] {
  const commit = plan.trove?.code?.commit ?? null;
  const moved = plan.trove !== null && commit !== (trove?.commit ?? null);
  const constrained = constraintsSha256 !== (trove?.constraintsSha256 ?? null);
  const change = `is at ${commit?.slice(0, 12) ?? 'no commit'}, was at ${trove?.commit?.slice(0, 12) ?? 'none'}`;
  return [
    ...(moved ? [{ kind: 'trove', subject: plan.trove?.ref ?? '', change } as const] : []),
    ...(constrained ? [{ kind: 'constraints', subject: '', change: 'changed' } as const] : []),
  ];
}

const explainContainers = ({ containerImages }: Facts, plan: Plan): readonly Reason[] =>
  differ(
    'container-image',
    containerImages.map(({ target, manifestDigest }) => [target, manifestDigest]),
    plan.containerImages.map(({ target, manifestDigest }) => [target, manifestDigest]),
  );

function explainTool(before: string | undefined, now: string): readonly Reason[] {
  if (before === undefined || before === now) return [];
  return [{ kind: 'tool', subject: 'diskimage-builder', change: `is ${now}, was ${before}` }];
}

/** Variables that have reasons of their own: what they hold is told by name. */
const toldOtherwise = ['TROVE_GUEST_CONTAINER_IMAGES', 'DIB_REPOREF_guest_agent'];

function explainSettings(manifest: Facts, { environment, ...plan }: Plan): readonly Reason[] {
  const variables = differ(
    'variable',
    Object.entries(manifest.environment),
    Object.entries(environment),
  );
  const command = (words: readonly string[]): string => words.join(' ');
  const same = command(manifest.command) === command(['disk-image-create', ...plan.arguments]);
  return [
    ...variables.filter(({ subject }) => !toldOtherwise.includes(subject)),
    ...(same
      ? []
      : [{ kind: 'tool', subject: 'disk-image-create', change: 'has other arguments' } as const]),
  ];
}
