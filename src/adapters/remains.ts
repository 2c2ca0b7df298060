import { readdir, readFile, readlink } from 'node:fs/promises';
import type { RemainsReader } from '../ports/remains.ts';

/** Reads /proc, /sys and /dev; needs no rights and no tools. */
export function createRemainsReader(): RemainsReader {
  return {
    read: async (workspaceName) => ({
      mountinfo: await readText('/proc/self/mountinfo'),
      loopDevices: await listLoopDevices(),
      mappings: await listMappings(),
      processes: await listProcesses(workspaceName),
    }),
    ownIdentity: async () => ({
      pid: process.pid,
      startTicks: (await readStartTicks(process.pid)) ?? '',
      bootId: (await readText('/proc/sys/kernel/random/boot_id')).trim(),
      pidNamespace: await readlink('/proc/self/ns/pid').catch(() => ''),
    }),
    startTicksOf: readStartTicks,
  };
}

async function listLoopDevices() {
  const names = (await list('/sys/block')).filter((name) => /^loop\d+$/.test(name));
  const devices = await Promise.all(
    names.map(async (name) => ({
      name: `/dev/${name}`,
      backingFile: (await readText(`/sys/block/${name}/loop/backing_file`)).trim(),
    })),
  );
  return devices.filter(({ backingFile }) => backingFile !== '');
}

/** udev links /dev/mapper/NAME to ../dm-N; the stand-ins for kernels without device-mapper link to the partition. */
const listMappings = async () =>
  Promise.all(
    (await list('/dev/mapper')).map(async (name) => {
      const target = await readlink(`/dev/mapper/${name}`).catch(() => '');
      return { name, isLink: target !== '' && !/(^|\/)dm-\d+$/.test(target) };
    }),
  );

async function listProcesses(workspaceName: string) {
  const kin = await listAncestors();
  const pids = (await list('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const processes = await Promise.all(
    pids
      .filter((pid) => !kin.has(pid))
      .map(async (pid) => ({
        pid,
        command: (await readText(`/proc/${pid}/cmdline`)).replaceAll('\0', ' ').trim(),
      })),
  );
  return processes.filter(({ command }) => command.includes(workspaceName));
}

/** This process and those that started it: a person may have typed the workspace's name. */
async function listAncestors(): Promise<ReadonlySet<number>> {
  const kin = new Set<number>();
  for (let pid = process.pid; pid > 1 && !kin.has(pid); ) {
    kin.add(pid);
    const stat = await readText(`/proc/${pid}/stat`);
    pid = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
  }
  return kin;
}

async function readStartTicks(pid: number): Promise<string | null> {
  const stat = await readText(`/proc/${pid}/stat`);
  // field 22; the name in brackets before it may hold anything
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

const readText = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
const list = (path: string): Promise<string[]> => readdir(path).catch(() => []);
