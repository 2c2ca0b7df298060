import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createCloudClient } from './adapters/cloud-client.ts';
import { createCommands } from './adapters/commands.ts';
import { digestFile } from './adapters/digest-file.ts';
import { createDirectoryCache } from './adapters/directory-cache.ts';
import { createElements } from './adapters/elements.ts';
import { createFiles } from './adapters/files.ts';
import type { PendingUploads } from './adapters/github-layers/entries.ts';
import { createGithubLayers, isGithubCacheAvailable } from './adapters/github-layers.ts';
import { createBuildTool, createLayerTool } from './adapters/layer-tool.ts';
import { createMachine } from './adapters/machine.ts';
import { createOpenstackApi } from './adapters/openstack-api.ts';
import { createPace } from './adapters/pace.ts';
import { createRemainsReader } from './adapters/remains.ts';
import { createWeb } from './adapters/web.ts';
import type { PublishPorts } from './commands/publish-ports.ts';
import type { CacheSettings, Ports } from './commands/settings.ts';
import { restrictMode } from './core/layers/modes.ts';
import { failure } from './errors.ts';
import type { Inputs } from './model/inputs.ts';
import type { Log } from './ports/log.ts';
import type { Installation } from './stages/prepare.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** All ports with their real adapters; the signal ends what waits for the network. */
export function wire(log: Log, environment: Environment, signal: AbortSignal): Ports {
  const commands = createCommands(allowEnvironment(environment), process.getuid?.() === 0);
  return {
    commands,
    log,
    clock: { now: Date.now },
    elements: createElements(),
    files: createFiles(),
    machine: createMachine(commands, environment),
    remains: createRemainsReader(),
    web: createWeb(signal),
    openLayerTool: (hostDir) => createLayerTool(commands, hostDir),
    openBuildTool: (hostDir, path) => createBuildTool(commands, hostDir, path),
  };
}

/** All that publishing touches the world with; `mask` is told every secret before anything is printed. */
export function wirePublish(
  log: Log,
  environment: Environment,
  signal: AbortSignal,
  github: Pick<PublishPorts, 'mask' | 'requestIdToken'>,
): PublishPorts {
  return {
    commands: createCommands(allowEnvironment(environment), process.getuid?.() === 0),
    client: createCloudClient(environment, signal),
    files: createFiles(),
    digestFile,
    log,
    clock: { now: Date.now },
    ...createPace(signal),
    openApi: (tls, how) =>
      createOpenstackApi({ ...tls, caPath: tls.caPath || findAuthorities(environment) }, how),
    newId: randomUUID,
    ...github,
  };
}

/** The certificate authorities that OpenStack's client trusts: those of the system, not a list of Node's own. */
function findAuthorities({ REQUESTS_CA_BUNDLE: bundle }: Environment): string {
  const paths = [bundle ?? '', '/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/cert.pem'];
  return paths.find((path) => path !== '' && existsSync(path)) ?? '';
}

/** The cache that the inputs ask for; null when it is off. `service` is what a workflow step can use, and no shell. */
export function openCache(
  inputs: Inputs,
  service: {
    readonly environment: Environment;
    /** Told what the post step has to upload. */
    readonly onPending: (pending: PendingUploads) => void;
  } | null,
): CacheSettings | null {
  if (inputs.cache === 'off') return null;
  const usable = service !== null && isGithubCacheAvailable(service.environment);
  if (inputs.cacheBackend === 'github' && !usable) {
    throw failure(
      'input',
      'no-cache-service',
      'cache-backend: github needs the cache service of a workflow run, and there is none here.',
      'Use cache-backend: directory, or auto.',
    );
  }
  if (inputs.cacheBackend === 'directory' || !usable || service === null) {
    const directory = createDirectoryCache(inputs.cachePath);
    return { mode: inputs.cache, store: directory, images: directory };
  }
  const mode = restrictMode(inputs.cache, service.environment.ACTIONS_CACHE_MODE ?? '');
  if (mode === 'off') return null;
  return { mode, store: createGithubLayers({ ...service, now: Date.now }), images: null };
}

/** Where our own files are: beside the bundle, and a cache of this user. */
export function locateInstallation(bundleDir: string, environment: Environment): Installation {
  const root = join(bundleDir, '..');
  return {
    elementsDir: join(root, 'elements'),
    hostDir: join(root, 'host'),
    // other pins, another environment
    venvDir: join(locateCache(environment), `venv-${digestPins(join(root, 'host'))}`),
    cacheDir: locateCache(environment),
  };
}

/** Where this user keeps what can be made again. */
export function locateCache(environment: Environment): string {
  const home = environment.XDG_CACHE_HOME || join(environment.HOME || homedir(), '.cache');
  return join(home, 'trove-image');
}

function digestPins(hostDir: string): string {
  const hash = createHash('sha256');
  for (const name of ['requirements.txt', 'requirements-builder.txt']) {
    hash.update(readFileSync(join(hostDir, name)));
  }
  return hash.digest('hex').slice(0, 12);
}

/** What programs that we start see of our environment: no token, no password, nothing by accident. */
function allowEnvironment(environment: Environment): Readonly<Record<string, string>> {
  const names = Object.keys(environment).filter((name) =>
    /^(https?_proxy|no_proxy|PIP_[A-Z_]+)$/i.test(name),
  );
  const kept = names.flatMap((name) =>
    environment[name] ? [[name, environment[name]] as const] : [],
  );
  return {
    ...Object.fromEntries(kept),
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: environment.HOME || homedir(),
    LANG: 'C.UTF-8',
  };
}
