import { compareHooks } from '../../model/elements.ts';
import type { ChrootPlan } from './chroot.ts';
import type { Script } from './scripts.ts';

/** A hook that stops the build until it is told to go on. */
export interface Stop {
  /** Name that the hook says when it is reached. */
  readonly name: string;
  /** Its path in the hooks directory. */
  readonly hook: string;
}

export type StopPurpose =
  | { readonly kind: 'save'; readonly checkpoint: number }
  | { readonly kind: 'put-back'; readonly path: string; readonly stash: string };

/** What has to be done to the hooks of a running build; plain data for `host/layer arrange`. */
export interface Arrangement {
  readonly covered: readonly string[];
  readonly stops: readonly Stop[];
  readonly deferred: readonly { readonly path: string; readonly stash: string }[];
}

export interface Arranged {
  readonly instructions: Arrangement;
  readonly purposes: Readonly<Record<string, StopPurpose>>;
}

/**
 * Plans the hooks of the phases in the chroot: those of restored layers are taken away, stops are added where layers
 * are to be saved (none if `saves` is false) and where sources come back. `stashDir` is outside of the tree.
 */
export function arrangeHooks(
  plan: ChrootPlan,
  { restored, saves, stashDir }: { restored: number; saves: boolean; stashDir: string },
): Arranged {
  const stops: Stop[] = [];
  const purposes: Record<string, StopPurpose> = {};
  const add = (name: string, hook: string, purpose: StopPurpose): void => {
    stops.push({ name, hook });
    purposes[name] = purpose;
  };
  const covered = plan.checkpoints[restored - 1]?.count ?? 0;
  plan.checkpoints.forEach((checkpoint, index) => {
    if (!saves || index < restored) return;
    const last = plan.scripts[checkpoint.count - 1] as Script;
    add(`save-${index}`, `${last.phase}.d/${placeAfter(plan.scripts, last, 'a')}`, {
      kind: 'save',
      checkpoint: index,
    });
  });
  const deferred = plan.deferred.map(({ path }, index) => ({
    path,
    stash: `${stashDir}/${index}`,
  }));
  plan.deferred.forEach(({ path, consumer }, index) => {
    if (consumer < covered) return;
    const stash = `${stashDir}/${index}`;
    const script = plan.scripts[consumer] as Script;
    add(`put-back-${index}`, `${script.phase}.d/${placeBefore(plan.scripts, script, index)}`, {
      kind: 'put-back',
      path,
      stash,
    });
  });
  return {
    instructions: {
      covered: plan.scripts.slice(0, covered).map(({ id }) => id),
      stops,
      deferred,
    },
    purposes,
  };
}

/** A name that sorts directly after a script of its phase. */
function placeAfter(scripts: readonly Script[], script: Script, tag: string): string {
  const next = scripts.find(
    ({ phase, name }) => phase === script.phase && compareHooks(name, script.name) > 0,
  );
  // `-` is the first of the characters that a name may have
  for (const joint of ['--', '---', '-']) {
    const name = `${script.name}${joint}trove-image-layer-${tag}`;
    if (next === undefined || compareHooks(name, next.name) < 0) return name;
  }
  throw new Error(`no name sorts between ${script.name} and ${next?.name}`);
}

/** A name that sorts directly before a script of its phase, and after a stop behind the script before it. */
function placeBefore(scripts: readonly Script[], script: Script, index: number): string {
  const before = scripts
    .filter(({ phase, name }) => phase === script.phase && compareHooks(name, script.name) < 0)
    .at(-1);
  return before === undefined
    ? `-1-trove-image-layer-b${index}`
    : placeAfter(scripts, before, `b${index}`);
}
