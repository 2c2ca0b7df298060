import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createSudoUser, type SudoUser } from '../../support/sudo-user.ts';

describe('a user with sudo', () => {
  let user: SudoUser;

  beforeEach(() => {
    user = createSudoUser();
  });

  afterEach(() => {
    if (existsSync(user.home)) user.remove();
  });

  const runAs = (command: string, ...commandArguments: string[]) =>
    execFileSync(command, commandArguments, {
      uid: user.uid,
      gid: user.gid,
      cwd: user.home,
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();

  it('has no rights of its own, and all of them through sudo without a password', () => {
    expect(user.name).toMatch(/^tibuild[0-9a-f]{8}$/);
    expect(user.uid).toBeGreaterThanOrEqual(1000);
    expect(runAs('id', '-u')).toBe(String(user.uid));
    expect(() => runAs('cat', '/etc/shadow')).toThrow(/Permission denied/);
    expect(runAs('sudo', '-n', 'id', '-u')).toBe('0');
  });

  it('leaves the rules of sudo valid and closed to others', () => {
    const rule = statSync(join('/etc/sudoers.d', user.name));

    expect(rule.mode & 0o777).toBe(0o440);
    expect(spawnSync('visudo', ['-c']).status).toBe(0);
  });

  it('is gone after removal, with home, rule and running processes', async () => {
    writeFileSync(join(user.home, 'kept.txt'), 'x');
    const child = spawn('sleep', ['60'], { uid: user.uid, gid: user.gid, stdio: 'ignore' });
    const ended = once(child, 'exit');

    user.remove();

    expect((await ended)[1]).toBe('SIGKILL');
    expect(spawnSync('getent', ['passwd', user.name]).status).toBe(2);
    expect(existsSync(user.home)).toBe(false);
    expect(readdirSync('/etc/sudoers.d').filter((name) => name.includes(user.name))).toEqual([]);
  });

  it('is not removed while its home holds a mount', () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', user.home]);
    try {
      expect(() => user.remove()).toThrow(/holds mounts.*unmount them/);
    } finally {
      execFileSync('umount', [user.home]);
    }
  });
});
