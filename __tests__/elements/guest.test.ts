import { describe, expect, it } from '@jest/globals';
import { linesFromScratchRoot, runInScratchRoot } from './scratch.ts';

const user = '/elements/trove-guest-user/install.d/25-trove-guest-user';
const checkName = '/elements/trove-guest-user/root.d/00-trove-guest-user';
const docker = '/elements/trove-guest-docker/install.d/30-trove-guest-docker';
const system = '/elements/trove-guest-system/install.d/20-trove-guest-system';
const preseed = '/elements/trove-guest-agent-package/pre-install.d/50-trove-guest-agent-package';

describe('the guest user', () => {
  it('is locked, may use sudo without a password and is cloud-init’s default user', () => {
    const lines = linesFromScratchRoot(`
      ${user} >&2
      grep ^guest: /etc/passwd /etc/shadow
      stat -c '%a %U %n' /etc/sudoers.d/60-trove-guest-user /home/guest
      cat /etc/sudoers.d/60-trove-guest-user
      grep -A1 default_user: /etc/cloud/cloud.cfg.d/96_trove_guest_user.cfg`);
    expect(lines).toEqual([
      '/etc/passwd:guest:x:1000:1000::/home/guest:/bin/bash',
      expect.stringMatching(/^\/etc\/shadow:guest:!/),
      '440 root /etc/sudoers.d/60-trove-guest-user',
      expect.stringMatching(/^7\d\d guest \/home\/guest$/),
      'guest ALL=(ALL) NOPASSWD:ALL',
      '  default_user:',
      '    name: guest',
    ]);
  });

  it('is refused when it would get the number of the database’s containers', () => {
    const run = runInScratchRoot(`useradd --uid 1000 somebody; ${user}`);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('got number 1001');
  });

  it('may talk to docker, which is enabled', () => {
    const lines = linesFromScratchRoot(`
      ${user} >&2; ${docker} >&2
      id -nG guest
      cat /systemctl.log`);
    expect(lines).toEqual(['guest docker', 'enable containerd.service docker.service']);
  });

  it.each(['debian', '_trove', 'guest-1', 'a'.repeat(32)])('may be called %s', (name) => {
    expect(runInScratchRoot(`GUEST_USERNAME=${name} ${checkName}`).exitCode).toBe(0);
  });

  it.each(['', 'root', 'Debian', '1st', '-x', 'a b', 'a;b', 'a'.repeat(33)])(
    'may not be called "%s", and nothing is written',
    (name) => {
      const run = runInScratchRoot(`
        touch /tmp/before; find / -xdev | sort > /tmp/before
        GUEST_USERNAME='${name}' ${checkName} || code=$?
        find / -xdev | sort | diff /tmp/before -
        exit "\${code:-0}"`);
      expect(run.exitCode).toBe(1);
      expect(run.stdout).toBe('');
      expect(run.stderr).toContain('GUEST_USERNAME is ');
    },
  );

  it('is asked for by every hook that needs its name', () => {
    for (const hook of [user, docker]) {
      const run = runInScratchRoot(`unset GUEST_USERNAME; ${hook}`);
      expect(run.exitCode).not.toBe(0);
      expect(run.stderr).toContain('GUEST_USERNAME: is not set');
    }
  });
});

describe('the system of the guest', () => {
  it('lets cloud-init answer for the host name and keep the apt sources', () => {
    const lines = linesFromScratchRoot(`
      ${system}
      cat /etc/cloud/cloud.cfg.d/95_trove_guest.cfg /etc/hosts /etc/sysctl.d/60-trove-guest.conf
      find /etc/cloud /etc/sysctl.d /etc/systemd /etc/hosts -type f ! -perm 644`);
    expect(lines).toEqual(
      expect.arrayContaining([
        'manage_etc_hosts: localhost',
        '  preserve_sources_list: true',
        '127.0.0.1 localhost',
        'net.ipv4.ip_forward = 1',
      ]),
    );
    expect(lines.at(-1)).toBe('net.ipv4.ip_forward = 1');
  });

  it('keeps a hosts file that knows localhost', () => {
    const script = `echo '127.0.0.1 localhost mine' > /etc/hosts; ${system}; cat /etc/hosts`;
    expect(linesFromScratchRoot(script)).toEqual(['127.0.0.1 localhost mine']);
  });

  it.each([
    ['ARCH=amd64', 'ttyS0'],
    ['ARCH=arm64', 'ttyAMA0'],
    ['ARCH=amd64 DIB_BOOTLOADER_SERIAL_CONSOLE=ttyS1,115200', 'ttyS1'],
  ])('with %s has its login prompt on %s', (variables, port) => {
    const lines = linesFromScratchRoot(`env ${variables} ${system}; cat /systemctl.log`);
    expect(lines).toContain(`enable serial-getty@${port}.service`);
  });

  it('has an SSH server without host keys, which can make its own', () => {
    const lines = linesFromScratchRoot(`
      mkdir /etc/ssh; touch /etc/ssh/ssh_host_rsa_key /etc/ssh/ssh_host_rsa_key.pub
      ${system}; ls /etc/ssh
      cat /etc/systemd/system/ssh.service.d/10-trove-guest.conf`);
    expect(lines).toEqual([
      '[Service]',
      'ExecStartPre=',
      "ExecStartPre=/bin/sh -c 'ls /etc/ssh/ssh_host_*_key >/dev/null 2>&1 || exec /usr/bin/ssh-keygen -A'",
      'ExecStartPre=/usr/sbin/sshd -t',
    ]);
  });

  it('answers the one question of the agent’s package before it is asked', () => {
    const script = `
      printf '#!/bin/sh\\ncat\\n' > /usr/local/sbin/debconf-set-selections
      chmod 755 /usr/local/sbin/debconf-set-selections
      ${preseed}`;
    expect(linesFromScratchRoot(script)).toEqual(['trove-common trove/configure_db boolean false']);
  });
});
