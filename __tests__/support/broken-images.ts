import { execFileSync } from 'node:child_process';
import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';

export interface Fault {
  /** Its name in `break-image`. */
  name: string;
  /** What is wrong, as the end of a sentence. */
  what: string;
  /** The cause that a verification has to find first. */
  code: string;
  /** What one of the lines that it shows says. */
  line: RegExp;
}

/** Ways to break a packaged Debian guest that a boot has to tell apart. */
export const faults: readonly Fault[] = [
  {
    name: 'no-bootloader',
    what: 'has no boot loader',
    code: 'boot-no-bootloader',
    line: /Booting from Hard Disk/,
  },
  {
    name: 'wrong-root',
    what: 'names another root device on the command line of its kernel',
    code: 'boot-no-root',
    line: /LABEL=another-root does not exist/,
  },
  {
    name: 'kernel-panic',
    what: 'has an init that ends: the kernel panics',
    code: 'boot-kernel-panic',
    line: /Attempted to kill init/,
  },
  {
    name: 'no-disk-driver',
    what: 'has no driver for its disk in the initramfs',
    code: 'boot-no-disk-driver',
    line: /ALERT!/,
  },
  {
    name: 'no-cloud-init',
    what: 'has no cloud-init any more',
    code: 'boot-no-cloud-init',
    line: /login:/,
  },
  {
    name: 'no-datasource',
    what: 'does not let cloud-init read the config drive',
    code: 'boot-no-datasource',
    line: /DataSourceNone/,
  },
  {
    name: 'agent-disabled',
    what: 'does not start its guest agent',
    code: 'boot-agent-disabled',
    line: /trove-guestagent\.service: disabled, inactive/,
  },
  {
    name: 'agent-crashes',
    what: 'has a guest agent that crashes at each start',
    code: 'boot-agent-crashes',
    line: /a_module_that_is_not_there/,
  },
  {
    name: 'docker-broken',
    what: 'has a docker that does not start',
    code: 'boot-docker-broken',
    line: /daemon\.json|unable to configure the Docker daemon/,
  },
  {
    name: 'wrong-ownership',
    what: 'keeps its guest agent out of /etc/trove',
    code: 'boot-wrong-ownership',
    line: /\/etc\/trove is drwx------ root:root/,
  },
  {
    name: 'no-network',
    what: 'does not set up its network',
    code: 'boot-no-network',
    line: /enp0s\d|eth\d/,
  },
  {
    name: 'disk-full',
    what: 'has no room left on its disk',
    code: 'boot-disk-full',
    line: /No space left on device|bytes and \d+ inodes free/,
  },
];

/** Makes a raw copy of a raw image with one fault; wants root and loop devices. */
export function breakImage(rawPath: string, fault: Fault, directory: string): string {
  const path = join(directory, `${fault.name}.raw`);
  const tree = join(directory, 'tree');
  execFileSync('cp', ['--sparse=always', rawPath, path]);
  mkdirSync(tree);
  try {
    execFileSync(join(import.meta.dirname, 'break-image'), [path, fault.name, tree], {
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: 300_000,
    });
  } finally {
    rmdirSync(tree);
  }
  return path;
}
