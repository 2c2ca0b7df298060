import type { Architecture } from './inputs.ts';

/** What a stage needs to know about the machine, read once by the machine adapter. */
export interface HostFacts {
  readonly platform: string;
  /** Debian's name of the processor architecture: amd64, arm64, or the raw name where there is none. */
  readonly architecture: string;
  readonly kernel: string;
  readonly os: { readonly id: string; readonly codename: string; readonly prettyName: string };
  readonly user: {
    readonly uid: number;
    readonly gid: number;
    readonly name: string;
    /** May become root: is root, or `sudo -n true` works. */
    readonly canBeRoot: boolean;
    readonly rootRefusal: string;
  };
  /** Null when it could not be asked (no way to become root). */
  readonly kernelFeatures: {
    readonly canMount: boolean;
    readonly loopDevices: boolean;
    readonly deviceMapper: boolean;
  };
  readonly memoryAvailableBytes: number;
  readonly processors: number;
  readonly workDir: DirectoryFacts;
  readonly outputDir: DirectoryFacts;
  /** Path of each executable found, by its name. */
  readonly executables: Readonly<Record<string, string>>;
  readonly diskimageBuilder: DiskimageBuilderFacts | null;
  readonly debootstrapScripts: readonly string[];
  /** Texts of the machine's apt source lists, by file name. */
  readonly aptSources: Readonly<Record<string, string>>;
  readonly keyrings: readonly string[];
  /** Proxy variables of the environment (http_proxy, https_proxy, no_proxy). */
  readonly proxies: Readonly<Record<string, string>>;
  readonly canUseApt: boolean;
}

export interface DirectoryFacts {
  readonly path: string;
  readonly exists: boolean;
  readonly writable: boolean;
  readonly freeBytes: number;
  /** Number of the device that holds it: two directories may share its space. */
  readonly device: number;
  /** Options of the mount that holds it: nodev, noexec, … */
  readonly mountOptions: readonly string[];
  /** Why it cannot be used, in the system's words; empty if it can. */
  readonly trouble: string;
}

export interface DiskimageBuilderFacts {
  readonly executable: string;
  readonly version: string;
  readonly elementsDir: string;
  /** How it got here. */
  readonly from: 'host' | 'venv';
  /** Archive URLs that its own elements name as default; Ubuntu's differ by the guest's architecture. */
  readonly defaultMirrors: {
    readonly debian: string;
    readonly debianSecurity: string;
    readonly ubuntu: Readonly<Record<Architecture, string>>;
  };
}

/** Executables that a build needs, and the Debian package of each. */
export const requiredTools: Readonly<Record<string, string>> = {
  'qemu-img': 'qemu-utils',
  debootstrap: 'debootstrap',
  kpartx: 'kpartx',
  sgdisk: 'gdisk',
  sfdisk: 'fdisk',
  'mkfs.vfat': 'dosfstools',
  'mkfs.ext4': 'e2fsprogs',
  sudo: 'sudo',
  zstd: 'zstd',
  unshare: 'util-linux',
  losetup: 'mount',
  fstrim: 'util-linux',
  ps: 'procps',
  python3: 'python3',
  'dpkg-deb': 'dpkg',
};

/** Executables that only some builds need. */
export const sourceTools: Readonly<Record<string, string>> = { git: 'git' };
export const containerTools: Readonly<Record<string, string>> = { skopeo: 'skopeo' };

/** Oldest diskimage-builder that our elements are tested with. */
export const oldestDiskimageBuilder = '3.13.0';
