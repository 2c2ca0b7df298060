import { delimiter } from 'node:path';
import {
  type ActionMetadata,
  holdsPostIf,
  type JobStatus,
  makeInputVariables,
  readActionMetadata,
} from './runner/action-metadata.ts';
import {
  createJobDirectories,
  makeFileVariables,
  makeJobVariables,
  makeStateVariables,
  type RunnerUser,
} from './runner/environment.ts';
import { createCommandFiles } from './runner/file-commands.ts';
import { type Cancel, runStep, type StepOptions, type StepResult } from './runner/step.ts';

export interface RunOptions {
  /** The folder that holds `action.yml`. */
  actionDirectory: string;
  /** The folder that the job's workspace and temporary files are made in; the caller removes it. */
  directory: string;
  /** By name, as in `with:`. */
  inputs?: Readonly<Record<string, string>>;
  /** Added last, so it wins; the place for a results service's variables. */
  extraEnv?: Readonly<Record<string, string>>;
  /** Values that the runner masks from the start, as it does with the secrets of a repository. */
  secrets?: readonly string[];
  /** The Node that runs the action; this one when left out. */
  nodePath?: string;
  user?: RunnerUser;
  /** Applied to main only. */
  cancel?: Cancel;
  /** Kills main's whole process tree when a line of its log matches. */
  killWhen?: RegExp;
  /** For each of main and post. */
  timeLimitMs?: number;
}

export interface RunResult {
  main: StepResult;
  /** Undefined when the action has no post step, or its condition did not hold. */
  post: StepResult | undefined;
  workspace: string;
  temp: string;
}

const TIME_LIMIT_MS = 10 * 60_000;

/** Runs an action's main and post steps as the GitHub runner does, with the runner's own variables only. */
export async function runAction(options: RunOptions): Promise<RunResult> {
  const metadata = readActionMetadata(options.actionDirectory);
  const { user } = options;
  const directories = createJobDirectories(options.directory, user);
  const jobVariables = makeJobVariables(directories, user);
  const inputVariables = makeInputVariables(metadata, options.inputs ?? {});
  const masks = [...(options.secrets ?? [])];
  const run = (script: string, added: Record<string, string>, plan: Partial<StepOptions>) => {
    const files = createCommandFiles(directories.temp, user);
    return runStep({
      nodePath: options.nodePath ?? process.execPath,
      script,
      workspace: directories.workspace,
      // The runner's own variables win over those that an earlier step asked for.
      variables: {
        ...added,
        ...jobVariables,
        ...pick(added, 'PATH'),
        ...inputVariables,
        ...makeFileVariables(files),
        ...options.extraEnv,
      },
      files,
      masks,
      timeLimitMs: options.timeLimitMs ?? TIME_LIMIT_MS,
      ...(user ? { user } : {}),
      ...plan,
    });
  };

  const main = await run(metadata.mainPath, {}, planMain(options));
  warnOfUnknownInputs(main, metadata, options.inputs ?? {});
  const { postPath, postIf } = metadata;
  const runsPost = postPath !== undefined && holdsPostIf(postIf, readStatus(main));
  const post = runsPost
    ? await run(postPath, makePostVariables(main, jobVariables), {})
    : undefined;
  return { main, post, workspace: directories.workspace, temp: directories.temp };
}

function planMain(options: RunOptions): Partial<StepOptions> {
  return {
    ...(options.cancel ? { cancel: options.cancel } : {}),
    ...(options.killWhen ? { killWhen: options.killWhen } : {}),
  };
}

function readStatus(main: StepResult): JobStatus {
  if (main.endedBy === 'cancel') return 'cancelled';
  return main.exitCode === 0 && main.fileCommandErrors.length === 0 ? 'success' : 'failure';
}

/** What main leaves for post: its state, and the variables and folders that it asked for. */
function makePostVariables(
  main: StepResult,
  jobVariables: Readonly<Record<string, string>>,
): Record<string, string> {
  const { NODE_OPTIONS: _refusedByTheRunner, ...environment } = main.environment;
  const path = [...main.paths.toReversed(), jobVariables.PATH].join(delimiter);
  return { ...environment, ...makeStateVariables(main.state), PATH: path };
}

function pick(variables: Record<string, string>, name: string): Record<string, string> {
  const value = variables[name];
  return value === undefined ? {} : { [name]: value };
}

/** The runner passes inputs on that `action.yml` does not declare, but warns about them. */
function warnOfUnknownInputs(
  main: StepResult,
  metadata: ActionMetadata,
  inputs: Readonly<Record<string, string>>,
): void {
  const known = metadata.inputNames.map((name) => name.toLowerCase());
  const unknown = Object.keys(inputs).filter((name) => !known.includes(name.toLowerCase()));
  if (unknown.length === 0) return;
  const quote = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ');
  const message = `Unexpected input(s) ${quote(unknown)}, valid inputs are [${quote(metadata.inputNames)}]`;
  main.annotations.unshift({ level: 'warning', message, properties: {} });
  main.visibleLog = `##[warning]${message}\n${main.visibleLog}`;
}
