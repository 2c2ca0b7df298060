import { describe, expect, it } from '@jest/globals';
import { linesFromScratchRoot, runInScratchRoot } from './scratch.ts';

const fast = '/elements/trove-guest-fast-build';
const system = '/elements/trove-guest-system';
const defer = `${fast}/pre-install.d/01-trove-guest-fast-build`;
const resume = `${fast}/post-install.d/96-trove-guest-fast-build`;

const make = `${fast}/install.d/03-trove-guest-fast-build`;

// Programs that write down their calls, a kernel with modules and one without.
const prepare = `
  printf '#!/bin/sh\\necho "\${0##*/} $*" >> /calls\\n' > /usr/bin/py3compile
  printf '#!/bin/sh\\n[ ! -e "/boot/initrd.img-$3" ] || echo "over an old file" >> /calls
    echo "\${0##*/} $* at $SOURCE_DATE_EPOCH" >> /calls; echo made > "/boot/initrd.img-$3"\\n' > /usr/sbin/update-initramfs
  chmod 755 /usr/bin/py3compile /usr/sbin/update-initramfs
  : > /calls
  mkdir -p /usr/lib/modules/6.1-test; touch /boot/vmlinuz-5.0-gone
  touch -d @1700000000 /boot/vmlinuz-6.1-test
  mount -t tmpfs modules /usr/lib/python3/dist-packages
  echo 'x = 1' > /usr/lib/python3/dist-packages/probe.py
  echo 'print "old"' > /usr/lib/python3/dist-packages/python2_only.py`;
const compiled = 'ls /usr/lib/python3/dist-packages/__pycache__ | cut -d. -f1';
const after = '-c -k 6.1-test at 1700000000';
const unchanged = 'nothing that the initial RAM disk is made from has changed since it was made';

describe('a faster build', () => {
  it('does nothing while packages ask for it, once after them, and nothing at the end', () => {
    const lines = linesFromScratchRoot(`
      ${prepare}
      ${defer} >&2
      update-initramfs -u; py3compile -p some-package; echo "deferred: $(wc -l < /calls)"
      ${make} >&2; cat /calls; ${compiled}
      ${resume} | tail -n 1; wc -l < /calls`);
    expect(lines).toEqual([
      'deferred: 0',
      `update-initramfs.deferred ${after}`,
      'probe',
      unchanged,
      '1',
    ]);
  });

  it('compiles what came after the packages too', () => {
    const lines = linesFromScratchRoot(`
      ${prepare}; ${defer} >&2; ${make} >&2
      echo 'y = 2' > /usr/lib/python3/dist-packages/later.py; ${resume} >&2; ${compiled}`);
    expect(lines).toEqual(['later', 'probe']);
  });

  it('compiles Python packages also where semaphores are missing, and says so', () => {
    const lines = linesFromScratchRoot(`
      ${prepare}; umount /dev/shm; rmdir /dev/shm
      ${defer} >&2; ${resume} | tail -n 1; ${compiled}`);
    expect(lines).toEqual([expect.stringMatching(/^compiling with one process: /), 'probe']);
  });

  it('leaves no file, no mode and no diversion behind', () => {
    const lines = linesFromScratchRoot(`
      ${prepare}
      listing() { find /etc /usr/sbin /usr/bin /var/lib -xdev ! -path '/var/lib/dpkg/*' ! -type d -printf '%p %m %s %l\\n' | sort; }
      listing > /before
      ${defer} >&2; listing | diff -q /before - || true
      ${make} >&2; ${resume} >&2; listing | diff /before -
      cat /var/lib/dpkg/diversions; ls /var/lib | grep trove || true`);
    expect(lines).toEqual(['Files /before and - differ']);
  });

  it('keeps copyright files and leaves out documentation, unless told to keep it', () => {
    const config = '/etc/dpkg/dpkg.cfg.d/trove-guest-fast-build';
    expect(linesFromScratchRoot(`${prepare}; ${defer} >&2; cat ${config}`)).toEqual([
      'path-exclude=/usr/share/doc/*',
      'path-include=/usr/share/doc/*/copyright',
      'path-exclude=/usr/share/man/*',
      'path-exclude=/usr/share/locale/*/LC_MESSAGES/*',
    ]);
    const kept = `${prepare}; TROVE_IMAGE_KEEP_DOCS=1 ${defer} >&2; ls /etc/dpkg/dpkg.cfg.d; ${resume} >&2`;
    expect(linesFromScratchRoot(kept)).toEqual([]);
  });

  it('copes with an image that has no initial RAM disk', () => {
    const lines = linesFromScratchRoot(`
      ${prepare}; rm /usr/sbin/update-initramfs; touch /etc/fstab
      ${defer} >&2; ${make}; echo x > /etc/fstab; ${resume} | tail -n 1
      ls /usr/sbin | grep initramfs || true; cat /calls`);
    const none = 'no initramfs-tools in this image: no initial RAM disk is made';
    expect(lines.filter((line) => line === none)).toHaveLength(2);
    expect(lines.filter((line) => line.startsWith('update-initramfs'))).toEqual([]);
  });
});

