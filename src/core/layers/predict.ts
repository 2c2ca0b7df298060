import { createHash } from 'node:crypto';
import type { HookFile, Ingredients, LayerPrediction, Trail } from '../../model/layers.ts';
import { type Checkpoint, gatherLayerIngredients, planChroot } from './chroot.ts';
import { describeAge, explainMiss, joinNames, listChanges } from './explain.ts';
import { type CommonFacts, gatherIngredients } from './ingredients.ts';
import { listPhaseScripts } from './scripts.ts';

/** What can be known of a build that does not run. */
export interface Forecast extends CommonFacts {
  /** The hooks as they will be before extra-data runs: the files of all elements together. */
  readonly hooks: readonly HookFile[];
  readonly environment: Readonly<Record<string, string>>;
  readonly ownScripts: ReadonlySet<string>;
  readonly trail: Trail | null;
  /** Keys of the layers that are in the cache; null when it was not asked. */
  readonly present: ReadonlySet<string> | null;
  readonly nowMs: number;
  readonly maxAgeMs: number;
}

/** Files that extra-data makes its results from: lists of packages and services, sources, its own scripts. */
export function digestExtraData(
  hooks: readonly HookFile[],
  environment: Readonly<Record<string, string>>,
): string {
  const early =
    /^(extra-data\.d\/|environment\.d\/|package-installs\.|pkg-map$|svc-map$|source-repository-)/;
  const rows = hooks
    .filter(({ path }) => early.test(path))
    .map(({ path, mode, sha256 }) => [path, mode, sha256].join(' '));
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return digest(JSON.stringify([rows.sort(), variables.sort()]));
}

/**
 * What the cache will do for a build, as far as it can be known without running it. What only a run shows (results
 * of extra-data, sources) is taken to be as in the last build, and named where it may differ.
 */
export function predictLayers(forecast: Forecast): readonly LayerPrediction[] {
  const { trail, environment } = forecast;
  const hooks = [...forecast.hooks, ...listInstallTypes(forecast.hooks, trail)];
  const sources = listKnown(trail, 'source /');
  const root = gatherIngredients({
    ...{ ...forecast, hooks, environment: {}, scripts: listPhaseScripts(hooks, ['root']) },
    ...{ changes: [], sources: {}, packageInstalls: null },
  });
  const facts = { hooks, environment: {}, changes: [], sources, packageInstalls: null };
  const asked = { ...facts, ownScripts: forecast.ownScripts, secretVariables: [] };
  const plan = planChroot(asked);
  const wanted = [
    { position: 'root', ingredients: root },
    ...plan.checkpoints.map((checkpoint: Checkpoint) => ({
      position: checkpoint.position,
      ingredients: gatherLayerIngredients({ ...forecast, ...asked }, plan, checkpoint),
    })),
  ];
  const extraDataChanged =
    trail !== null && trail.extraData !== digestExtraData(forecast.hooks, environment);
  let missed = false;
  return wanted.map(({ position, ingredients }) => {
    const prediction = predict(forecast, { position, ingredients, missed, extraDataChanged });
    missed ||= prediction.result === 'miss';
    return prediction;
  });
}

function predict(
  { trail, environment, present, nowMs, maxAgeMs }: Forecast,
  layer: {
    position: string;
    ingredients: Ingredients;
    missed: boolean;
    extraDataChanged: boolean;
  },
): LayerPrediction {
  const { position, ingredients, missed } = layer;
  const before = trail?.layers.find((each) => each.position === position);
  const costMs = before?.costMs ?? 0;
  const miss = (reason: string): LayerPrediction => ({ position, result: 'miss', reason, costMs });
  if (before === undefined) return miss(explainMiss(position, ingredients, trail, missed));
  const changes = [
    ...listChanges(keepKnowable(before.ingredients), keepKnowable(ingredients)),
    ...Object.entries(before.ingredients).flatMap(([label, value]) => {
      const name = label.replace(/^variable /, '');
      const planned = label.startsWith('variable ') ? environment[name] : undefined;
      return planned === undefined || digest(planned) === value ? [] : [`${label} changed`];
    }),
  ];
  if (changes.length > 0) return miss(joinNames(changes));
  if (missed) return miss('the layer below is made anew');
  const ageMs = nowMs - before.savedAtMs;
  if (ageMs > maxAgeMs) return miss(`it is ${describeAge(ageMs)} old`);
  if (present !== null && !present.has(before.key)) return miss('it is no longer in the cache');
  const unsure = position !== 'root' && layer.extraDataChanged;
  const reason = 'an element says something else about packages, services or sources';
  if (unsure) return { position, result: 'unknown', reason, costMs };
  return { position, result: 'hit', reason: '', costMs };
}

/** Ingredients that are the same before and during a build. */
const keepKnowable = (ingredients: Ingredients): Ingredients =>
  Object.fromEntries(
    Object.entries(ingredients).filter(
      ([label]) => !/^(variable |tree \/|source \/|packages of )/.test(label),
    ),
  );

/** install-types links a script out of a directory of its phase: the last build tells which ones. */
function listInstallTypes(hooks: readonly HookFile[], trail: Trail | null): readonly HookFile[] {
  const there = new Set(hooks.map(({ path }) => path));
  const ids = Object.keys(listKnown(trail, 'script ')).filter((id) => !there.has(id));
  return ids.flatMap((id) => {
    const [folder = '', name = ''] = id.split('/');
    const found = hooks.find(
      ({ path }) => path.startsWith(`${folder}/`) && path.endsWith(`/${name}`),
    );
    return found === undefined ? [] : [{ ...found, path: id }];
  });
}

/** Ingredients of the last build of one kind, without the kind in their names. */
const listKnown = (trail: Trail | null, kind: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (trail?.layers ?? []).flatMap(({ ingredients }) =>
      Object.entries(ingredients).flatMap(([label, value]) =>
        label.startsWith(kind) ? [[label.slice(kind.length), value] as const] : [],
      ),
    ),
  );

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
