import { composeConfigDrive } from '../core/verify/config-drive.ts';
import {
  brokerAddress,
  composeProbe,
  composeProbeDisk,
  dataDiskBytes,
  guestCards,
  probeStatus,
} from '../core/verify/machine.ts';
import { failure } from '../errors.ts';
import type { ImageDriver } from '../model/diff.ts';
import type { GuestMachine, GuestWiring } from '../model/guest.ts';
import type { Workspace } from '../model/plan.ts';
import type { Accelerator } from '../model/verify.ts';
import type { Commands } from '../ports/commands.ts';
import type { Files } from '../ports/files.ts';
import type { Log } from '../ports/log.ts';

export interface MachinePorts {
  readonly commands: Commands;
  readonly files: Files;
  readonly log: Log;
}

const processors = 2;
const memoryMib = 2048;
/** Beside the guest's memory: QEMU itself, and what is measured while it runs. */
const spareMib = 256;
const probeSeconds = '10';
const toolSeconds = '120';

/** Programs that a guest needs, and the Debian package of each. */
const guestTools = [
  { argv: ['qemu-system-x86_64', '--version'], package: 'qemu-system-x86' },
  { argv: ['qemu-img', '--version'], package: 'qemu-utils' },
  { argv: ['xorriso', '-version'], package: 'xorriso' },
  { argv: ['setpriv', '--version'], package: 'util-linux' },
] as const;

/** Debian packages of the programs that are not there. */
export async function findMissingTools(ports: MachinePorts): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const tool of guestTools) {
    const { exitCode } = await ports.commands.run([...tool.argv]);
    if (exitCode === 127) missing.push(tool.package);
  }
  return missing;
}

/** Refuses a machine whose memory does not hold a guest. */
export async function checkMemory(ports: MachinePorts): Promise<void> {
  const text = await ports.files.read('/proc/meminfo').catch(() => '');
  const available = /^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1];
  const neededMib = memoryMib + spareMib;
  if (available === undefined || Number(available) / 1024 >= neededMib) return;
  throw failure(
    'host',
    'no-memory',
    `${Math.round(Number(available) / 1024)} MiB of memory are available, a guest needs ${neededMib} MiB.`,
    'End other programs, or use a larger machine.',
  );
}

/** KVM if a guest really runs under it: there are machines where the device opens and nothing ever happens. */
export async function chooseAccelerator(
  ports: MachinePorts,
  { path }: Workspace,
): Promise<Accelerator> {
  const diskPath = `${path}/out/probe.raw`;
  await ports.files.writeBytes(diskPath, composeProbeDisk());
  const limit = ['timeout', '--kill-after=2', probeSeconds] as const;
  const { exitCode, stderr } = await ports.commands.run([
    ...limit,
    ...composeProbe(diskPath, 'kvm'),
  ]);
  await ports.files.removeFile(diskPath);
  if (exitCode === probeStatus) return 'kvm';
  const said =
    stderr.trim().split('\n').at(-1) || 'a guest of one instruction does not run with it';
  ports.log.warning({
    code: 'no-kvm',
    message: `The guest runs without KVM, about ten times slower, with longer limits: ${said}`,
    hint: 'Let this user open /dev/kvm, and use a machine that has hardware virtualisation.',
  });
  return 'tcg';
}

/** The image that a guest starts from; its file is only read. */
export interface BaseImage {
  readonly path: string;
  readonly driver: ImageDriver;
}

/** Makes the disks of a guest in the workspace: one on top of the image, one for data, and the config drive. */
export async function layOutGuest(
  ports: MachinePorts,
  workspace: Workspace,
  base: BaseImage,
  wiring: GuestWiring,
  how: { readonly accelerator: Accelerator; readonly hostDir: string },
): Promise<GuestMachine> {
  const directory = `${workspace.path}/guest`;
  await ports.files.makeDirectory(directory);
  const machine: GuestMachine = {
    accelerator: how.accelerator,
    processors,
    memoryMib,
    overlayPath: `${directory}/system.qcow2`,
    dataDiskPath: `${directory}/data.raw`,
    dataDiskBytes,
    configDrivePath: `${directory}/config-drive.iso`,
    reportPath: `${directory}/report`,
    brokerLogPath: `${directory}/broker.log`,
    brokerAddress,
    brokerPort: wiring.brokerPort,
    databaseForward: wiring.databaseForward,
    cards: guestCards,
  };
  const below = ['-b', base.path, '-F', base.driver];
  await runTool(ports, ['qemu-img', 'create', '-q', '-f', 'qcow2', ...below, machine.overlayPath]);
  await runTool(ports, ['truncate', '--size', String(dataDiskBytes), machine.dataDiskPath]);
  const drive = { ...wiring, cards: guestCards };
  const reporter = await ports.files.read(`${how.hostDir}/guest-report`);
  const tree = `${directory}/config-drive`;
  for (const [name, content] of Object.entries(composeConfigDrive({ ...drive, reporter }))) {
    const path = `${tree}/${name}`;
    await ports.files.makeDirectory(path.slice(0, path.lastIndexOf('/')));
    await ports.files.write(path, content, 0o600);
  }
  // as Nova has it by default: ISO 9660 with the extensions of Joliet and Rock Ridge
  const form = ['-as', 'mkisofs', '-quiet', '-V', 'config-2', '-J', '-r'];
  await runTool(ports, ['xorriso', '-no_rc', ...form, '-o', machine.configDrivePath, tree]);
  return machine;
}

async function runTool(ports: MachinePorts, argv: readonly [string, ...string[]]): Promise<void> {
  const limit = ['timeout', '--kill-after=2', toolSeconds] as const;
  const { exitCode, stderr } = await ports.commands.run([...limit, ...argv]);
  if (exitCode === 0) return;
  throw failure(
    'host',
    'guest-not-made',
    `${argv[0]} could not make a disk of the guest: ${stderr.trim().split('\n').at(-1) || `exit code ${exitCode}`}`,
    'Look at the free space of work-dir, and at the message.',
  );
}
