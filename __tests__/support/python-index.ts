import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Program, startProgram } from './stand-in/program.ts';

/** A Python package index of this machine: real wheels, made from distribution packages, on loopback. */
export interface PythonIndex {
  /** `http://127.0.0.1:PORT/simple/`: for the input python-index. */
  readonly url: string;
  /** Versions by normalised name. */
  readonly versions: Readonly<Record<string, string>>;
  /** Upper constraints that these versions meet: for the input upper-constraints, in a file. */
  readonly upperConstraints: string;
  /** Path of the wheel of a distribution. */
  wheel(name: string): string;
  /** What it was asked for, one request a line: `GET /simple/pip/ 200`. */
  log(): string;
  stop(): Promise<void>;
}

export interface PythonIndexOptions {
  /** Release of the guest: compiled wheels fit the Python of one release only. */
  readonly release: string;
  /** Packages of Debian whose distributions, with all that they need, are in the index. */
  readonly packages?: readonly string[];
  readonly timeLimitMs?: number;
}

/** The distribution of which the index has a version 9999 too, which cannot be imported: constraints hold it back. */
export const heldBack = 'rfc3986';

/** What pip installs itself with, and builds packages with; ready wheels in these packages. */
const buildPackages = ['python3-pip-whl', 'python3-setuptools-whl', 'python3-wheel-whl'];
/** What OpenStack's constraints do not name either: the tools that build, and Trove itself. */
const unconstrained = ['pip', 'setuptools', 'wheel', 'trove'];
const programs = join(import.meta.dirname, 'python-index');
const quiet = { LC_ALL: 'C', PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };

/** Why this machine cannot make an index for guests of a release; null when it can. */
export function explainMissingIndex(release: string): string | null {
  const own = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  if (own === release) return null;
  return `the wheels are made from this machine's own packages: it is ${own}, and the guest is ${release}`;
}

/** Makes the wheels and serves them, for ten minutes at most unless another limit is given. */
export async function startPythonIndex(options: PythonIndexOptions): Promise<PythonIndex> {
  const trouble = explainMissingIndex(options.release);
  if (trouble !== null) throw new Error(trouble);
  const directory = mkdtempSync(join(tmpdir(), 'python-index-test-'));
  const timeLimitMs = options.timeLimitMs ?? 600_000;
  try {
    const wheels = makeWheels(directory, options.packages ?? ['python3-oslo.config']);
    const versions = Object.fromEntries(wheels.map(({ name, version }) => [name, version]));
    const program = serve(directory, timeLimitMs);
    const log = collect(program);
    const stop = async (): Promise<void> => {
      program.child.kill('SIGKILL');
      await program.ended;
      rmSync(directory, { recursive: true });
    };
    await program.seen(/^listening on .*$/m);
    const [, address] = /^listening on (.*)$/m.exec(log()) ?? [];
    return {
      ...{ url: `http://${address}/simple/`, versions, log, stop },
      wheel(name) {
        const found = wheels.find((wheel) => wheel.name === name);
        if (found === undefined) throw new Error(`the index has no wheel of ${name}`);
        return join(directory, 'wheels', found.file);
      },
      upperConstraints: writeConstraints(versions),
    };
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}

interface Wheel {
  readonly name: string;
  readonly version: string;
  readonly file: string;
}

function makeWheels(directory: string, packages: readonly string[]): readonly Wheel[] {
  const [debs, wheels] = [join(directory, 'debs'), join(directory, 'wheels')];
  for (const path of [debs, wheels]) mkdirSync(path);
  const wanted = [...listNeeded(['python3-pbr', ...packages]), ...buildPackages];
  const sandbox = ['-o', 'APT::Sandbox::User=root'];
  run(debs, ['apt-get', ...sandbox, '--quiet=2', 'download', ...wanted]);
  const answer = run(directory, [
    ...['/usr/bin/python3', '-I', join(programs, 'pack-wheels.py')],
    ...[debs, wheels, heldBack],
  ]);
  rmSync(debs, { recursive: true });
  return JSON.parse(answer);
}

/** The Python packages that apt would install with these on a system that has nothing. */
function listNeeded(packages: readonly string[]): readonly string[] {
  const empty = ['-o', 'Dir::State::status=/dev/null'];
  const options = [...empty, '--no-install-recommends', '--simulate'];
  const plan = run('/', ['apt-get', ...options, 'install', ...packages]);
  return [...plan.matchAll(/^Inst (python3-\S+)/gm)].map(([, name = '']) => name);
}

function run(directory: string, [command = '', ...words]: readonly string[]): string {
  return execFileSync(command, words, {
    ...{ cwd: directory, env: quiet, encoding: 'utf8', timeout: 120_000, maxBuffer: 1 << 26 },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function serve(directory: string, timeLimitMs: number): Program {
  const seconds = String(Math.ceil(timeLimitMs / 1000));
  const program = join(programs, 'serve-index.py');
  return startProgram(['/usr/bin/python3', '-I', program, join(directory, 'wheels'), seconds], {
    ...{ cwd: directory, environment: quiet, timeLimitMs },
  });
}

/** All that a program says from now on. */
function collect(program: Program): () => string {
  const parts: string[] = [];
  program.child.stdout?.on('data', (chunk: string) => parts.push(chunk));
  return () => parts.join('');
}

/** As OpenStack writes them, a line for another Python among them. */
function writeConstraints(versions: Readonly<Record<string, string>>): string {
  const lines = Object.entries(versions)
    .filter(([name]) => !unconstrained.includes(name))
    .map(([name, version]) => `${name}===${version}\n`);
  return [...lines.sort(), "dataclasses===0.8;python_version=='3.6'\n"].join('');
}
