import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ACCELERATOR_ARGUMENTS, type Accelerator, findAccelerator } from './boot/accelerator.ts';
import {
  createSerialLog,
  FAILURES,
  type Failure,
  type Milestone,
  type SerialLog,
} from './boot/serial-log.ts';

export interface Disk {
  path: string;
  format: 'qcow2' | 'raw';
}

export interface BootOptions {
  /** The disk that the guest boots from; it is not written to. */
  image: Disk;
  /** Where `serial.log` goes. */
  directory: string;
  /** More disks, such as a seed; not written to either. */
  disks?: readonly Disk[];
  /** What to wait for on the console, instead of the login prompt. */
  until?: RegExp;
  timeLimitMs?: number;
  /** Found out when left out, which takes some seconds where KVM does not work. */
  accelerator?: Accelerator;
  cpus?: number;
  memoryMiB?: number;
}

/** `exited`: QEMU ended by itself, because it could not start or because the guest switched off. */
export type Verdict = 'login' | 'until' | Failure | 'exited' | 'time limit';

export interface BootResult {
  verdict: Verdict;
  seconds: number;
  /** Seconds after power-on at which each was first seen. */
  markers: Partial<Record<Milestone | Failure | 'until', number>>;
  accelerator: Accelerator;
  serialLogPath: string;
  /** The end of the console, and what QEMU itself had to say. */
  tail: string;
}

const TIME_LIMIT_MS = 10 * 60_000;
/** Left to a failing guest to say why, before the power goes. */
const LAST_WORDS_MS = 1_000;
const TERMINATE_MS = 5_000;
const FAILURE_NAMES: ReadonlySet<Verdict> = new Set(FAILURES.map(([name]) => name));

/** Boots a disk image, watches its serial console until the outcome is known, and ends the machine. */
export async function bootImage(options: BootOptions): Promise<BootResult> {
  const accelerator = options.accelerator ?? findAccelerator();
  mkdirSync(options.directory, { recursive: true });
  const serialLogPath = join(options.directory, 'serial.log');
  const startedAt = performance.now();
  const readSeconds = (): number => (performance.now() - startedAt) / 1000;
  const markers: BootResult['markers'] = {};
  const qemu = startQemu(makeQemuArguments(options, accelerator));
  let complaints = '';
  qemu.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  try {
    const { log, verdict } = watch(qemu, options, { serialLogPath, readSeconds, markers });
    const found = await verdict;
    const seconds = readSeconds();
    if (FAILURE_NAMES.has(found)) await waitForEnd(qemu, LAST_WORDS_MS);
    const tail = `${log.tail()}\n${complaints}`.trim();
    await stopQemu(qemu);
    log.end();
    return { verdict: found, seconds, markers, accelerator, serialLogPath, tail };
  } finally {
    await stopQemu(qemu);
  }
}

interface WatchContext {
  serialLogPath: string;
  readSeconds(): number;
  markers: BootResult['markers'];
}

function watch(
  qemu: ChildProcess,
  options: BootOptions,
  { serialLogPath, readSeconds, markers }: WatchContext,
): { log: SerialLog; verdict: Promise<Verdict> } {
  const { until, timeLimitMs = TIME_LIMIT_MS } = options;
  let decide: (verdict: Verdict) => void = () => {};
  const verdict = new Promise<Verdict>((resolve, reject) => {
    decide = resolve;
    qemu.once('error', reject);
  });
  const log = createSerialLog({
    path: serialLogPath,
    readSeconds,
    ...(until ? { until } : {}),
    onEvent(event) {
      markers[event.name] ??= readSeconds();
      if (event.kind === 'failure') decide(event.name);
      if (event.name === (until ? 'until' : 'login')) decide(event.name);
    },
  });
  qemu.stdout?.on('data', log.write);
  qemu.once('close', () => decide('exited'));
  const limit = setTimeout(() => decide('time limit'), timeLimitMs);
  return { log, verdict: verdict.finally(() => clearTimeout(limit)) };
}

/** The whole command line as data; the guest has an address but can reach nothing. */
export function makeQemuArguments(options: BootOptions, accelerator: Accelerator): string[] {
  const { image, disks = [], cpus = 2, memoryMiB = 2048 } = options;
  const drives = [image, ...disks].flatMap((disk) => [
    '-drive',
    // A comma in a path is written twice.
    `file=${disk.path.replaceAll(',', ',,')},if=virtio,format=${disk.format},snapshot=on,cache=unsafe`,
  ]);
  return [
    // Without graphics the firmware, and a boot loader that speaks through it, write to the serial port.
    ['-machine', 'q35,graphics=off'],
    ACCELERATOR_ARGUMENTS[accelerator],
    ['-smp', String(cpus)],
    ['-m', String(memoryMiB)],
    ['-nodefaults', '-no-reboot'],
    ['-display', 'none'],
    ['-serial', 'stdio'],
    drives,
    ['-netdev', 'user,id=net0,restrict=on'],
    ['-device', 'virtio-net-pci,netdev=net0,romfile='],
    ['-device', 'virtio-rng-pci'],
  ].flat();
}

function startQemu(qemuArguments: readonly string[]): ChildProcess {
  // The machine must not outlive this process, however that ends.
  const launcher = ['--pdeathsig', 'KILL', 'qemu-system-x86_64'];
  return spawn('setpriv', [...launcher, ...qemuArguments], { stdio: ['ignore', 'pipe', 'pipe'] });
}

async function stopQemu(qemu: ChildProcess): Promise<void> {
  if (hasEnded(qemu)) return;
  qemu.kill('SIGTERM');
  await waitForEnd(qemu, TERMINATE_MS);
  if (!hasEnded(qemu)) qemu.kill('SIGKILL');
}

function hasEnded(qemu: ChildProcess): boolean {
  return qemu.pid === undefined || qemu.exitCode !== null || qemu.signalCode !== null;
}

async function waitForEnd(qemu: ChildProcess, limitMs: number): Promise<void> {
  if (hasEnded(qemu)) return;
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), limitMs);
  await once(qemu, 'close', { signal: giveUp.signal }).catch((error: Error) => {
    if (error.name !== 'AbortError') throw error;
  });
  clearTimeout(timer);
}
