import { readdirSync, readFileSync } from 'node:fs';

const MAX_ROUNDS = 50;

/** A process and everything it started that still hangs below it, the process itself first. */
export function listProcessTree(rootPid: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    const parent = Number.isInteger(pid) ? readParent(pid) : undefined;
    if (parent === undefined) continue;
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const tree = [rootPid];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/** The parent's id; undefined when the process is gone. */
export function readParent(pid: number): number | undefined {
  try {
    // The name in parentheses may hold spaces and parentheses of its own.
    const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1) ?? '';
    return Number(afterName.split(' ')[1]);
  } catch {
    return undefined;
  }
}

/** Kills a process that this program started, with its whole tree, leaving none time to clean up. */
export function killProcessTree(rootPid: number): void {
  // Stopped first, so that none can start another process, or lose its parent, while we look.
  const stopped = new Set<number>();
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const fresh = listProcessTree(rootPid).filter((pid) => !stopped.has(pid));
    if (fresh.length === 0) break;
    for (const pid of fresh) {
      sendSignal(pid, 'SIGSTOP');
      stopped.add(pid);
    }
  }
  for (const pid of stopped) sendSignal(pid, 'SIGKILL');
}

/** Sends a signal; a process that has ended by itself is no error. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
