import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { answerOf, check, openBench, type SavedBlob } from '../support/layer/bench.ts';

const bench = openBench('layer-identity-');
const children: ChildProcess[] = [];
let count = 0;
let own = '';
let tree = '';

beforeEach(() => {
  count += 1;
  own = bench.place(`test-${count}`);
  tree = bench.place(`test-${count}/tree`);
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    const ended = once(child, 'exit');
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    await ended;
  }
});
afterAll(() => bench.close());

function put(path: string, text = 'text'): void {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  writeFileSync(join(tree, path), text);
}

const save = (name = 'blob', ...more: readonly string[]): Record<string, unknown> =>
  answerOf(['save', tree, join(own, 'state'), join(own, name), ...more]);

function namesIn(answer: Record<string, unknown>, name = 'blob'): string[] {
  const path = join(own, name);
  expect(check({ path, ...answer } as unknown as SavedBlob)).toBeNull();
  return Object.keys(JSON.parse(readFileSync(`${path}.members`, 'utf8')).kinds);
}

describe('what two guests must not share', () => {
  it('is not saved, and is gone from the tree of a cold build too', () => {
    for (const path of [
      ...['etc/ssh/ssh_host_rsa_key', 'etc/ssh/ssh_host_rsa_key.pub', 'etc/ssh/ssh_host_x_key'],
      ...['var/lib/systemd/random-seed', 'var/lib/systemd/credential.secret'],
      'var/lib/urandom/random-seed',
    ])
      put(path, '-----BEGIN OPENSSH PRIVATE KEY-----');
    put('etc/ssh/sshd_config');
    put('etc/machine-id', '0123456789abcdef0123456789abcdef\n');
    put('var/lib/dbus/machine-id', '0123456789abcdef0123456789abcdef\n');
    const names = namesIn(save());
    expect(names.filter((name) => /ssh_host|seed|secret/.test(name))).toEqual([]);
    expect(names).toContain('etc/ssh/sshd_config');
    expect(existsSync(`${tree}/etc/ssh/ssh_host_rsa_key`)).toBe(false);
    expect(readFileSync(`${tree}/etc/machine-id`, 'utf8')).toBe('');
    expect(readlinkSync(`${tree}/var/lib/dbus/machine-id`)).toBe('/etc/machine-id');
  });

  it('is the snake oil certificate where a unit makes it anew', () => {
    put('etc/ssl/private/ssl-cert-snakeoil.key', '-----BEGIN PRIVATE KEY-----');
    put('etc/ssl/certs/ssl-cert-snakeoil.pem');
    expect(save()).toEqual({ refused: '/etc/ssl/private/ssl-cert-snakeoil.key is a private key' });
    put('usr/lib/systemd/system/ssl-cert.service');
    expect(namesIn(save()).filter((name) => name.includes('snakeoil'))).toEqual([]);
  });

  it('is looked for inside of the tree: a link of it does not lead to this machine', () => {
    const outside = bench.place(`test-${count}/outside`);
    for (const name of ['ssh_host_rsa_key', 'random-seed', 'machine-id'])
      writeFileSync(join(outside, name), 'of the machine');
    mkdirSync(`${tree}/etc`);
    mkdirSync(`${tree}/var/lib`, { recursive: true });
    symlinkSync(outside, `${tree}/etc/ssh`);
    symlinkSync(outside, `${tree}/var/lib/systemd`);
    symlinkSync(outside, `${tree}/var/lib/dbus`);
    symlinkSync(join(outside, 'machine-id'), `${tree}/etc/machine-id`);
    // where the guest would follow the link to
    put(`${outside.slice(1)}/ssh_host_rsa_key`, 'of the guest');
    save();
    for (const name of ['ssh_host_rsa_key', 'random-seed', 'machine-id'])
      expect(readFileSync(join(outside, name), 'utf8')).toBe('of the machine');
    expect(lstatSync(join(outside, 'machine-id')).isFile()).toBe(true);
    expect(existsSync(`${tree}${outside}/ssh_host_rsa_key`)).toBe(false);
  });
});

