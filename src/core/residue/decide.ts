/** What the machine has that may belong to a build, as read from /proc, /sys and losetup. */
export interface Remains {
  readonly mountPoints: readonly string[];
  readonly loopDevices: readonly { readonly name: string; readonly backingFile: string }[];
  /** Names under /dev/mapper. */
  readonly mappings: readonly string[];
  readonly processes: readonly { readonly pid: number; readonly command: string }[];
}

/** What to do, in this order. */
export interface CleaningPlan {
  readonly kill: readonly number[];
  readonly unmount: readonly string[];
  readonly unmap: readonly string[];
  readonly detach: readonly string[];
}

/** Picks what belongs to the build whose workspace has this unique name; deepest mounts first. */
export function decideCleaning(workspace: string, remains: Remains): CleaningPlan {
  const ours = (path: string): boolean => path.split('/').includes(workspace);
  const detach = remains.loopDevices
    .filter((loop) => ours(loop.backingFile.replace(/ \(deleted\)$/, '')))
    .map((loop) => loop.name);
  return {
    kill: findProcesses(workspace, remains.processes),
    unmount: remains.mountPoints
      .filter(ours)
      .sort((a, b) => depth(b) - depth(a) || (a < b ? 1 : -1)),
    unmap: remains.mappings.filter((name) => detach.some((loop) => isPartitionOf(name, loop))),
    detach,
  };
}

/** Processes that name the workspace, as a whole component of a path. */
export function findProcesses(
  workspace: string,
  processes: Remains['processes'],
): readonly number[] {
  return processes
    .filter(({ command }) => command.split(/[\s/=,:]+/).includes(workspace))
    .map(({ pid }) => pid);
}

const depth = (path: string): number => path.split('/').length;

const isPartitionOf = (mapping: string, loop: string): boolean =>
  new RegExp(`^${loop.slice(loop.lastIndexOf('/') + 1)}p\\d+$`).test(mapping);

/** Mount points in the text of /proc/self/mountinfo (field 5, with its octal escapes undone). */
export function parseMountPoints(mountinfo: string): readonly string[] {
  return mountinfo
    .split('\n')
    .map((line) => line.split(' ')[4])
    .filter((field) => field !== undefined)
    .map((field) =>
      field.replace(/\\([0-7]{3})/g, (_, octal: string) =>
        String.fromCharCode(Number.parseInt(octal, 8)),
      ),
    );
}

/** Who made a workspace; its process is known by id and start time, since ids are used again. */
export interface Owner {
  readonly pid: number;
  readonly startTicks: string;
  readonly bootId: string;
  /** Process ids mean something within one namespace only: builds in containers may share a work-dir. */
  readonly pidNamespace: string;
}

/** Reads an owner record; null when it is damaged (the process died while writing it). */
export function parseOwner(text: string): Owner | null {
  try {
    const { pid, startTicks, bootId, pidNamespace } = JSON.parse(text) as Partial<Owner>;
    const texts = [startTicks, bootId, pidNamespace].every((value) => typeof value === 'string');
    if (typeof pid !== 'number' || !texts) return null;
    return { pid, startTicks, bootId, pidNamespace } as Owner;
  } catch {
    return null;
  }
}

/** Whether the owner of a workspace is gone. `startTicks` is of the process that has its id now, or null. */
export function isGone(owner: Owner, own: Owner, startTicks: string | null): boolean {
  if (owner.bootId !== own.bootId) return true;
  return owner.pidNamespace === own.pidNamespace && startTicks !== owner.startTicks;
}
