import type { HookFile, Ingredients } from '../../model/layers.ts';
import { type CommonFacts, gatherIngredients } from './ingredients.ts';
import { choosePositions } from './positions.ts';
import { chrootPhases, listPhaseScripts, listSharedFiles, type Script } from './scripts.ts';
import { type DeferredSource, listSourcePaths, planDeferral } from './sources.ts';
import { mayRead } from './variables.ts';

/** All that is known when extra-data is done. */
export interface ChrootFacts extends CommonFacts {
  readonly hooks: readonly HookFile[];
  readonly environment: Readonly<Record<string, string>>;
  readonly changes: readonly (readonly [string, string])[];
  /** Digest of each source that extra-data put into the tree. */
  readonly sources: Readonly<Record<string, string>>;
  readonly packageInstalls: Readonly<Record<string, unknown>> | null;
  readonly ownScripts: ReadonlySet<string>;
  /** Variables that hold a secret. */
  readonly secretVariables: readonly string[];
}

/** A layer that may be restored or saved: after `count` scripts, of which those from `from` on are its own. */
export interface Checkpoint {
  readonly position: string;
  readonly from: number;
  readonly count: number;
  readonly impureScripts: readonly string[];
}

/** What the phases in the chroot will do, and where layers are taken in them. */
export interface ChrootPlan {
  readonly scripts: readonly Script[];
  readonly deferred: readonly DeferredSource[];
  readonly checkpoints: readonly Checkpoint[];
  /** Scripts from this index on may have put a secret into the tree; null when none is used. */
  readonly taintedFrom: number | null;
}

/** Finds the checkpoints of a build in what its hooks really are. */
export function planChroot(facts: Omit<ChrootFacts, keyof CommonFacts>): ChrootPlan {
  const scripts = listPhaseScripts(facts.hooks, chrootPhases);
  const present = listSourcePaths(facts.hooks).filter((path) => path in facts.sources);
  const deferred = planDeferral(present, scripts, listSharedFiles(facts.hooks));
  const counts = choosePositions({
    scripts,
    ownScripts: facts.ownScripts,
    consumers: deferred.map(({ consumer }) => consumer),
  });
  const checkpoints = counts.map((count, index): Checkpoint => {
    const from = counts[index - 1] ?? 0;
    return {
      position: scripts[count - 1]?.id ?? '',
      from,
      count,
      impureScripts: findImpure(scripts.slice(from, count)),
    };
  });
  return { scripts, deferred, checkpoints, taintedFrom: findTaint(facts, scripts) };
}

/** The ingredients of one layer; `facts.archives` is the state that the layer was, or would be, made from. */
export function gatherLayerIngredients(
  facts: ChrootFacts,
  plan: ChrootPlan,
  { from, count }: Pick<Checkpoint, 'from' | 'count'>,
): Ingredients {
  const late = new Map(plan.deferred.map(({ path, consumer }) => [path, consumer]));
  const sources = Object.entries(facts.sources).filter(([path]) => {
    const consumer = late.get(path);
    return consumer === undefined || (consumer >= from && consumer < count);
  });
  return gatherIngredients({
    ...facts,
    scripts: plan.scripts.slice(from, count),
    sources: Object.fromEntries(sources),
  });
}

/** Commands that fetch what no key can know. */
const fetches = new RegExp(
  [
    /\b(curl|wget|skopeo|npm install|go get|gem install|cargo install)\b|--recv-keys?\b/,
    /\bgit\b[^|;&]*\s(clone|fetch|pull|submodule)\b|\bpip[0-9.]*\s([^|;&]*\s)?(install|download|wheel)\b/,
    /\b(docker|podman|nerdctl|crictl|ctr)\b[^|;&]*\spull\b/,
  ]
    .map(({ source }) => source)
    .join('|'),
);

/** Scripts whose result may depend on more than their key can tell; one whose text is not known may do anything. */
export function findImpure(
  scripts: readonly { readonly id: string; readonly text: string | null }[],
): readonly string[] {
  return scripts
    .filter(({ text }) => {
      const code = text?.split('\n').filter((line) => !/^\s*#/.test(line));
      return code === undefined || code.some((line) => fetches.test(line));
    })
    .map(({ id }) => id);
}

/** Brings secrets to the hooks in the chroot, and nothing into the tree. */
const secretBearer = 'extra-data.d/15-trove-guest-secrets';

/** extra-data runs before all of them: a secret that it uses may be in the tree from the start. */
function findTaint(
  { secretVariables, hooks }: Pick<ChrootFacts, 'secretVariables' | 'hooks'>,
  scripts: readonly Script[],
): number | null {
  const consumes = (text: string | null): boolean =>
    secretVariables.some((name) => mayRead(text, name));
  if (secretVariables.length === 0) return null;
  const early = [
    ...listPhaseScripts(hooks, ['root', 'extra-data']).filter(({ id }) => id !== secretBearer),
    ...listSharedFiles(hooks).filter(({ path }) => !path.startsWith('environment.d/')),
  ];
  if (early.some(({ text }) => consumes(text))) return 0;
  const index = scripts.findIndex(({ text }) => consumes(text));
  return index === -1 ? null : index;
}
