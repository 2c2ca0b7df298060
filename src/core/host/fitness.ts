import type { Problem } from '../../errors.ts';
import type { DirectoryFacts, HostFacts } from '../../model/host.ts';
import type { Needs } from '../../model/plan.ts';

/** What a build wants of the machine, taken from the plan. */
export interface Demand {
  readonly architecture: string;
  readonly needs: Needs;
  readonly usesTmpfs: boolean;
}

/** Everything that makes this machine unfit for a build, each with what to do; empty when it is fit. */
export function checkHost(host: HostFacts, demand: Demand): readonly Problem[] {
  if (host.platform !== 'linux') return [wrongSystem(host)];
  const { needs, usesTmpfs } = demand;
  const workBytes = usesTmpfs ? needs.imageBytes : needs.workBytes;
  const onOneDisk = host.workDir.device === host.outputDir.device;
  const outputBytes = needs.outputBytes + (onOneDisk ? workBytes : 0);
  return [
    ...checkRights(host),
    ...checkArchitecture(host, demand),
    ...checkKernel(host),
    ...checkExistence(host.workDir),
    ...checkDirectory('work-dir', host.workDir, workBytes),
    ...checkMountOptions(host, demand),
    ...checkDirectory('output-dir', host.outputDir, outputBytes),
    ...checkMemory(host, demand),
  ];
}

function wrongSystem(host: HostFacts): Problem {
  return {
    code: 'not-linux',
    message: `This machine runs ${host.platform}; guest images can be built on Linux only (loop devices, chroot, mounts).`,
    hint: 'Use a Linux machine: runs-on: ubuntu-latest on GitHub.',
  };
}

function checkRights(host: HostFacts): readonly Problem[] {
  if (host.user.canBeRoot) return [];
  return [
    {
      code: 'not-root',
      message: `A build mounts file systems and needs root, and ${host.user.name} cannot become root: ${host.user.rootRefusal}`,
      hint: 'Run it as root, or as a user with passwordless sudo.',
    },
  ];
}

function checkArchitecture(host: HostFacts, demand: Demand): readonly Problem[] {
  if (host.architecture === demand.architecture) return [];
  return [
    {
      code: 'other-architecture',
      message: `architecture: ${demand.architecture} cannot be built on this ${host.architecture} machine: the guest's own programs run during the build.`,
      hint: `Build on an ${demand.architecture} machine${demand.architecture === 'arm64' ? ' (runs-on: ubuntu-24.04-arm)' : ''}; --dry-run shows the plan anywhere.`,
    },
  ];
}

function checkKernel(host: HostFacts): readonly Problem[] {
  if (!host.user.canBeRoot) return [];
  const problems: Problem[] = [];
  if (!host.kernelFeatures.canMount) {
    problems.push({
      code: 'no-mounts',
      message:
        'Root may not make a private mount namespace here; this looks like a container without the needed privileges.',
      hint: 'Run the container with --privileged, or build outside of a container.',
    });
  }
  if (!host.kernelFeatures.loopDevices) {
    problems.push({
      code: 'no-loop-devices',
      message: 'There is no usable loop device (losetup --find fails).',
      hint: 'Load the module (modprobe loop); in a container, run it with --privileged and /dev of the host.',
    });
  }
  return problems;
}

function checkExistence(workDir: DirectoryFacts): readonly Problem[] {
  if (workDir.exists || workDir.trouble !== '') return [];
  return [
    {
      code: 'work-dir-missing',
      message: `work-dir: ${workDir.path} does not exist.`,
      hint: 'Make it, or give a directory that exists in work-dir.',
    },
  ];
}

function checkDirectory(
  input: string,
  directory: DirectoryFacts,
  neededBytes: number,
): readonly Problem[] {
  if (!directory.writable) {
    return [
      {
        code: 'directory-not-writable',
        message: `${input}: ${directory.path} cannot be written: ${directory.trouble}`,
        hint: `Give another directory in ${input}, or change its owner.`,
      },
    ];
  }
  if (directory.freeBytes >= neededBytes) return [];
  return [
    {
      code: 'no-space',
      message: `${input}: ${directory.path} has ${gigabytes(directory.freeBytes)} free, the build needs about ${gigabytes(neededBytes)}.`,
      hint: `Free space there, or give a directory on another disk in ${input}.`,
    },
  ];
}

function checkMountOptions(host: HostFacts, demand: Demand): readonly Problem[] {
  const hindrance = host.workDir.mountOptions.filter(
    (option) => option === 'nodev' || option === 'noexec',
  );
  if (demand.usesTmpfs || hindrance.length === 0) return [];
  return [
    {
      code: 'work-dir-mount-options',
      message: `work-dir: ${host.workDir.path} is on a file system mounted ${hindrance.join(',')}; the guest's programs and devices cannot be used there.`,
      hint: 'Give a directory on another file system in work-dir.',
    },
  ];
}

function checkMemory(host: HostFacts, demand: Demand): readonly Problem[] {
  if (host.memoryAvailableBytes >= demand.needs.memoryBytes) return [];
  return [
    {
      code: 'no-memory',
      message: `${gigabytes(host.memoryAvailableBytes)} of memory are available, the build needs about ${gigabytes(demand.needs.memoryBytes)}.`,
      hint: 'End other programs, or use a larger machine.',
    },
  ];
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
