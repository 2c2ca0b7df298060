import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeCheckout, projectDirectory } from '../checkout.ts';
import { type Residue, readResidue } from '../residue.ts';
import type { RunnerUser } from '../runner/environment.ts';
import { type RunOptions, type RunResult, runAction } from '../runner.ts';
import { type Archive, startArchive } from './archive.ts';
import { type Program, startProgram } from './program.ts';
import { installStandIn, type StandIn } from './stand-in.ts';

export interface BuildOptions {
  /** Variables of the stand-in, and others for the input `environment`. */
  settings?: Readonly<Record<string, string>>;
  inputs?: Readonly<Record<string, string>>;
  flags?: readonly string[];
  /** Added to the environment of the process. */
  environment?: Readonly<Record<string, string>>;
  user?: RunnerUser;
  /** Put before the command, for a machine that is made to look different. */
  within?: readonly string[];
  timeLimitMs?: number;
}

export type ActOptions = Omit<BuildOptions, 'flags' | 'within'> & Partial<RunOptions>;

/** Everything that a build without the real diskimage-builder needs, in one directory. */
export interface Workbench {
  directory: string;
  archive: Archive;
  standIn: StandIn;
  /** Paths of the build with this name. */
  workDir(name: string): string;
  outputDir(name: string): string;
  /** Starts the command line's `build`. */
  build(name: string, options?: BuildOptions): Program;
  /** Starts the command line with just these arguments. */
  command(args: readonly string[], options?: BuildOptions): Program;
  /** Runs main and post of the action as the runner does. */
  act(name: string, options?: ActOptions): Promise<RunResult>;
  /** What the builds of this name have left: files of its work directory, and everything with their names. */
  residue(name: string, logs: string): Residue;
  close(): Promise<void>;
}

const WORKSPACE = /trove-image-[A-Za-z0-9]{6}(?=\/)/g;
export const nothing: Residue = {
  mounts: [],
  loops: [],
  processes: [],
  deviceMapper: [],
  files: [],
};

/** Makes a workbench; with `checkout`, the action lies in a fresh clone that every user can read. */
export async function createWorkbench({ checkout = false } = {}): Promise<Workbench> {
  const directory = mkdtempSync('/var/tmp/workbench-');
  chmodSync(directory, 0o755);
  const actionDirectory = checkout ? join(directory, 'action') : projectDirectory;
  if (checkout) makeCheckout(actionDirectory);
  const standIn = installStandIn(directory);
  const archive = await startArchive();
  const place = (kind: string) => (name: string) => join(directory, kind, name);
  const [workDir, outputDir] = [place('work'), place('images')];

  const inputsOf = (name: string, { settings = {}, inputs = {} }: BuildOptions) => {
    const { mirror, 'mirror-security': security } = archive;
    const variables = { STAND_IN_IMAGE: standIn.image, ...settings };
    return {
      ...{ 'guest-os': 'debian', 'guest-release': 'bookworm' },
      ...{ mirror, 'mirror-security': security },
      // each of these builds is to happen, also when an earlier one was just like it
      cache: 'off',
      ...(inputs.output === undefined ? { 'output-dir': outputDir(name) } : {}),
      environment: Object.entries(variables)
        .map(([key, value]) => `${key}=${value}`)
        .join('\n'),
      ...inputs,
    };
  };
  const command = (args: readonly string[], options: BuildOptions = {}): Program => {
    const program = [process.execPath, join(actionDirectory, 'bin', 'trove-image'), ...args];
    return startProgram([...(options.within ?? []), ...program], {
      cwd: directory,
      environment: {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        HOME: join(directory, 'cache'),
        XDG_CACHE_HOME: standIn.cacheHome,
        ...options.environment,
      },
      ...(options.user ? { user: options.user } : {}),
      ...(options.timeLimitMs ? { timeLimitMs: options.timeLimitMs } : {}),
    });
  };

  return {
    directory,
    archive,
    standIn,
    workDir,
    outputDir,
    command,
    build(name, options = {}) {
      mkdirSync(workDir(name), { recursive: true });
      const inputs = { 'work-dir': workDir(name), ...inputsOf(name, options) };
      const pairs = Object.entries(inputs).flatMap(([key, value]) => [`--${key}`, value]);
      return command(['build', ...pairs, ...(options.flags ?? [])], options);
    },
    act(name, { settings = {}, inputs = {}, environment = {}, ...options } = {}) {
      const { 'output-dir': _default, ...given } = inputsOf(name, { settings, inputs });
      return runAction({
        timeLimitMs: 60_000,
        ...options,
        actionDirectory,
        directory: workDir(name),
        inputs: given,
        extraEnv: { XDG_CACHE_HOME: standIn.cacheHome, ...environment, ...options.extraEnv },
      });
    },
    residue: (name, logs) => readTraces(listRoots(workDir(name)), logs),
    async close() {
      await archive.close();
      removeTree(directory);
    },
  };
}

/** Removing a tree with a mount in it would empty what is mounted there. */
function removeTree(directory: string): void {
  const { mounts } = readResidue(directory, { fileRoots: [] });
  if (mounts.length > 0) {
    throw new Error(`unmount first: ${mounts.map(({ mountPoint }) => mountPoint).join(', ')}`);
  }
  rmSync(directory, { recursive: true });
}

/** A build of the command line works in the directory itself, one of the action in its RUNNER_TEMP. */
const listRoots = (workDir: string): readonly string[] => [workDir, join(workDir, 'work', '_temp')];

function readTraces(fileRoots: readonly string[], logs: string): Residue {
  const names = [...new Set(logs.match(WORKSPACE) ?? [])];
  const each = names.map((name) => readResidue(name, { fileRoots: [] }));
  return {
    mounts: each.flatMap(({ mounts }) => mounts),
    loops: each.flatMap(({ loops }) => loops),
    processes: each.flatMap(({ processes }) => processes),
    deviceMapper: each.flatMap(({ deviceMapper }) => deviceMapper),
    files: fileRoots.flatMap(listWorkspaces),
  };
}

function listWorkspaces(root: string): readonly string[] {
  try {
    return readdirSync(root).filter((name) => name.startsWith('trove-image-'));
  } catch {
    return [];
  }
}
