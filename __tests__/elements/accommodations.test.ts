import { describe, expect, it } from '@jest/globals';
import { linesFromScratchRoot } from './scratch.ts';

const fast = '/elements/trove-guest-fast-build';
const system = '/elements/trove-guest-system';
const defer = `${fast}/pre-install.d/01-trove-guest-fast-build`;
const resume = `${fast}/post-install.d/96-trove-guest-fast-build`;

// Programs that write down their calls, a kernel with modules and one without.
const prepare = `
  for program in /usr/sbin/update-initramfs /usr/bin/py3compile; do
    printf '#!/bin/sh\\necho "\${0##*/} $*" >> /calls\\n' > $program; chmod 755 $program
  done
  : > /calls
  mkdir -p /usr/lib/modules/6.1-test; touch /boot/vmlinuz-6.1-test /boot/vmlinuz-5.0-gone
  mount -t tmpfs modules /usr/lib/python3/dist-packages
  echo 'x = 1' > /usr/lib/python3/dist-packages/probe.py
  echo 'print "old"' > /usr/lib/python3/dist-packages/python2_only.py`;

describe('a faster build', () => {
  it('does nothing while packages ask for it, and once at the end', () => {
    const lines = linesFromScratchRoot(`
      ${prepare}
      ${defer} >&2
      update-initramfs -u; py3compile -p some-package; echo "deferred: $(wc -l < /calls)"
      ${resume} >&2
      cat /calls; ls /usr/lib/python3/dist-packages/__pycache__ | cut -d. -f1`);
    expect(lines).toEqual(['deferred: 0', 'update-initramfs -c -k 6.1-test', 'probe']);
  });

  it('compiles Python packages also where semaphores are missing, and says so', () => {
    const lines = linesFromScratchRoot(`
      ${prepare}; umount /dev/shm; rmdir /dev/shm
      ${defer} >&2; ${resume} | tail -n 1; ls /usr/lib/python3/dist-packages/__pycache__ | cut -d. -f1`);
    expect(lines).toEqual([expect.stringMatching(/^compiling with one process: /), 'probe']);
  });

  it('leaves no file, no mode and no diversion behind', () => {
    const lines = linesFromScratchRoot(`
      ${prepare}
      listing() { find /etc /usr/sbin /usr/bin -xdev ! -type d -printf '%p %m %s %l\\n' | sort; }
      listing > /before
      ${defer} >&2; listing | diff -q /before - || true
      ${resume} >&2; listing | diff /before -
      cat /var/lib/dpkg/diversions`);
    expect(lines).toEqual(['Files /before and - differ']);
  });

  it('keeps copyright files and leaves out documentation, unless told to keep it', () => {
    const config = '/etc/dpkg/dpkg.cfg.d/trove-guest-fast-build';
    expect(linesFromScratchRoot(`${prepare}; ${defer} >&2; cat ${config}`)).toEqual([
      'path-exclude=/usr/share/doc/*',
      'path-include=/usr/share/doc/*/copyright',
      'path-exclude=/usr/share/man/*',
    ]);
    const kept = `${prepare}; TROVE_IMAGE_KEEP_DOCS=1 ${defer} >&2; ls /etc/dpkg/dpkg.cfg.d; ${resume} >&2`;
    expect(linesFromScratchRoot(kept)).toEqual([]);
  });

  it('copes with an image that has no initial RAM disk', () => {
    const lines = linesFromScratchRoot(`
      ${prepare}; rm /usr/sbin/update-initramfs
      ${defer} >&2; ${resume} | tail -n 1; ls /usr/sbin | grep initramfs || true`);
    expect(lines.at(0)).toBe('no initramfs-tools in this image: no initial RAM disk is made');
    expect(lines.slice(1).filter((line) => line.startsWith('update-initramfs'))).toEqual([]);
  });
});

describe('a package that the archive no longer has', () => {
  it('is stood in for while base asks for it, then gone', () => {
    const hooks = `${system}/pre-install.d`;
    const lines = linesFromScratchRoot(`
      listing() { find /etc /usr/share /opt -xdev -newer /started ! -type d; }
      touch /started; sleep 0.01
      ${hooks}/02-trove-guest-archive-gaps >&2
      dpkg-query -W -f '\${Package} \${db:Status-Abbrev}\\n'
      ${hooks}/04-trove-guest-archive-gaps >&2
      echo "left: $(dpkg-query -W | wc -l) packages, $(ls -A /tmp | wc -l) temporary files"
      listing`);
    expect(lines).toEqual([
      'apt-transport-https ii ',
      'software-properties-common ii ',
      'left: 0 packages, 0 temporary files',
    ]);
  });

  it('is left alone where the archive has it', () => {
    const lines = linesFromScratchRoot(`
      printf '#!/bin/sh\\necho "  Candidate: 1.0"\\n' > /usr/local/sbin/apt-cache
      chmod 755 /usr/local/sbin/apt-cache
      ${system}/pre-install.d/02-trove-guest-archive-gaps; dpkg-query -W | wc -l`);
    expect(lines).toEqual(['0']);
  });
});

describe('name servers', () => {
  const keep = `${system}/pre-install.d/98-trove-guest-resolv-conf`;
  const restore = `${system}/install.d/02-trove-guest-resolv-conf`;
  const link = `${system}/finalise.d/90-trove-guest-resolv-conf`;
  // What the package systemd-resolved does when it is installed.
  const convert = `mv /etc/resolv.conf /etc/.resolv.conf.systemd-resolved.bak
    ln -sf ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf`;

  it.each([
    ['the package turned the file into a link', convert],
    ['nothing touched the file', ':'],
  ])('of the builder serve the rest of the build when %s', (_case, change) => {
    const lines = linesFromScratchRoot(`
      echo 'nameserver 192.0.2.1' > /etc/resolv.conf; chmod 777 /etc/resolv.conf
      ${keep}; ${change}; ${restore}
      stat -c '%F %a' /etc/resolv.conf; cat /etc/resolv.conf; ls -A /etc | grep resolv`);
    expect(lines).toEqual(['regular file 777', 'nameserver 192.0.2.1', 'resolv.conf']);
  });

  it('of the builder do not stay: the image gets systemd-resolved’s link', () => {
    const lines = linesFromScratchRoot(`
      echo 'nameserver 192.0.2.1' > /etc/resolv.conf.ORIG; ${link}
      readlink /etc/resolv.conf.ORIG`);
    expect(lines).toEqual(['../run/systemd/resolve/stub-resolv.conf']);
  });
});
