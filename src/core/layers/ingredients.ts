import { createHash } from 'node:crypto';
import {
  type HookFile,
  type Ingredients,
  layerFormat,
  type ParentLayer,
} from '../../model/layers.ts';
import type { ArchiveState } from '../../model/plan.ts';
import { listPhaseFiles, listSharedFiles, type Script } from './scripts.ts';
import { selectVariables } from './variables.ts';

/** What is the same for all layers of a build. */
export interface CommonFacts {
  readonly architecture: string;
  readonly archives: readonly ArchiveState[];
  /** Version or digest of each program of the host that has a part in the tree, diskimage-builder's library among them. */
  readonly tools: Readonly<Record<string, string>>;
}

/** What a range of scripts can read, as it really is in the running build. */
export interface RangeFacts extends CommonFacts {
  readonly hooks: readonly HookFile[];
  readonly environment: Readonly<Record<string, string>>;
  /** Scripts of the range. */
  readonly scripts: readonly Script[];
  /** What extra-data changed in the tree: path and digest. */
  readonly changes: readonly (readonly [string, string])[];
  /** Digest of each source that the range uses. */
  readonly sources: Readonly<Record<string, string>>;
  /** The generated list of packages, by phase. */
  readonly packageInstalls: Readonly<Record<string, unknown>> | null;
}

/** Everything that the scripts of a range can read but for network and time, by a name that people know. */
export function gatherIngredients(facts: RangeFacts): Ingredients {
  const phases = [...new Set(facts.scripts.map(({ phase }) => phase))];
  const shared = [
    ...listSharedFiles(facts.hooks),
    ...phases.flatMap((phase) => listPhaseFiles(facts.hooks, phase)),
  ];
  const texts = [...facts.scripts, ...shared.filter(isCode)].map(({ text }) => text);
  const variables = selectVariables(facts.environment, texts);
  const rows: [string, string][] = [
    ['architecture', facts.architecture],
    ...facts.archives.map(({ url, suite, inReleaseSha256 }): [string, string] => [
      `archive ${url} ${suite}`,
      inReleaseSha256,
    ]),
    ...Object.entries(facts.tools).map(([name, value]): [string, string] => [
      `tool ${name}`,
      value,
    ]),
    ...facts.scripts.map(({ id, mode, sha256 }, index): [string, string] => [
      `script ${id}`,
      // the order counts too: a script that moves is another one
      digest(`${index} ${mode} ${sha256}`),
    ]),
    ...shared.map(({ path, mode, sha256 }): [string, string] => [
      `file ${path}`,
      digest(`${mode} ${sha256}`),
    ]),
    ...Object.entries(variables).map(([name, value]): [string, string] => [
      `variable ${name}`,
      digest(value),
    ]),
    ...facts.changes.map(([path, value]): [string, string] => [`tree /${path}`, value]),
    ...Object.entries(facts.sources).map(([path, value]): [string, string] => [
      `source /${path}`,
      value,
    ]),
    ...phases.flatMap((phase): [string, string][] => {
      const packages = facts.packageInstalls?.[`${phase}.d`];
      return packages === undefined
        ? []
        : [[`packages of ${phase}`, digest(JSON.stringify(packages))]];
    }),
  ];
  return Object.fromEntries(rows.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Key (64 hexadecimal digits) of the layer above `parent` that has these ingredients. */
export function computeLayerKey(
  position: string,
  parent: ParentLayer | null,
  ingredients: Ingredients,
): string {
  const rows = Object.entries(ingredients).sort(([a], [b]) => (a < b ? -1 : 1));
  return digest(JSON.stringify([layerFormat, position, parent?.key, parent?.sha256, rows]));
}

/** Variables are exported by environment.d before any script runs: what they are counts, not how. */
const isCode = ({ path }: HookFile): boolean => !path.startsWith('environment.d/');

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
