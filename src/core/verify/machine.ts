import type { GuestCard, GuestLimits, GuestMachine, PortForward } from '../../model/guest.ts';
import type { Accelerator } from '../../model/verify.ts';
import { reportPort } from './config-drive.ts';

/** As Trove orders them: the port of the user's network first, the management network last. */
export const guestCards: readonly GuestCard[] = [
  { name: 'tenant', mac: 'fa:16:3e:00:00:01', network: '10.0.3.0/24' },
  { name: 'management', mac: 'fa:16:3e:00:00:02', network: '10.0.2.0/24' },
];
export const brokerAddress = '10.0.2.100:5672';
export const dataDiskBytes = 2 * 1024 ** 3;

/** Three times what a good image was measured to take. */
const usualLimits: Readonly<Record<Accelerator, GuestLimits>> = {
  kvm: { totalMs: 300_000, silenceMs: 120_000, graceMs: 60_000 },
  tcg: { totalMs: 900_000, silenceMs: 300_000, graceMs: 150_000 },
};
/** What a companion may take beside. */
const companionMs: Readonly<Record<Accelerator, number>> = { kvm: 180_000, tcg: 300_000 };

/** How long a guest may take; who gives it more time (`seconds`) gives it to each part. */
export function chooseLimits(
  accelerator: Accelerator,
  seconds: number | null,
  hasCompanion: boolean,
): GuestLimits {
  const alone = usualLimits[accelerator];
  const more = hasCompanion ? companionMs[accelerator] : 0;
  const usual = { ...alone, totalMs: alone.totalMs + more };
  if (seconds === null) return usual;
  const factor = Math.max(1, (seconds * 1000) / usual.totalMs);
  return {
    totalMs: seconds * 1000,
    silenceMs: usual.silenceMs * factor,
    graceMs: usual.graceMs * factor,
  };
}

const accelerators: Readonly<Record<Accelerator, readonly string[]>> = {
  kvm: ['-accel', 'kvm', '-cpu', 'host'],
  tcg: ['-accel', 'tcg,thread=multi', '-cpu', 'max'],
};

const common = [
  // without graphics the firmware, and a boot loader that speaks through it, write to the serial port
  ...['-machine', 'q35,graphics=off'],
  ...['-nodefaults', '-no-user-config', '-no-reboot'],
  ...['-display', 'none'],
  // the image may come from anywhere; only the program that joins the guest to the broker is started
  ...['-sandbox', 'on,obsolete=deny,resourcecontrol=deny'],
];

/** The command that runs a guest: console on its standard output, no way out of its networks but the broker. */
export function composeQemu(
  machine: GuestMachine,
  hostDir: string,
): readonly [string, ...string[]] {
  const drive = (path: string, options: string): string => `file=${doubleCommas(path)},${options}`;
  return [
    'qemu-system-x86_64',
    ...common,
    ...accelerators[machine.accelerator],
    ...['-smp', String(machine.processors)],
    ...['-m', String(machine.memoryMib)],
    ...['-rtc', 'base=utc'],
    ...['-chardev', 'stdio,id=console,signal=off'],
    ...['-serial', 'chardev:console'],
    ...['-device', 'virtio-serial-pci'],
    ...['-chardev', `file,id=report,path=${doubleCommas(machine.reportPath)}`],
    ...['-device', `virtserialport,chardev=report,name=${reportPort}`],
    ...['-drive', drive(machine.overlayPath, 'if=virtio,format=qcow2,cache=unsafe')],
    ...['-drive', drive(machine.dataDiskPath, 'if=virtio,format=raw,cache=unsafe')],
    ...['-drive', drive(machine.configDrivePath, 'if=ide,media=cdrom,format=raw,readonly=on')],
    ...machine.cards.flatMap((card) => composeCard(card, machine, hostDir)),
    ...['-device', 'virtio-rng-pci'],
  ];
}

function composeCard(
  { name, mac, network }: GuestCard,
  { brokerLogPath, brokerPort, databaseForward }: GuestMachine,
  hostDir: string,
): readonly string[] {
  const forward = [
    ...['/usr/bin/python3', '-I', `${hostDir}/guest-forward`],
    brokerLogPath,
    ...(brokerPort === null ? [] : [String(brokerPort)]),
  ];
  const broker = `guestfwd=tcp:${brokerAddress}-cmd:${doubleCommas(forward.map(quote).join(' '))}`;
  const options = [
    ...['user', `id=${name}`, `net=${network}`, 'restrict=on'],
    ...(name === 'management' ? [broker] : []),
    ...(name === 'tenant' && databaseForward !== null ? [composeForward(databaseForward)] : []),
  ];
  return [
    ...['-netdev', options.join(',')],
    ...['-device', `virtio-net-pci,netdev=${name},mac=${mac},romfile=`],
  ];
}

const composeForward = ({ hostPort, guestPort }: PortForward): string =>
  `hostfwd=tcp:127.0.0.1:${hostPort}-:${guestPort}`;

/** A comma within a value is written twice. */
const doubleCommas = (text: string): string => text.replaceAll(',', ',,');
/** QEMU splits this command by the rules of a shell, without one. */
const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** Status with which QEMU ends when the guest of `probeSector` has run. */
export const probeStatus = 67;
const probeValue = (probeStatus - 1) / 2;
const sectorBytes = 512;
/** The firmware does not boot from disks much smaller than this. */
const probeBytes = 1024 * 1024;

/** A raw disk whose boot sector tells QEMU's exit device to end the machine: the smallest guest that shows it runs. */
export function composeProbeDisk(): Uint8Array {
  const disk = new Uint8Array(probeBytes);
  // mov al, value; out 0xf4, al; hlt
  disk.set([0xb0, probeValue, 0xe6, 0xf4, 0xf4]);
  disk.set([0x55, 0xaa], sectorBytes - 2);
  return disk;
}

/** The command that runs the guest of `composeProbeDisk`. */
export function composeProbe(
  diskPath: string,
  accelerator: Accelerator,
): readonly [string, ...string[]] {
  return [
    'qemu-system-x86_64',
    ...common,
    ...accelerators[accelerator],
    ...['-m', '64'],
    ...['-device', 'isa-debug-exit,iobase=0xf4,iosize=1'],
    ...['-drive', `file=${doubleCommas(diskPath)},if=virtio,format=raw`],
  ];
}
