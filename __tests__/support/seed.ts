import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface DiskContent {
  path: string;
  /** The name that the guest finds the disk by, at most 11 characters. */
  label: string;
  /** Texts by their path on the disk. */
  files: Readonly<Record<string, string>>;
  sizeMiB?: number;
}

export interface NoCloudSeed {
  path: string;
  userData: string;
  metaData: string;
  networkConfig?: string;
}

/** Makes the seed disk that cloud-init's NoCloud source looks for; wants dosfstools and mtools. */
export function createNoCloudSeed(seed: NoCloudSeed): void {
  createVfatDisk({
    path: seed.path,
    label: 'cidata',
    files: {
      'user-data': seed.userData,
      'meta-data': seed.metaData,
      ...(seed.networkConfig === undefined ? {} : { 'network-config': seed.networkConfig }),
    },
  });
}

/** Makes a raw disk with one file system and these files, without mounting anything. */
export function createVfatDisk(disk: DiskContent): void {
  const staging = mkdtempSync(join(dirname(disk.path), 'vfat-disk-'));
  try {
    for (const [name, text] of Object.entries(disk.files)) {
      const path = join(staging, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    writeFileSync(disk.path, '');
    truncateSync(disk.path, (disk.sizeMiB ?? 16) * 1024 * 1024);
    // Its warning that some systems dislike a lower-case label is about systems other than ours.
    const quiet = { stdio: ['ignore', 'ignore', 'pipe'] as const };
    execFileSync('mkfs.vfat', ['-n', disk.label, disk.path], { stdio: [...quiet.stdio] });
    const entries = readdirSync(staging).map((name) => join(staging, name));
    if (entries.length > 0) execFileSync('mcopy', ['-s', '-i', disk.path, ...entries, '::']);
  } finally {
    rmSync(staging, { recursive: true });
  }
}
