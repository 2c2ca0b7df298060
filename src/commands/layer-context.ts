import type { CommonFacts } from '../core/layers/ingredients.ts';
import { parseEnvironment } from '../core/layers/variables.ts';
import type { HookFile } from '../model/layers.ts';
import type { LayerPorts, LayerRun, LayerSettings } from './layer-run.ts';

/** What is known of a build before it runs. */
export interface LayeringFacts extends CommonFacts {
  /** Names the kind of guest, whose last build explains what has changed. */
  readonly slot: string;
  /** Digest of what the results of extra-data are made from. */
  readonly extraData: string;
  readonly ownScripts: ReadonlySet<string>;
  readonly secretVariables: readonly string[];
  /** Path of the workspace: as a part of a value it is the run's, not the content's. */
  readonly workspacePath: string;
}

/** Everything that the stops of one build share. */
export interface LayerContext {
  readonly ports: LayerPorts;
  readonly settings: LayerSettings;
  readonly facts: LayeringFacts;
  readonly run: LayerRun;
  /** Why the tree is neither the old nor the new one; null when it is sound. */
  broken: string | null;
}

/** Where a build works, as a hook outside the chroot saw it. */
export interface Place {
  readonly tree: string;
  readonly hooks: string;
  /** Without the paths of this run. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Path of the record of the tree at the last checkpoint. */
export const statePath = ({ settings }: LayerContext): string => `${settings.directory}/state`;

/** Reads the environment that the hook at a stop wrote down. */
export async function readPlace(context: LayerContext, stop: string): Promise<Place> {
  const { ports, settings, facts } = context;
  const dump = await ports.files.read(`${settings.directory}/${stop}.environment`);
  const raw = parseEnvironment(dump);
  const environment = parseEnvironment(dump.replaceAll(facts.workspacePath, '{workspace}'));
  return { tree: raw.TMP_MOUNT_PATH ?? '', hooks: raw.TMP_HOOKS_PATH ?? '', environment };
}

/** Every file that hooks can read. */
export async function readHooks(
  { ports }: LayerContext,
  hooks: string,
): Promise<readonly HookFile[]> {
  const { files } = await ports.tool.call<{
    files: readonly [string, string, string, string | null][];
  }>(['hooks', hooks]);
  return files.map(([path, mode, sha256, text]) => ({ path, mode, sha256, text }));
}

/** A call that changes tree or hooks: when it fails, the build cannot go on. */
export async function changeTree(
  context: LayerContext,
  words: readonly [string, ...string[]],
): Promise<void> {
  try {
    await context.ports.tool.call(words);
  } catch (error) {
    context.broken = (error as Error).message;
    throw error;
  }
}
