import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { locateInstallation } from '../../../src/wiring.ts';
import { MBR, makeDisk } from '../../fixtures/small-image/build-image.ts';
import { projectDirectory } from '../checkout.ts';
import { writeGuestTree } from './guest-tree.ts';

const programs = join(import.meta.dirname, '../../fixtures/stand-in');

/** Where a stand-in for diskimage-builder was installed, as the action would have done itself. */
export interface StandIn {
  /** For XDG_CACHE_HOME. */
  cacheHome: string;
  /** A raw image that passes the check. */
  image: string;
}

const ownVersion = '3.40.0';

/** Installs a disk-image-create that runs for a second; its header tells which variables it obeys. */
export function installStandIn(directory: string, version = ownVersion): StandIn {
  const cacheHome = join(directory, 'cache');
  const bundleDir = join(projectDirectory, 'dist');
  const { venvDir } = locateInstallation(bundleDir, { XDG_CACHE_HOME: cacheHome });
  const bin = join(venvDir, 'bin');
  mkdirSync(bin, { recursive: true });
  const python = readFileSync(join(programs, 'python'), 'utf8').replace(ownVersion, version);
  writeFileSync(join(bin, 'python'), python, { mode: 0o755 });
  const start = `#!${bin}/python\n. ${join(programs, 'disk-image-create')}\n`;
  writeFileSync(join(bin, 'disk-image-create'), start, { mode: 0o755 });
  const image = join(directory, 'guest.raw');
  makeGuestImage(image);
  return { cacheHome, image };
}

/** Makes a raw image of a guest that passes the check, but for the files that are added. */
export function makeGuestImage(image: string, more: Readonly<Record<string, string>> = {}): void {
  const tree = `${image}.tree`;
  mkdirSync(tree);
  writeGuestTree(tree, more);
  makeDisk(image, tree, MBR);
  rmSync(tree, { recursive: true });
}

/** Makes a raw image that passes the check and takes long to compress: noise stands behind its partitions. */
export function makeNoiseImage(image: string, noiseMiB: number): void {
  makeGuestImage(image);
  for (let done = 0; done < noiseMiB; done += 50) appendFileSync(image, randomBytes(50 << 20));
}