describe('saving is refused', () => {
  it.each([
    ['RSA PRIVATE KEY', ''],
    ['OPENSSH PRIVATE KEY', ''],
    ['PRIVATE KEY', 'a certificate comes first\n'.repeat(400)],
    ['PGP PRIVATE KEY BLOCK', '\0\xff'],
  ])('where there is a private key below /etc: %s', (kind, before) => {
    put('etc/service/tls/key.pem', `${before}-----BEGIN ${kind}-----\n`);
    expect(save()).toEqual({ refused: '/etc/service/tls/key.pem is a private key' });
    expect(existsSync(join(own, 'blob'))).toBe(false);
  });

  it('where a source is in the tree before the script that uses it', () => {
    put('opt/guest-agent/setup.py');
    expect(save('blob', '--forbid', 'opt/guest-agent')).toEqual({
      refused: '/opt/guest-agent is there before the script that uses this source',
    });
    expect(save('blob', '--forbid', 'opt/guest')).not.toHaveProperty('refused');
  });

  it.each([
    ['b', '8', '0'],
    ['c', '1', '1'],
    ['b', '1', '3'],
  ])('where there is a device node that the check would refuse: %s %s:%s', (...words) => {
    put('file');
    execFileSync('mknod', [`${tree}/node`, ...words]);
    expect(save()).toEqual({ refused: '/node is a device node that no layer may hold' });
  });

  it('where something has the name of the blob already', () => {
    put('file');
    writeFileSync(join(own, 'blob'), 'mine');
    expect(() => save()).toThrow('is there already');
    expect(readFileSync(join(own, 'blob'), 'utf8')).toBe('mine');
  });
});

describe('a process whose root is in the tree', () => {
  /** Puts a program into the tree, with the libraries that it needs. */
  function install(program: string, root = tree): void {
    const needed = execFileSync('ldd', [program], { encoding: 'utf8' }).match(/\/\S+/g) ?? [];
    for (const path of [program, ...needed]) {
      const target = join(root, path === program ? `bin/${program.split('/').at(-1)}` : path);
      mkdirSync(dirname(target), { recursive: true });
      copyFileSync(path, target);
    }
  }

  async function start(root: string, ...argv: readonly string[]): Promise<number> {
    const child = spawn('chroot', [root, ...argv], { stdio: 'ignore', detached: true });
    children.push(child);
    const pid = child.pid ?? 0;
    while (readlinkSync(`/proc/${pid}/root`) !== root)
      await new Promise((resolve) => setTimeout(resolve, 5));
    return pid;
  }

  it('makes saving be refused, by its name', async () => {
    install('/bin/sleep');
    const pid = await start(tree, '/bin/sleep', '60');
    expect(save()).toEqual({ refused: `processes are alive in the tree: sleep (${pid})` });
    expect(existsSync(join(own, 'state'))).toBe(false);
  });

  it('is also one whose root is a directory of the tree', async () => {
    install('/bin/sleep', `${tree}/inner`);
    const pid = await start(`${tree}/inner`, '/bin/sleep', '60');
    expect(save()).toEqual({ refused: `processes are alive in the tree: sleep (${pid})` });
  });

  it('is none in a tree whose name only begins like it', async () => {
    install('/bin/sleep', `${tree}-other`);
    await start(`${tree}-other`, '/bin/sleep', '60');
    put('file');
    expect(save()).not.toHaveProperty('refused');
  });

  it('does not count when it is the hook that waits, or one of its ancestors', async () => {
    for (const program of ['/bin/sleep', '/bin/sh']) install(program);
    const shell = await start(tree, '/bin/sh', '-c', '/bin/sleep 60; true');
    const readChildren = (): string =>
      readFileSync(`/proc/${shell}/task/${shell}/children`, 'utf8').trim();
    while (readChildren() === '') await new Promise((resolve) => setTimeout(resolve, 5));
    expect(save('blob', '--hook-pid', readChildren())).not.toHaveProperty('refused');
    expect(save('blob-2', '--hook-pid', String(shell)).refused).toMatch(/sleep \(\d+\)$/);
  });
});

describe('what a save tells of the guest', () => {
  it('is the state of its archives, read inside of the tree', () => {
    put('var/lib/apt/lists/archive.example.org_dists_stable_InRelease', 'signed');
    mkdirSync(`${tree}/var/lib/apt/lists/partial_InRelease`);
    put('etc/apt/sources.list', 'deb http://archive.example.org stable main\n');
    put('etc/apt/sources.list.d/more.sources', 'Types: deb\n');
    put('etc/apt/sources.list.d/note.txt');
    symlinkSync('/etc/hostname', `${tree}/etc/apt/sources.list.d/link.list`);
    expect(save()).toMatchObject({
      resolvConf: 'file',
      aptIndexes: {
        'archive.example.org_dists_stable_InRelease': expect.stringMatching(/^[0-9a-f]{64}$/),
      },
      aptSources: {
        'sources.list': 'deb http://archive.example.org stable main\n',
        'more.sources': 'Types: deb\n',
      },
    });
  });
});
