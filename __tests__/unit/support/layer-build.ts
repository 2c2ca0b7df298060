import { createHash } from 'node:crypto';
import { gatherLayerIngredients, planChroot } from '../../../src/core/layers/chroot.ts';
import { computeLayerKey, gatherIngredients } from '../../../src/core/layers/ingredients.ts';
import { listPhaseScripts } from '../../../src/core/layers/scripts.ts';
import { parseEnvironment } from '../../../src/core/layers/variables.ts';
import type { HookFile, Ingredients, ParentLayer } from '../../../src/model/layers.ts';
import type { ArchiveState } from '../../../src/model/plan.ts';
import { sampleEnvironment, sampleHooks } from './layer-hooks.ts';

/** All that the layers of one build can depend on, and much that they must not. */
export interface SampleBuild {
  readonly hooks: readonly HookFile[];
  /** As `env --null` gives it in a hook, in this order. */
  readonly environment: readonly (readonly [string, string])[];
  readonly workspacePath: string;
  readonly packageInstalls: Readonly<Record<string, unknown>>;
  readonly changes: readonly (readonly [string, string])[];
  readonly sources: Readonly<Record<string, string>>;
  readonly archives: readonly ArchiveState[];
  readonly tools: Readonly<Record<string, string>>;
  readonly architecture: string;
  readonly ownScripts: ReadonlySet<string>;
}

export interface SampleLayer {
  readonly position: string;
  readonly ingredients: Ingredients;
  readonly key: string;
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const archive = (name: string, suite: string): ArchiveState => ({
  ...{ name, suite, url: 'http://archive.example.org/debian' },
  inReleaseSha256: sha256(`${suite} of monday`),
  date: 'Mon, 23 Nov 2026 02:10:46 UTC',
});

const wants = (...names: readonly string[]) => ({
  install: names.map((name) => [name, 'an-element']),
});

/** A build with a source of the guest agent, a plugin of the user's own, and packages in three phases. */
export const sampleBuild: SampleBuild = {
  hooks: sampleHooks,
  environment: sampleEnvironment('/var/tmp/trove-image-Ab3dE9'),
  workspacePath: '/var/tmp/trove-image-Ab3dE9',
  packageInstalls: {
    'pre-install.d': wants('zstd'),
    'install.d': wants('cloud-init', 'openssh-server'),
    'post-install.d': wants('fdisk'),
  },
  changes: [
    ['etc/dib-manifests', sha256('a directory')],
    ['usr/share/pkg-map', sha256('another directory')],
    ['usr/share/pkg-map/base', sha256('{"default": {}}')],
  ],
  sources: {
    'opt/guest-agent': sha256('commit 1 of the agent'),
    'opt/shared-tool': sha256('commit 1 of a tool that any script may call'),
  },
  archives: [archive('default', 'trixie'), archive('updates', 'trixie-updates')],
  tools: { "diskimage-builder's library": sha256('lib'), debootstrap: 'debootstrap 1.0.128' },
  architecture: 'amd64',
  ownScripts: new Set(['install.d/02-trove-guest-packages', 'install.d/40-own-plugin']),
};

/** The chain of layers of a build: the keys are made in the order and from the facts of a real build. */
export function layersOf(build: SampleBuild): readonly SampleLayer[] {
  const { architecture, archives, tools, hooks, ownScripts, changes, sources } = build;
  const common = { architecture, archives, tools, hooks, environment: readEnvironment(build) };
  const layers: SampleLayer[] = [];
  let parent: ParentLayer | null = null;
  const add = (position: string, ingredients: Ingredients): void => {
    const key: string = computeLayerKey(position, parent, ingredients);
    layers.push({ position, ingredients, key });
    // what a layer holds is decided by its key
    parent = { key, sha256: sha256(`what ${key} holds`) };
  };
  const scripts = listPhaseScripts(hooks, ['root']);
  const nothing = { changes: [], sources: {}, packageInstalls: null };
  add('root', gatherIngredients({ ...common, scripts, ...nothing }));
  const { packageInstalls } = build;
  const known = { changes, sources, packageInstalls, ownScripts, secretVariables: [] };
  const facts = { ...common, ...known };
  const plan = planChroot(facts);
  for (const checkpoint of plan.checkpoints)
    add(checkpoint.position, gatherLayerIngredients(facts, plan, checkpoint));
  return layers;
}

/** The environment as a stop hands it over: without the paths of the run. */
function readEnvironment({ environment, workspacePath }: SampleBuild) {
  const dump = environment.map(([name, value]) => `${name}=${value}\0`).join('');
  return parseEnvironment(dump.replaceAll(workspacePath, '{workspace}'));
}
