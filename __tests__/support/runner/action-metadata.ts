import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** What the runner needs from an `action.yml`. */
export interface ActionMetadata {
  mainPath: string;
  postPath: string | undefined;
  /** When the post step runs, as written; `always()` when the file does not say. */
  postIf: string;
  inputNames: readonly string[];
  /** Only the inputs that have a default. */
  defaults: Readonly<Record<string, string>>;
}

interface ActionFile {
  inputs?: Record<string, { default?: unknown } | null>;
  runs: { using: string; main: string; pre?: string; post?: string; 'post-if'?: string };
}

/** Reads the `action.yml` of a JavaScript action; throws on what this runner cannot do. */
export function readActionMetadata(actionDirectory: string): ActionMetadata {
  const path = join(actionDirectory, 'action.yml');
  const { inputs = {}, runs } = parse(readFileSync(path, 'utf8')) as ActionFile;
  if (!/^node\d+$/.test(runs.using)) {
    throw new Error(
      `${path} runs using ${runs.using}; only JavaScript actions can be started here`,
    );
  }
  if (runs.pre) throw new Error(`${path} has a pre step; only main and post can be started here`);
  return {
    mainPath: join(actionDirectory, runs.main),
    postPath: runs.post ? join(actionDirectory, runs.post) : undefined,
    postIf: runs['post-if'] ?? 'always()',
    inputNames: Object.keys(inputs),
    defaults: readDefaults(inputs),
  };
}

function readDefaults(inputs: NonNullable<ActionFile['inputs']>): Record<string, string> {
  const defaults: Record<string, string> = {};
  for (const [name, input] of Object.entries(inputs)) {
    if (input?.default === undefined || input.default === null) continue;
    defaults[name] = String(input.default);
  }
  return defaults;
}

/** The action's inputs as the variables that it reads them from; a given value wins over a default. */
export function makeInputVariables(
  metadata: ActionMetadata,
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries({ ...metadata.defaults, ...given })) {
    if (!(name in given) && value.includes('${{')) {
      throw new Error(
        `the default of ${name} is an expression (${value}), which is not evaluated here; give the input a value`,
      );
    }
    variables[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] = value;
  }
  return variables;
}

/** How a job stands when its post steps are reached. */
export type JobStatus = 'success' | 'failure' | 'cancelled';

const CONDITIONS: Readonly<Record<string, (status: JobStatus) => boolean>> = {
  'always()': () => true,
  'success()': (status) => status === 'success',
  'failure()': (status) => status === 'failure',
  'cancelled()': (status) => status === 'cancelled',
  '!cancelled()': (status) => status !== 'cancelled',
};

/** Whether a `post-if` lets the post step run; throws on any but the plain status functions. */
export function holdsPostIf(postIf: string, status: JobStatus): boolean {
  const condition = CONDITIONS[postIf.replace(/^\$\{\{\s*|\s*\}\}$/g, '').trim()];
  if (!condition) {
    const known = Object.keys(CONDITIONS).join(', ');
    throw new Error(`post-if ${postIf} is not understood here; use one of ${known}`);
  }
  return condition(status);
}
