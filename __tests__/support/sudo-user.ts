import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { sendSignal } from './runner/process-tree.ts';

/** An account like that of a hosted runner: without rights of its own, but with sudo. */
export interface SudoUser {
  uid: number;
  gid: number;
  name: string;
  home: string;
  /** Ends the user's processes and removes the account, its sudo rule and its home. */
  remove(): void;
}

const SUDOERS_DIRECTORY = '/etc/sudoers.d';
const LOCK_ATTEMPTS = 20;
const LOCK_PAUSE_MS = 250;
const PROCESS_ROUNDS = 20;

/** Makes an unprivileged account with passwordless sudo; wants root, and is for tests only. */
export function createSudoUser(): SudoUser {
  const name = `tibuild${randomBytes(4).toString('hex')}`;
  changeAccounts('useradd', ['--create-home', '--user-group', '--shell', '/bin/bash', name]);
  try {
    allowSudo(name);
  } catch (error) {
    changeAccounts('userdel', ['--remove', name]);
    throw error;
  }
  const entry = execFileSync('getent', ['passwd', name], { encoding: 'utf8' }).trim().split(':');
  const [uid, gid, home] = [Number(entry[2]), Number(entry[3]), entry[5] ?? ''];
  return {
    uid,
    gid,
    name,
    home,
    remove() {
      endProcesses(uid);
      refuseMounts(home);
      // The rule goes first: whatever fails after it leaves an account without rights.
      rmSync(join(SUDOERS_DIRECTORY, name), { force: true });
      changeAccounts('userdel', ['--remove', name]);
    },
  };
}

/** A broken file in this folder would take sudo away from everybody, so it is checked first. */
function allowSudo(name: string): void {
  const staging = mkdtempSync('/run/sudo-rule-');
  try {
    const path = join(staging, name);
    writeFileSync(path, `${name} ALL=(ALL:ALL) NOPASSWD: ALL\n`);
    chmodSync(path, 0o440);
    execFileSync('visudo', ['-cf', path], { stdio: ['ignore', 'ignore', 'pipe'] });
    // Sudo skips names with a dot, so the rule appears at once and whole with the second step.
    const waiting = join(SUDOERS_DIRECTORY, `.${name}`);
    writeFileSync(waiting, readFileSync(path), { mode: 0o440 });
    renameSync(waiting, join(SUDOERS_DIRECTORY, name));
  } finally {
    rmSync(staging, { recursive: true });
  }
}

/** Runs an account tool; waits while another one holds the lock on the account files. */
function changeAccounts(tool: 'useradd' | 'userdel', toolArguments: readonly string[]): void {
  for (let attempt = 1; ; attempt += 1) {
    const { status, stderr, error } = spawnSync(tool, toolArguments, { encoding: 'utf8' });
    if (status === 0) return;
    if (attempt === LOCK_ATTEMPTS || !/cannot lock/.test(stderr ?? '')) {
      const reason = error?.message ?? stderr.trim();
      throw new Error(`${tool} ${toolArguments.join(' ')} ended with ${status}: ${reason}`);
    }
    sleep(LOCK_PAUSE_MS);
  }
}

/** The account was made for this test, so whatever runs under it was started by this test. */
function endProcesses(uid: number): void {
  for (let round = 0; round < PROCESS_ROUNDS; round += 1) {
    const pids = readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid > 0 && ownedBy(pid, uid));
    if (pids.length === 0) return;
    for (const pid of pids) sendSignal(pid, 'SIGKILL');
    sleep(50);
  }
}

/** By the ids that the account tools look at as well: real, effective, saved and file system. */
function ownedBy(pid: number, uid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const ids = /^Uid:\s+(.*)$/m.exec(status)?.[1]?.split(/\s+/) ?? [];
    return ids.includes(String(uid));
  } catch {
    return false;
  }
}

/** Removing a home that holds a mount would empty what is mounted there. */
function refuseMounts(home: string): void {
  const mountPoints = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '');
  const inside = mountPoints.filter((path) => path === home || path.startsWith(`${home}/`));
  if (inside.length === 0) return;
  throw new Error(
    `${home} holds mounts (${inside.join(', ')}); unmount them, then remove the user`,
  );
}

function sleep(durationMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}