describe('the initial RAM disk at the end', () => {
  const existing = `
    mkdir -p /etc/initramfs-tools/hooks /etc/modprobe.d /etc/udev/rules.d /usr/share/initramfs-tools /boot/grub
    echo MODULES=most > /etc/initramfs-tools/initramfs.conf; echo '#' > /etc/initramfs-tools/hooks/own
    echo x > /usr/lib/modules/6.1-test/one.ko; echo x > /usr/share/initramfs-tools/init
    ln -s /dev/null /etc/udev/rules.d/80-net.rules; touch /etc/fstab`;
  const installed = (version: string) =>
    `printf 'Package: x\\nStatus: install ok installed\\nArchitecture: all\\nMaintainer: x\\nDescription: x\\nVersion: ${version}\\n' > /var/lib/dpkg/status`;
  /** What `make` and the end of the build called, when this happened in between. */
  const callsWith = (change: string): string[] =>
    linesFromScratchRoot(`
      ${prepare}; ${installed('1')}; ${existing}
      ${defer} >&2; ${make} >&2; ${change}; ${resume} >&2; cat /calls`);

  it.each([
    ['a package was updated', installed('2')],
    ['a package was removed', ': > /var/lib/dpkg/status'],
    ['a module came', 'echo x > /usr/lib/modules/6.1-test/two.ko'],
    ['a module changed', 'echo yy > /usr/lib/modules/6.1-test/one.ko'],
    ['the configuration of a kernel came', 'echo x > /boot/config-6.1-test'],
    ['its configuration changed', 'echo MODULES=dep_ > /etc/initramfs-tools/initramfs.conf'],
    ['a hook of its own became executable', 'chmod 755 /etc/initramfs-tools/hooks/own'],
    ['a packaged script of it was edited', 'echo yy > /usr/share/initramfs-tools/init'],
    ['a module was forbidden', 'echo "blacklist x" > /etc/modprobe.d/own.conf'],
    ['a link of udev leads elsewhere', 'ln -sfn /run/x /etc/udev/rules.d/80-net.rules'],
    ['a rule of udev went', 'rm /etc/udev/rules.d/80-net.rules'],
    ['the file systems changed', 'echo "LABEL=x / ext4" > /etc/fstab'],
    ['a program came to /usr/local', 'echo x > /usr/local/sbin/own'],
    ['nothing recorded what it was made from', 'rm -r /var/lib/trove-guest-fast-build'],
  ])('is made again when %s', (_what, change) => {
    expect(callsWith(change)).toEqual([
      `update-initramfs.deferred ${after}`,
      `update-initramfs ${after}`,
    ]);
  });

  it.each([
    ['a file changed that has no part in it', 'echo x > /etc/hosts; echo x > /opt/x; useradd own'],
    ['the boot loader was set up', 'echo x > /boot/grub/grub.cfg'],
    ['its own files were touched', 'touch /boot/initrd.img-6.1-test'],
    ['a configuration was written again as it was', 'touch -d @1 /etc/initramfs-tools/hooks/own'],
  ])('stays when %s', (_what, change) => {
    expect(callsWith(change)).toEqual([`update-initramfs.deferred ${after}`]);
  });

  it('fails the build when it cannot be made, after the packages and at the end', () => {
    const broken = (program: string) => `printf '#!/bin/sh\\nexit 3\\n' > ${program}`;
    const early = `${prepare}; ${defer} >&2; ${broken('/usr/sbin/update-initramfs.deferred')}; ${make}`;
    expect(runInScratchRoot(early).exitCode).toBe(3);
    const late = `${prepare}; ${broken('/usr/sbin/update-initramfs')}; ${defer} >&2; ${resume}`;
    expect(runInScratchRoot(late).exitCode).toBe(3);
  });
});

describe('the packages that the user names', () => {
  const install = '/elements/trove-guest-packages/install.d/02-trove-guest-packages';

  it('are installed in one call, each a word of its own', () => {
    const lines = linesFromScratchRoot(`
      printf '#!/bin/sh\\nprintf "<%%s>" "$@"; echo\\n' > /usr/local/bin/install-packages
      chmod 755 /usr/local/bin/install-packages
      TROVE_GUEST_PACKAGES='vim libstdc++6 g++' ${install}`);
    expect(lines).toEqual(['<vim><libstdc++6><g++>']);
  });

  it.each(['unset TROVE_GUEST_PACKAGES', 'export TROVE_GUEST_PACKAGES='])(
    'have to be named: "%s" ends the build',
    (setting) => {
      const run = runInScratchRoot(`${setting}; ${install}`);
      expect(run.exitCode).not.toBe(0);
      expect(run.stderr).toContain('TROVE_GUEST_PACKAGES: is not set');
    },
  );
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
