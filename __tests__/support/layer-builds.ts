import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { makeCheckout, projectDirectory } from './checkout.ts';
import { onMachine, withMemory } from './stand-in/private-machine.ts';
import type { SudoUser } from './sudo-user.ts';

const MINUTE_MS = 60_000;
/** The reviewed list of what may differ between two builds of the same: docs/caching.md has a reason for each. */
export const reviewedPaths = join(projectDirectory, 'docs', 'reviewed-differences.txt');

/** Where and how a build runs. */
export interface LayerBuild {
  /** Directory of the cache. */
  cache: string;
  mode?: 'read' | 'read-write' | 'write' | 'off';
  /** On the disk instead of a tmpfs. */
  onDisk?: boolean;
  user?: SudoUser;
  elements?: readonly string[];
  flags?: readonly string[];
}

export interface LayerBuildResult {
  status: number | null;
  image: string;
  layers: readonly { position: string; result: string; reason: string; saved: boolean }[];
  stdout: string;
  log: string;
}

/** A directory with a checkout, elements of a user and a source repository, for real builds with layers. */
export interface LayerBench {
  directory: string;
  checkout: string;
  /** Builds bookworm; `name` is that of its output directory. */
  build(name: string, how: LayerBuild): Promise<LayerBuildResult>;
  /** A copy of a cache that holds only the layers at these positions, and no image. */
  keepLayers(cache: string, positions: readonly string[]): string;
  /** Writes a hook of the user's own elements. */
  writeHook(element: string, path: string, body: string): void;
  /** Makes a new commit in the source repository that an element installs from. */
  commit(content: string): void;
  close(): void;
}

/** What `trove-image diff` says of two images, outside of the reviewed list. */
export interface Comparison {
  equal: boolean;
  differences: string;
}

/** Makes the bench: the elements `own-one` and `own-two`, and `own-agent`, which installs from a git repository. */
export function createLayerBench(): LayerBench {
  const directory = mkdtempSync('/var/tmp/layer-test-');
  chmodSync(directory, 0o755);
  const checkout = join(directory, 'checkout');
  makeCheckout(checkout);
  const elements = join(directory, 'elements');
  const source = join(directory, 'source');
  const git = (...args: readonly string[]): void =>
    void execFileSync('git', ['-c', 'safe.directory=*', '-C', source, ...args]);
  const bench: LayerBench = {
    directory,
    checkout,
    build: (name, how) => runBuild({ directory, checkout, elements }, name, how),
    keepLayers: (cache, positions) => copyLayers(directory, cache, positions),
    writeHook(element, path, body) {
      const file = join(elements, element, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, `#!/bin/bash\nset -eu\nset -o pipefail\n${body}\n`);
      chmodSync(file, 0o755);
    },
    commit(content) {
      writeFileSync(join(source, 'agent.txt'), `${content}\n`);
      git('add', '.');
      const author = ['-c', 'user.name=test', '-c', 'user.email=test@example.org'];
      git(...author, 'commit', '--quiet', '--message', content);
    },
    close: () => rmSync(directory, { recursive: true, force: true }),
  };
  mkdirSync(source);
  git('init', '--quiet', '--initial-branch', 'main');
  bench.commit('first');
  bench.writeHook('own-one', 'install.d/95-own-one', 'echo one > /usr/share/own-one');
  bench.writeHook('own-two', 'post-install.d/97-own-two', 'echo two > /usr/share/own-two');
  bench.writeHook(
    'own-agent',
    'install.d/60-own-agent',
    'install -d /usr/share/own-agent\ncp /opt/own-agent/agent.txt /usr/share/own-agent/',
  );
  writeFileSync(
    join(elements, 'own-agent', 'source-repository-own-agent'),
    `own-agent git /opt/own-agent ${source} main\n`,
  );
  writeFileSync(join(elements, 'own-agent', 'element-deps'), 'source-repositories\n');
  return bench;
}

async function runBuild(
  { directory, checkout, elements }: { directory: string; checkout: string; elements: string },
  name: string,
  how: LayerBuild,
): Promise<LayerBuildResult> {
  const [output, work] = [join(directory, 'images', name), join(directory, 'work', name)];
  for (const path of [output, work, how.cache]) {
    mkdirSync(path, { recursive: true });
    if (how.user) execFileSync('chown', ['-R', `${how.user.uid}:${how.user.gid}`, path]);
  }
  const args = [
    'build',
    ...['--guest-os', 'debian', '--guest-release', 'bookworm'],
    ...['--elements', (how.elements ?? ['own-agent', 'own-one', 'own-two']).join(' ')],
    ...['--elements-path', elements],
    ...['--output-dir', output, '--work-dir', work],
    ...['--cache', how.mode ?? 'read', '--cache-path', how.cache],
    ...(how.flags ?? []),
    '--json',
  ];
  const program = [join(checkout, 'bin', 'trove-image'), ...args];
  const within = how.onDisk ? onMachine(withMemory(directory, 2500)) : [];
  const [command = '', ...rest] = [...within, ...asUser(how.user), ...program];
  const child = spawn(command, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 15 * MINUTE_MS,
    cwd: directory,
  });
  let [stdout, log] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const [status] = (await once(child, 'close')) as [number | null];
  const outputs = status === 0 ? JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') : {};
  return {
    status,
    image: outputs['image-path'] ?? '',
    layers: JSON.parse(outputs.layers ?? '[]'),
    stdout,
    log,
  };
}

const asUser = (user: SudoUser | undefined): readonly string[] =>
  user === undefined
    ? []
    : ['runuser', '--user', user.name, '--', 'env', `HOME=${user.home}`, 'LANG=C.UTF-8'];

function copyLayers(directory: string, cache: string, positions: readonly string[]): string {
  const copy = mkdtempSync(join(directory, 'cache-'));
  chmodSync(copy, 0o755);
  cpSync(join(cache, 'trails'), join(copy, 'trails'), { recursive: true });
  for (const key of readdirSync(join(cache, 'layers'))) {
    const entry = join(cache, 'layers', key);
    const { position } = JSON.parse(readFileSync(join(entry, 'manifest.json'), 'utf8'));
    if (positions.includes(position)) cpSync(entry, join(copy, 'layers', key), { recursive: true });
  }
  return copy;
}

/** Compares two images with the project's own command. */
export function compareImages(before: string, after: string, workDir: string): Comparison {
  const args = ['diff', before, after, '--json', '--ignore', reviewedPaths, '--work-dir', workDir];
  try {
    const stdout = execFileSync(join(projectDirectory, 'bin', 'trove-image'), args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 1 << 28,
    });
    return { equal: true, differences: stdout.trim().split('\n').at(-1)?.slice(0, 200) ?? '' };
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    return { equal: false, differences: `${stdout.slice(-6000)}${stderr.slice(-500)}` };
  }
}
