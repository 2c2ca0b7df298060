import { type HostFacts, requiredTools } from '../../../src/model/host.ts';

export const gib = 1024 ** 3;
const debianArchive = 'http://archive.example.org/debian';

/** A machine on which everything is there: Debian bookworm, root by sudo, disk and memory in plenty. */
export const healthyHost = {
  platform: 'linux',
  architecture: 'amd64',
  kernel: '6.1.0-28-amd64',
  os: { id: 'debian', codename: 'bookworm', prettyName: 'Debian GNU/Linux 12 (bookworm)' },
  user: { uid: 1001, gid: 1001, name: 'builder', canBeRoot: true, rootRefusal: '' },
  kernelFeatures: { canMount: true, loopDevices: true, deviceMapper: true },
  memoryAvailableBytes: 14 * gib,
  processors: 4,
  workDir: {
    path: '/var/tmp',
    exists: true,
    writable: true,
    freeBytes: 60 * gib,
    device: 1,
    mountOptions: ['rw', 'relatime'],
    trouble: '',
  },
  outputDir: {
    path: '/srv/checkout/images',
    exists: false,
    writable: true,
    freeBytes: 60 * gib,
    device: 2,
    mountOptions: ['rw', 'relatime'],
    trouble: '',
  },
  executables: Object.fromEntries(
    Object.keys(requiredTools).map((name) => [name, `/usr/bin/${name}`]),
  ),
  diskimageBuilder: {
    executable: '/usr/bin/disk-image-create',
    version: '3.13.0',
    elementsDir: '/usr/lib/python3/dist-packages/diskimage_builder/elements',
    from: 'host',
    defaultMirrors: {
      debian: debianArchive,
      debianSecurity: `${debianArchive}-security`,
      ubuntu: {
        amd64: 'http://archive.example.org/ubuntu',
        arm64: 'http://ports.example.org/ubuntu-ports',
      },
    },
  },
  debootstrapScripts: ['bookworm', 'bullseye', 'gutsy', 'jammy', 'sid', 'trixie'],
  aptSources: {},
  keyrings: [
    '/usr/share/keyrings/debian-archive-keyring.gpg',
    '/usr/share/keyrings/ubuntu-archive-keyring.gpg',
  ],
  proxies: {},
  canUseApt: true,
} as const satisfies HostFacts;

/** The healthy machine with some facts changed. */
export const hostFacts = (overrides: Partial<HostFacts> = {}): HostFacts => ({
  ...healthyHost,
  ...overrides,
});

/** The healthy machine without some of its programs. */
export const hostWithout = (...tools: readonly string[]): HostFacts =>
  hostFacts({
    executables: Object.fromEntries(
      Object.entries(healthyHost.executables).filter(([name]) => !tools.includes(name)),
    ),
  });
