import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const UNITS = ['docker', 'trove-guestagent', 'ssh'];
const AGENT_UNIT =
  '[Service]\nExecStart=\nExecStart=/usr/bin/trove-guestagent --config-dir /etc/trove/conf.d\n';

const FILES: Readonly<Record<string, string>> = {
  'etc/os-release': 'ID=debian\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian GNU/Linux 12"\n',
  'etc/machine-id': '',
  'etc/fstab': 'LABEL=cloudimg-rootfs / ext4 defaults 0 1\n',
  'etc/shadow': 'root:*:20779:0:99999:7:::\ndebian:!:20779:0:99999:7:::\n',
  'etc/apt/sources.list.d/default.list': 'deb http://archive.example.org/debian bookworm main\n',
  'etc/cloud/cloud.cfg.d/91-dib.cfg': 'datasource_list: [ ConfigDrive, OpenStack, NoCloud ]\n',
  'etc/systemd/system/trove-guestagent.service.d/conf.conf': AGENT_UNIT,
  'usr/sbin/start-stop-daemon': '\x7fELF'.padEnd(40_000, '.'),
  'var/lib/dpkg/status': [
    'Package: trove-guestagent\nStatus: install ok installed\nVersion: 1:18.0.0-1\nArchitecture: all\n',
    'Package: docker.io\nStatus: install ok installed\nVersion: 20.10.24\nArchitecture: amd64\n',
  ].join('\n'),
};

/** Writes the root of a guest that every rule of the image check accepts; `more` are files added to it. */
export function writeGuestTree(tree: string, more: Readonly<Record<string, string>> = {}): void {
  for (const folder of ['tmp', 'var/tmp', 'etc/trove/conf.d', 'proc', 'dev', 'sys']) {
    mkdirSync(join(tree, folder), { recursive: true });
  }
  for (const [path, text] of Object.entries({ ...FILES, ...more })) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text);
  }
  const wants = join(tree, 'etc/systemd/system/multi-user.target.wants');
  mkdirSync(wants);
  for (const unit of UNITS) {
    symlinkSync(`/lib/systemd/system/${unit}.service`, join(wants, `${unit}.service`));
  }
}
