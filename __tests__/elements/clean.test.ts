import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { elementsPath, linesFromScratchRoot } from './scratch.ts';

const inside = '/elements/trove-guest-clean/finalise.d/99-trove-guest-clean';

describe('the image, from inside', () => {
  it('loses its identity and every trace of the build', () => {
    const files = [
      '/etc/ssh/ssh_host_rsa_key',
      '/etc/ssh/ssh_host_rsa_key.pub',
      '/var/lib/systemd/random-seed',
      '/var/lib/dhcp/dhclient.eth0.leases',
      '/var/lib/cloud/instances/i-1/sem',
      '/var/log/apt/history.log',
      '/var/tmp/left',
      '/run/systemd/resolve/stub-resolv.conf',
      '/root/.gnupg/key',
      '/root/.bash_history',
      '/root/.cache/x',
      '/var/lib/dpkg/status-old',
      '/etc/shadow-',
    ];
    const lines = linesFromScratchRoot(`
      for file in ${files.join(' ')}; do mkdir -p "$(dirname "$file")"; echo x > "$file"; done
      ${inside}
      for file in ${files.join(' ')}; do [ ! -e "$file" ] || echo "left: $file"; done
      ls -A /run /var/tmp | grep -v : || true; stat -c %a /var/tmp`);
    expect(lines).toEqual(['755']);
  });

  it('gets a new machine id at its first boot, in both places', () => {
    const lines = linesFromScratchRoot(`
      mkdir -p /var/lib/dbus; echo uninitialized > /etc/machine-id; : > /var/lib/dbus/machine-id
      ${inside}; stat -c '%s %a' /etc/machine-id; readlink /var/lib/dbus/machine-id`);
    expect(lines).toEqual(['0 444', '/etc/machine-id']);
  });

  it('makes an initiator name of its own, where it has iSCSI', () => {
    const file = '/etc/iscsi/initiatorname.iscsi';
    const lines = linesFromScratchRoot(`
      mkdir /etc/iscsi; echo 'InitiatorName=iqn.1993-08.org.debian:01:1' > ${file}; ${inside}
      cat ${file}`);
    expect(lines).toEqual(['GenerateName=yes']);
  });

  it('keeps what is not of the build', () => {
    const lines = linesFromScratchRoot(`
      mkdir -p /etc/ssh /var/log/trove /root; touch /etc/ssh/sshd_config /root/.bashrc
      ${inside}; ls -d /etc/ssh/sshd_config /var/log/trove /root/.bashrc; ls -d /etc/iscsi || true`);
    expect(lines).toEqual(['/etc/ssh/sshd_config', '/root/.bashrc', '/var/log/trove']);
  });
});

describe('the image, from outside', () => {
  let root: string;
  const fake = '#!/bin/sh\necho "Warning: Fake start-stop-daemon called, doing nothing"\n';

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'elements-image-'));
    for (const folder of ['etc/apt/apt.conf.d', 'etc/dib-manifests', 'sbin', 'usr/sbin']) {
      mkdirSync(join(root, folder), { recursive: true });
    }
    put('sbin/start-stop-daemon', 'the real one');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function put(path: string, content: string): void {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }

  function runCleanup(name: string): { exitCode: number | null; stderr: string } {
    const hook = join(elementsPath, 'trove-guest-clean', 'cleanup.d', name);
    const env = { PATH: process.env.PATH, TARGET_ROOT: root };
    const run = spawnSync(hook, { env, encoding: 'utf8' });
    return { exitCode: run.status, stderr: run.stderr };
  }

  const finish = () => runCleanup('97-trove-guest-clean');

  it('loses the record of the build’s environment, and keeps the list of packages', () => {
    for (const name of ['dib_environment', 'dib_arguments', 'dib-manifest-dpkg-x']) {
      put(`etc/dib-manifests/${name}`, 'x');
    }
    expect(finish()).toEqual({ exitCode: 0, stderr: '' });
    expect(existsSync(join(root, 'etc/dib-manifests/dib_environment'))).toBe(false);
    expect(existsSync(join(root, 'etc/dib-manifests/dib_arguments'))).toBe(false);
    expect(existsSync(join(root, 'etc/dib-manifests/dib-manifest-dpkg-x'))).toBe(true);
  });

  it('is fine where no manifests were written', () => {
    rmSync(join(root, 'etc/dib-manifests'), { recursive: true });
    expect(finish().exitCode).toBe(0);
  });

  it.each([
    ['sbin/start-stop-daemon', fake, '/sbin/start-stop-daemon is not'],
    ['usr/sbin/policy-rc.d', 'exit 101', '/usr/sbin/policy-rc.d is left'],
    ['usr/sbin/some.REAL', 'x', '/usr/sbin/some.REAL is left'],
    ['usr/bin/py3compile.deferred', 'x', '/usr/bin/py3compile.deferred is left'],
    [
      'etc/apt/apt.conf.d/95allow',
      'APT::Get::AllowUnauthenticated "true";',
      'apt does not check signatures: /etc/apt/apt.conf.d/95allow',
    ],
    [
      'etc/apt/sources.list.d/x.list',
      'deb [trusted=yes] http://archive.example.test x main',
      'apt does not check signatures: /etc/apt/sources.list.d/x.list',
    ],
  ])('is refused with %s left in it', (path, content, sentence) => {
    put(path, content);
    const { exitCode, stderr } = finish();
    expect(exitCode).toBe(1);
    expect(stderr).toContain(sentence);
  });

  it('keeps the start-stop-daemon of an update instead of the one put aside', () => {
    put('sbin/start-stop-daemon', 'the new one');
    put('sbin/start-stop-daemon.REAL', 'the old one');
    expect(runCleanup('39-trove-guest-start-stop-daemon').exitCode).toBe(0);
    // What diskimage-builder's own 40-unblock-daemons then does.
    cpSync(join(root, 'sbin/start-stop-daemon.REAL'), join(root, 'sbin/start-stop-daemon'));
    expect(readFileSync(join(root, 'sbin/start-stop-daemon'), 'utf8')).toBe('the new one');
  });

  it('leaves the one put aside alone where nothing was updated', () => {
    put('sbin/start-stop-daemon', fake);
    put('sbin/start-stop-daemon.REAL', 'the real one');
    expect(runCleanup('39-trove-guest-start-stop-daemon').exitCode).toBe(0);
    expect(readFileSync(join(root, 'sbin/start-stop-daemon.REAL'), 'utf8')).toBe('the real one');
  });
});
