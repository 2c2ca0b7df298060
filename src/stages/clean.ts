import {
  decideCleaning,
  findProcesses,
  isGone,
  parseMountPoints,
  parseOwner,
} from '../core/residue/decide.ts';
import { failure } from '../errors.ts';
import type { Workspace } from '../model/plan.ts';
import type { Commands } from '../ports/commands.ts';
import type { Files } from '../ports/files.ts';
import type { Log } from '../ports/log.ts';
import type { RemainsReader } from '../ports/remains.ts';

export interface CleanPorts {
  readonly commands: Commands;
  readonly files: Files;
  readonly log: Log;
  readonly remains: RemainsReader;
}

const workspacePrefix = 'trove-image-';
/** Nobody's own directory that happens to begin alike. */
const workspaceName = /^trove-image-[A-Za-z0-9]{6}$/;
/** A minute: a slow disk writes back before it lets go. */
const rounds = 120;

/** Names the workspace of one build: known before it exists, so that it can be cleaned from then on. */
export function nameWorkspace(files: Files, base: string): Workspace {
  const name = files.chooseUniqueName(workspacePrefix);
  return { name, path: `${base}/${name}` };
}

/** Makes the private directory of one build and records who owns it. */
export async function makeWorkspace(ports: CleanPorts, { path }: Workspace): Promise<void> {
  await ports.files.makePrivateDirectory(path);
  await ports.files.write(`${path}/owner.json`, JSON.stringify(await ports.remains.ownIdentity()));
  for (const name of ['home', 'cache', 'locks', 'manifests', 'out', 'mount']) {
    await ports.files.makeDirectory(`${path}/${name}`);
  }
}

/** Cleans up after builds below `base` whose process is gone; returns their names. */
export async function sweepWorkspaces(ports: CleanPorts, base: string): Promise<readonly string[]> {
  const names = (await ports.files.list(base)).filter((name) => workspaceName.test(name));
  const swept: string[] = [];
  for (const name of names) {
    if (!(await isAbandoned(ports, `${base}/${name}`))) continue;
    await cleanWorkspace(ports, { name, path: `${base}/${name}` });
    swept.push(name);
  }
  return swept;
}

/** Its owner is known and gone. A workspace without a readable owner is another user's, or not one of ours. */
async function isAbandoned(ports: CleanPorts, path: string): Promise<boolean> {
  const text = await ports.files.read(`${path}/owner.json`).catch(() => null);
  if (text === null) {
    // killed before it could write its name: an old and empty directory is all that there can be
    await ports.commands.run(['find', path, '-maxdepth', '0', '-empty', '-mmin', '+1', '-delete']);
    return false;
  }
  const owner = parseOwner(text);
  if (owner === null) return true;
  const own = await ports.remains.ownIdentity();
  return isGone(owner, own, await ports.remains.startTicksOf(owner.pid));
}

/** Ends the build of a workspace, and removes what it left: processes, mounts, mappings, loop devices, files. */
export async function cleanWorkspace(ports: CleanPorts, workspace: Workspace): Promise<void> {
  await killBuild(ports, workspace);
  for (let round = 1; !(await cleanOnce(ports, workspace)); round += 1) {
    if (round === rounds) throw await describeRemains(ports, workspace);
    await ports.commands.run(['sleep', '0.5']);
  }
  await ports.commands.run(['rm', '-r', '-f', '--one-file-system', '--', workspace.path], {
    asRoot: true,
  });
}

/** Kills the processes of a workspace; the kernel ends all that lives in the build's own process namespace. */
export async function killBuild(ports: CleanPorts, workspace: Workspace): Promise<void> {
  const { processes } = await ports.remains.read(workspace.name);
  const pids = findProcesses(workspace.name, processes).map(String);
  if (pids.length > 0) await ports.commands.run(['kill', '-KILL', ...pids], { asRoot: true });
}

/** One round; true when nothing was left to do. */
async function cleanOnce(ports: CleanPorts, workspace: Workspace): Promise<boolean> {
  const found = await ports.remains.read(workspace.name);
  const links = new Set(found.mappings.filter(({ isLink }) => isLink).map(({ name }) => name));
  const plan = decideCleaning(workspace.name, {
    mountPoints: parseMountPoints(found.mountinfo),
    loopDevices: found.loopDevices,
    mappings: found.mappings.map(({ name }) => name),
    processes: found.processes,
  });
  const root = { asRoot: true };
  if (plan.kill.length > 0)
    await ports.commands.run(['kill', '-KILL', ...plan.kill.map(String)], root);
  for (const path of plan.unmount) await ports.commands.run(['umount', '--', path], root);
  for (const name of plan.unmap) {
    if (links.has(name)) await ports.commands.run(['rm', '-f', '--', `/dev/mapper/${name}`], root);
    else await ports.commands.run(['dmsetup', 'remove', '--retry', name], root);
  }
  for (const loop of plan.detach) {
    await ports.commands.run(['partx', '--delete', loop], root);
    await ports.commands.run(['losetup', '--detach', loop], root);
  }
  return plan.kill.length + plan.unmount.length + plan.unmap.length + plan.detach.length === 0;
}

async function describeRemains(ports: CleanPorts, workspace: Workspace): Promise<Error> {
  const found = await ports.remains.read(workspace.name);
  const mounts = parseMountPoints(found.mountinfo).filter((path) => path.includes(workspace.name));
  const loops = found.loopDevices.filter(({ backingFile }) => backingFile.includes(workspace.name));
  const what = [
    ...found.processes.map(({ pid, command }) => `process ${pid} (${command})`),
    ...mounts.map((path) => `mount ${path}`),
    ...loops.map(({ name }) => `loop device ${name}`),
  ];
  return failure(
    'host',
    'residue',
    `${workspace.path} could not be cleaned: ${what.join(', ')}.`,
    'End these by hand (kill, umount, losetup --detach), deepest mount first, then run: trove-image clean',
  );
}
