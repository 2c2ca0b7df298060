import { findImpure } from '../core/layers/chroot.ts';
import { gatherIngredients } from '../core/layers/ingredients.ts';
import { listPhaseScripts } from '../core/layers/scripts.ts';
import { mayRead } from '../core/layers/variables.ts';
import type { HookFile, Ingredients } from '../model/layers.ts';
import type { ArchiveState } from '../model/plan.ts';
import { changeTree, type LayerContext, readHooks, readPlace, statePath } from './layer-context.ts';
import { closeChain, keepLayer, takeLayer } from './layer-run.ts';

/** What the hooks of the root phase were before any of them ran. */
export interface RootFacts {
  readonly hooks: readonly HookFile[];
  ingredientsOf(archives: readonly ArchiveState[]): Ingredients;
}

interface WatchedMounts {
  readonly mounts: readonly string[];
  readonly byHook: Readonly<Record<string, readonly string[]>>;
  readonly impure: readonly string[];
}

const watchesPath = ({ settings }: LayerContext): string => `${settings.directory}/watch`;

/** Before the root phase: restores the bootstrapped system, or has the hooks that mount watched. */
export async function beginRoot(context: LayerContext): Promise<RootFacts> {
  const { ports, settings, facts, run } = context;
  const { tree, hooks: hooksPath, environment } = await readPlace(context, 'root-begin');
  const hooks = await readHooks(context, hooksPath);
  const scripts = listPhaseScripts(hooks, ['root']);
  const ingredientsOf = (archives: readonly ArchiveState[]): Ingredients =>
    gatherIngredients({
      ...{ ...facts, archives, hooks, environment, scripts },
      ...{ changes: [], sources: {}, packageInstalls: null },
    });
  const ingredients = ingredientsOf(run.archives);
  const found = await takeLayer(ports, settings, run, { position: 'root', ingredients });
  if (found !== null) {
    await changeTree(context, ['restore', tree, statePath(context), found.blobPath]);
    const kept = found.manifest.mountHooks.flatMap((name) => ['--keep', name]);
    await changeTree(context, ['neutralise', hooksPath, ...kept]);
  } else if (run.closed === null) {
    await changeTree(context, ['watch', hooksPath, watchesPath(context)]);
  }
  return { hooks, ingredientsOf };
}

/** After the root phase: saves the bootstrapped system, or proves that a restored one is mounted as it has to be. */
export async function endRoot(
  context: LayerContext,
  root: RootFacts,
  hookPid: number,
): Promise<void> {
  const { ports, settings, run } = context;
  const { tree, hooks } = await readPlace(context, 'root-end');
  const [restored] = run.manifests;
  const results = restored === undefined && run.closed === null;
  const watched = await ports.tool.call<WatchedMounts>([
    'mounts',
    tree,
    ...(results ? ['--results', watchesPath(context)] : []),
  ]);
  if (restored !== undefined) {
    proveMounts(context, restored.mounts, watched.mounts);
    return;
  }
  const refusal = await findRefusal(context, root, watched, hooks);
  if (refusal !== null) closeChain(ports, run, 'No layer is saved', refusal);
  await keepLayer(ports, run, {
    ...{ treePath: tree, statePath: statePath(context), hookPid, forbidden: [] },
    ...{ blobPath: `${settings.directory}/root.new`, position: 'root' },
    ingredientsOf: root.ingredientsOf,
    mounts: { mountHooks: Object.keys(watched.byHook), mounts: watched.mounts },
    impureScripts: findImpure(listPhaseScripts(root.hooks, ['root'])),
  });
  if (run.closed !== null) await ports.tool.call(['scan', tree, statePath(context)]);
}

function proveMounts(
  context: LayerContext,
  expected: readonly string[],
  found: readonly string[],
): void {
  if (found.join() === expected.join()) return;
  const name = (paths: readonly string[]): string => paths.join(' ') || 'none';
  context.broken = `mounted in the tree are ${name(found)} instead of ${name(expected)}`;
  throw new Error(context.broken);
}

/** Why the tree after the root phase must not become a layer; null when it may. */
async function findRefusal(
  context: LayerContext,
  root: RootFacts,
  watched: WatchedMounts,
  hooks: string,
): Promise<string | null> {
  const [impure] = watched.impure;
  if (impure !== undefined) return `the root hook ${impure} mounts, and does more than that`;
  const known = new Set(Object.values(watched.byHook).flat());
  const stray = watched.mounts.find((path) => !known.has(path));
  if (stray !== undefined) return `nobody knows which root hook mounted /${stray}`;
  const scripts = listPhaseScripts(root.hooks, ['root']);
  const secret = context.facts.secretVariables.find((name) =>
    scripts.some(({ text }) => mayRead(text, name)),
  );
  if (secret !== undefined) return `a root hook may have used the secret in ${secret}`;
  const changed = describeLater(await readHooks(context, hooks)) !== describeLater(root.hooks);
  return changed ? 'a root hook changed the hooks of the phases after it' : null;
}

/** The hooks of all phases but root, whose own are wrapped while they are watched. */
const describeLater = (files: readonly HookFile[]): string =>
  JSON.stringify(
    files
      .filter(({ path }) => !path.startsWith('root.d/'))
      .map(({ path, mode, sha256 }) => [path, mode, sha256]),
  );
