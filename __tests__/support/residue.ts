import { execFileSync } from 'node:child_process';
import {
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { readParent } from './runner/process-tree.ts';

export interface Mount {
  mountPoint: string;
  source: string;
  filesystem: string;
}

export interface LoopDevice {
  /** Such as `/dev/loop0`. */
  device: string;
  backingFile: string;
}

export interface LeftProcess {
  pid: number;
  /** Where the marker was seen. */
  seenIn: ('command line' | 'working directory' | 'root')[];
  commandLine: string;
}

export interface MapperNode {
  path: string;
  /** The loop device that it is a part of, such as `loop0`. */
  loop: string;
}

export interface Residue {
  mounts: Mount[];
  loops: LoopDevice[];
  processes: LeftProcess[];
  deviceMapper: MapperNode[];
  files: string[];
}

export interface ResidueOptions {
  mapperDirectory?: string;
  /** The folders in which builds put theirs. */
  fileRoots?: readonly string[];
}

/**
 * Lists what a build has left on this machine: everything whose name or place contains the marker.
 * Only what this process may see is listed, so it wants to run as root, in the host's mount namespace.
 */
export function readResidue(marker: string, options: ResidueOptions = {}): Residue {
  const loops = readLoops();
  const left = loops.filter((loop) => loop.backingFile.includes(marker));
  return {
    mounts: readMounts(marker),
    loops: left,
    processes: readProcesses(marker),
    deviceMapper: readMapperNodes(options.mapperDirectory ?? '/dev/mapper', loops, left),
    files: readFiles(marker, options.fileRoots ?? [tmpdir(), '/tmp', '/var/tmp']),
  };
}

function readMounts(marker: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    if (!decodeOctal(line).includes(marker)) continue;
    const [before = '', after = ''] = line.split(' - ');
    const [filesystem = '', source = ''] = after.split(' ').map(decodeOctal);
    mounts.push({ mountPoint: decodeOctal(before.split(' ')[4] ?? ''), source, filesystem });
  }
  return mounts;
}

/** The kernel writes blanks in paths as `\040`. */
function decodeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

function readLoops(): LoopDevice[] {
  const listing = execFileSync('losetup', ['--json', '--list'], { encoding: 'utf8' });
  if (listing.trim() === '') return [];
  const { loopdevices } = JSON.parse(listing) as {
    loopdevices: { name: string; 'back-file': string | null }[];
  };
  return loopdevices.map((loop) => ({ device: loop.name, backingFile: loop['back-file'] ?? '' }));
}

function readProcesses(marker: string): LeftProcess[] {
  const spared = readAncestors(process.pid);
  const processes: LeftProcess[] = [];
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || spared.has(pid)) continue;
    const commandLine = read(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
    const places = {
      'command line': commandLine,
      'working directory': read(() => readlinkSync(`/proc/${pid}/cwd`)),
      root: read(() => readlinkSync(`/proc/${pid}/root`)),
    };
    const seenIn = (Object.keys(places) as (keyof typeof places)[]).filter((place) =>
      places[place].includes(marker),
    );
    if (seenIn.length === 0) continue;
    processes.push({ pid, seenIn, commandLine: commandLine.replaceAll('\0', ' ').trim() });
  }
  return processes;
}

/** This process and all above it: a test's own command line may well hold the marker. */
function readAncestors(pid: number): Set<number> {
  const chain = new Set<number>();
  for (
    let next: number | undefined = pid;
    next !== undefined && next > 0;
    next = readParent(next)
  ) {
    chain.add(next);
  }
  return chain;
}

/** Nodes that belong to one of the left loop devices, or to one that is no longer attached at all. */
function readMapperNodes(
  directory: string,
  loops: readonly LoopDevice[],
  left: readonly LoopDevice[],
): MapperNode[] {
  const isForeign = (loop: string): boolean =>
    loops.some((one) => basename(one.device) === loop) &&
    !left.some((one) => basename(one.device) === loop);
  if (!existsSync(directory)) return [];
  const nodes = readdirSync(directory).flatMap((name) =>
    findLoops(join(directory, name)).map((loop) => ({ path: join(directory, name), loop })),
  );
  return nodes.filter((node) => !isForeign(node.loop));
}

function findLoops(path: string): string[] {
  const target = read(() => realpathSync(path)) || read(() => readlinkSync(path)) || path;
  const names = [basename(path), basename(target), ...readDevice(target)];
  const loops = names.flatMap((name) => /^loop\d+(?=p\d+$|$)/.exec(name)?.[0] ?? []);
  return [...new Set(loops)];
}

/** The kernel's names for a block device: itself, the disk it is on, and what it is mapped onto. */
function readDevice(path: string): string[] {
  const { rdev, isBlock } = readDeviceNumber(path);
  if (!isBlock) return [];
  const [major, minor] = [(rdev >> 8) & 0xfff, (rdev & 0xff) | ((rdev >> 12) & 0xfff00)];
  const device = read(() => realpathSync(`/sys/dev/block/${major}:${minor}`));
  if (device === '') return [];
  const slaves = join(device, 'slaves');
  return [basename(device), ...(existsSync(slaves) ? readdirSync(slaves) : [])];
}

function readDeviceNumber(path: string): { rdev: number; isBlock: boolean } {
  const stat = statSync(path, { throwIfNoEntry: false });
  return { rdev: stat?.rdev ?? 0, isBlock: stat?.isBlockDevice() ?? false };
}

function readFiles(marker: string, roots: readonly string[]): string[] {
  const found = [...new Set(roots)].filter(existsSync).flatMap((root) =>
    readdirSync(root)
      .filter((name) => name.includes(marker))
      .map((name) => join(root, name)),
  );
  return found.sort();
}

/** Empty for what is gone, or not ours to see. */
function read(source: () => string): string {
  try {
    return source();
  } catch {
    return '';
  }
}
