import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The start of a command line that runs the rest on a machine which looks different: the steps (shell, as root)
 * happen in a mount namespace of its own, so that they end with it and nobody else sees them.
 */
export const onMachine = (...steps: readonly string[]): readonly string[] => [
  ...['unshare', '--mount', '--', 'bash', '-c'],
  `set -e; ${steps.join('; ')}; exec "$@"`,
  'bash',
];

/** A step: these programs are there, but none can be started. */
export const without = (...programs: readonly string[]): string =>
  [
    'cover=$(mktemp)',
    ...programs.map((path) => `mount --bind "$cover" ${path}`),
    'rm "$cover"',
  ].join('; ');

/** A step: so much memory is available. */
export function withMemory(directory: string, availableMiB: number): string {
  const file = join(directory, `meminfo-${availableMiB}`);
  writeFileSync(file, `MemTotal: 8000000 kB\nMemAvailable: ${availableMiB * 1024} kB\n`);
  return `mount --bind ${file} /proc/meminfo`;
}

/** A step: this directory is a disk of its own, of which nothing is written that nobody uses. */
export function withDisk(mountPoint: string, sizeMiB: number): string {
  const image = `${mountPoint}.ext4`;
  mkdirSync(mountPoint, { recursive: true });
  const descriptor = openSync(image, 'w');
  ftruncateSync(descriptor, sizeMiB * 1024 * 1024);
  closeSync(descriptor);
  execFileSync('mkfs.ext4', ['-q', '-m', '0', '-O', '^has_journal', image]);
  return `mount -o loop ${image} ${mountPoint}; rmdir ${mountPoint}/lost+found`;
}
