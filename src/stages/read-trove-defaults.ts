import { readFailure } from '../core/datastores/failure.ts';
import {
  composeAptConfiguration,
  composeSources,
  type PackageArchives,
  readPackageVersion,
} from '../core/datastores/package.ts';
import { failure } from '../errors.ts';
import type { TroveDefaults } from '../model/datastores.ts';
import type { Commands } from '../ports/commands.ts';
import type { Files } from '../ports/files.ts';
import type { Log } from '../ports/log.ts';

export interface TreeRequest {
  readonly hostDir: string;
  readonly treePath: string;
  /** Where the tree comes from, for people. */
  readonly source: string;
  /** Path of a trove-guestagent.conf whose names win; empty: none. */
  readonly troveConfig: string;
}

export interface PackageRequest extends Omit<TreeRequest, 'treePath' | 'source'>, PackageArchives {
  /** Made, and removed again. */
  readonly directory: string;
  /** Code name of the guest's release. */
  readonly release: string;
}

/** Reads which datastores a tree of Trove runs as containers, and from which images; runs nothing of it. */
export async function readTreeDefaults(
  { commands }: { readonly commands: Commands },
  { hostDir, treePath, source, troveConfig }: TreeRequest,
): Promise<TroveDefaults> {
  const { exitCode, stdout, stderr } = await commands.run([
    ...(['/usr/bin/python3', '-I', `${hostDir}/read-trove-config`] as const),
    treePath,
    ...(troveConfig === '' ? [] : ['--config', troveConfig]),
  ]);
  if (exitCode !== 0) throw describeFailure(readFailure(stderr), source);
  const { datastores } = JSON.parse(stdout) as Pick<TroveDefaults, 'datastores'>;
  return { source: troveConfig === '' ? source : `${troveConfig} and ${source}`, datastores };
}

/** The same of the package that guests of a release have; it is fetched and checked by apt, and nothing of it stays. */
export async function readPackageDefaults(
  ports: { readonly commands: Commands; readonly files: Files; readonly log: Log },
  request: PackageRequest,
): Promise<TroveDefaults> {
  const { directory, release, hostDir, troveConfig } = request;
  await ports.files.makePrivateDirectory(directory);
  try {
    ports.log.progress(`Reading the configuration of Trove in python3-trove of ${release}`);
    const name = await fetchPackage(ports, request);
    const version = readPackageVersion(name);
    const tree = `${directory}/tree`;
    await run(ports, request, ['dpkg-deb', '--extract', `${directory}/package/${name}`, tree]);
    return await readTreeDefaults(ports, {
      ...{ hostDir, troveConfig, treePath: `${tree}/usr/lib/python3/dist-packages` },
      source: `python3-trove ${version} of ${release}`,
    });
  } finally {
    await ports.commands.run(['rm', '-r', '--force', '--one-file-system', directory]);
  }
}

/** Fetches the package with an apt of its own; returns its file name. */
async function fetchPackage(
  ports: { readonly commands: Commands; readonly files: Files },
  request: PackageRequest,
): Promise<string> {
  const { directory, architecture } = request;
  for (const name of ['state/lists/partial', 'cache/archives/partial', 'package'])
    await ports.files.makeDirectory(`${directory}/${name}`);
  await ports.files.write(`${directory}/status`, '');
  await ports.files.write(`${directory}/sources.list`, composeSources(request));
  await ports.files.write(
    `${directory}/apt.conf`,
    composeAptConfiguration(directory, architecture),
  );
  await run(ports, request, ['apt-get', 'update', '--quiet=2', '--error-on=any']);
  // it writes into the current directory
  const chdir = ['env', '--chdir', `${directory}/package`] as const;
  await run(ports, request, [...chdir, 'apt-get', 'download', '--quiet=2', 'python3-trove']);
  const names = await ports.files.list(`${directory}/package`);
  const name = names.find((each) => readPackageVersion(each) !== null);
  if (name === undefined) throw describePackage(request, `apt-get left ${names.join(', ')}`);
  return name;
}

async function run(
  { commands }: { readonly commands: Commands },
  request: PackageRequest,
  argv: readonly [string, ...string[]],
): Promise<void> {
  const environment = { APT_CONFIG: `${request.directory}/apt.conf` };
  const { exitCode, stderr } = await commands.run(argv, { environment });
  if (exitCode === 0) return;
  throw describePackage(request, stderr.trim().split('\n').join(' ') || `exit code ${exitCode}`);
}

const describePackage = ({ release }: PackageRequest, said: string) =>
  failure(
    'host',
    'trove-defaults-unreadable',
    `datastores: the package python3-trove of ${release}, which knows the names of their images, could not be read: ${said}`,
    'Check mirror and the network, or name the images in container-images.',
  );

function describeFailure({ error, message }: { error: string; message: string }, source: string) {
  if (error === 'config-unreadable') {
    const hint = 'Give the path of a file in the form of trove-guestagent.conf.';
    return failure('input', 'bad-trove-config', `trove-config: ${message}.`, hint);
  }
  return failure(
    'input',
    'trove-defaults-unreadable',
    `datastores: the configuration of Trove in ${source} could not be read: ${message}.`,
    'Use another trove-ref, or name the images in container-images.',
  );
}
