import { access, constants, readdir, readFile } from 'node:fs/promises';
import { arch, availableParallelism, platform, release, userInfo } from 'node:os';
import { join } from 'node:path';
import { containerTools, type HostFacts, requiredTools, sourceTools } from '../model/host.ts';
import { hostKeyrings } from '../model/keyrings.ts';
import type { Commands } from '../ports/commands.ts';
import type { Machine } from '../ports/machine.ts';
import { readBuilder } from './builder.ts';
import { readDirectory } from './directory.ts';

const searchPath = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
const debianNames: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** This machine. `environment` is looked at for proxies only. */
export function createMachine(
  commands: Commands,
  environment: Readonly<Record<string, string | undefined>>,
): Machine {
  return {
    async read({ workDir, outputDir, venvDir }): Promise<HostFacts> {
      const user = await readUser(commands);
      const architecture = debianNames[arch()] ?? arch();
      const executables = await findExecutables([
        ...Object.keys({ ...requiredTools, ...sourceTools, ...containerTools }),
        'disk-image-create',
        'apt-get',
      ]);
      const onHost = executables['disk-image-create'];
      return {
        platform: platform(),
        architecture,
        kernel: release(),
        os: await readOs(),
        user,
        kernelFeatures: await readKernelFeatures(commands, user.canBeRoot),
        memoryAvailableBytes: await readMemory(),
        processors: availableParallelism(),
        workDir: await readDirectory(workDir),
        outputDir: await readDirectory(outputDir),
        executables,
        diskimageBuilder: await readBuilder(commands, [
          { executable: `${venvDir}/bin/disk-image-create`, from: 'venv' },
          ...(onHost === undefined ? [] : [{ executable: onHost, from: 'host' } as const]),
        ]),
        debootstrapScripts: await readdir('/usr/share/debootstrap/scripts').catch(() => []),
        aptSources: await readAptSources(),
        keyrings: await filterExisting(Object.values(hostKeyrings)),
        proxies: readProxies(environment),
        canUseApt: executables['apt-get'] !== undefined,
      };
    },
  };
}

async function readUser(commands: Commands): Promise<HostFacts['user']> {
  const { uid, gid, username } = userInfo();
  const { exitCode, stderr } = await commands.run(['true'], { asRoot: true });
  return {
    uid,
    gid,
    name: username,
    canBeRoot: exitCode === 0,
    rootRefusal: stderr.trim() || `exit code ${exitCode}`,
  };
}

async function readOs(): Promise<HostFacts['os']> {
  const text = await readText('/etc/os-release');
  const field = (name: string): string =>
    new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(text)?.[1] ?? '';
  return { id: field('ID'), codename: field('VERSION_CODENAME'), prettyName: field('PRETTY_NAME') };
}

/** Asked of the kernel by trying; device-mapper by /proc/misc, since its control node may be missing or useless. */
async function readKernelFeatures(
  commands: Commands,
  canBeRoot: boolean,
): Promise<HostFacts['kernelFeatures']> {
  const deviceMapper = /\bdevice-mapper$/m.test(await readText('/proc/misc'));
  if (!canBeRoot) return { canMount: false, loopDevices: false, deviceMapper };
  const root = { asRoot: true };
  const namespace = [
    'unshare',
    '--mount',
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
  ] as const;
  const mount = await commands.run(
    [...namespace, 'mount', '-t', 'tmpfs', 'trove-image', '/mnt'],
    root,
  );
  const loop = await commands.run(['losetup', '--find'], root);
  return {
    canMount: mount.exitCode === 0 && (await isRealRoot()),
    loopDevices: loop.exitCode === 0,
    deviceMapper,
  };
}

/** Root of a user namespace (rootless containers) may mount, but has no loop devices and no device nodes. */
const isRealRoot = async (): Promise<boolean> =>
  /^\s*0\s+0\s+4294967295\s*$/.test(await readText('/proc/self/uid_map'));

/** What the machine has, or what a container may still take: a tmpfs counts as memory of its cgroup. */
async function readMemory(): Promise<number> {
  const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(await readText('/proc/meminfo'))?.[1];
  const limit = Number.parseInt(await readText('/sys/fs/cgroup/memory.max'), 10);
  const used = Number.parseInt(await readText('/sys/fs/cgroup/memory.current'), 10);
  const left = Number.isNaN(limit) || Number.isNaN(used) ? Number.POSITIVE_INFINITY : limit - used;
  return Math.min(Number(kibibytes ?? 0) * 1024, left);
}

async function findExecutables(
  names: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for (const name of names) {
    const path = (
      await filterExisting(
        searchPath.map((directory) => join(directory, name)),
        constants.X_OK,
      )
    )[0];
    if (path !== undefined) found[name] = path;
  }
  return found;
}

async function readAptSources(): Promise<Readonly<Record<string, string>>> {
  const directory = '/etc/apt/sources.list.d';
  const names = (await readdir(directory).catch(() => []))
    .filter((name) => /\.(list|sources)$/.test(name))
    .sort();
  const paths = ['/etc/apt/sources.list', ...names.map((name) => join(directory, name))];
  const texts = await Promise.all(paths.map(async (path) => [path, await readText(path)] as const));
  return Object.fromEntries(texts.filter(([, text]) => text !== ''));
}

/** Proxies without credentials: the variables end up in the build's environment. */
function readProxies(
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    ['http_proxy', 'https_proxy', 'no_proxy'].flatMap((name) => {
      const value = environment[name] ?? environment[name.toUpperCase()];
      return value && !value.includes('@') && /^[\w.:/,*[\]-]+$/.test(value)
        ? [[name, value] as const]
        : [];
    }),
  );
}

async function filterExisting(
  paths: readonly string[],
  mode = constants.R_OK,
): Promise<readonly string[]> {
  const checks = await Promise.all(
    paths.map((path) =>
      access(path, mode).then(
        () => [path],
        () => [],
      ),
    ),
  );
  return checks.flat();
}

const readText = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
