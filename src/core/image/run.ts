import type { HostFacts } from '../../model/host.ts';
import type { Plan, Workspace } from '../../model/plan.ts';

/** The whole environment of diskimage-builder: what determines the content, and the paths of this run. */
export function composeEnvironment(
  plan: Plan,
  host: HostFacts,
  workspace: Workspace,
  keyring: string | null,
  layersDir: string | null,
): Readonly<Record<string, string>> {
  const builder = host.diskimageBuilder?.executable ?? '';
  const bin = builder.slice(0, Math.max(0, builder.lastIndexOf('/')));
  const system = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  const bootstrap = [
    plan.environment.DIB_DEBOOTSTRAP_EXTRA_ARGS,
    keyring === null ? null : `--keyring=${keyring}`,
  ];
  const bootstrapArguments = bootstrap
    .filter((argument) => argument != null && argument !== '')
    .join(' ');
  return {
    ...plan.environment,
    ...composeContent(plan, workspace),
    ...(bootstrapArguments === '' ? {} : { DIB_DEBOOTSTRAP_EXTRA_ARGS: bootstrapArguments }),
    ...host.proxies,
    PATH: system.split(':').includes(bin) || bin === '' ? system : `${bin}:${system}`,
    HOME: `${workspace.path}/home`,
    LANG: 'C.UTF-8',
    USER: 'root',
    ELEMENTS_PATH: plan.elementsPath.join(':'),
    // elements are kept in a Python set: without a fixed seed every run has another order
    PYTHONHASHSEED: '0',
    DIB_IMAGE_CACHE: `${workspace.path}/cache`,
    DIB_LOCKFILES: `${workspace.path}/locks`,
    DIB_MANIFEST_SAVE_DIR: `${workspace.path}/manifests`,
    DIB_NO_TIMESTAMP: '1',
    DIB_DEBUG_TRACE: '0',
    ...(layersDir === null ? {} : { TROVE_IMAGE_LAYERS: layersDir }),
  };
}

/** Where this run keeps what goes into the image. */
function composeContent(plan: Plan, workspace: Workspace): Readonly<Record<string, string>> {
  const { trove } = plan;
  return {
    ...(trove?.code ? { DIB_REPOLOCATION_guest_agent: trove.code.repository } : {}),
    ...(trove === null
      ? {}
      : { DIB_REPOLOCATION_upper_constraints: `file://${listPaths(workspace).constraints}` }),
    ...(plan.holdsSecrets.length > 0 || plan.guest.isDevelopment
      ? { TROVE_GUEST_SECRETS: listPaths(workspace).secrets }
      : {}),
    ...(plan.containerImages.length > 0
      ? { TROVE_GUEST_CONTAINER_ARCHIVE: listPaths(workspace).containers }
      : {}),
  };
}

/** Files of a build that hold what goes into the image. */
export const listPaths = ({ path }: Workspace) => ({
  home: `${path}/home`,
  constraints: `${path}/upper-constraints.txt`,
  secrets: `${path}/secrets`,
  containers: `${path}/containers.tar`,
});

/** The command line of diskimage-builder. The image name is constant, because it gets into the image. */
export function composeCommand(
  plan: Plan,
  host: HostFacts,
  workspace: Workspace,
): readonly string[] {
  return [
    host.diskimageBuilder?.executable ?? 'disk-image-create',
    ...['-o', `${workspace.path}/out/image.raw`],
    ...['--image-cache', `${workspace.path}/cache`],
    ...plan.arguments,
  ];
}

/** Arguments of qemu-img that turn the raw image into one format. */
export function composeConversion(
  format: string,
  compression: string,
  from: string,
  to: string,
  processors: number,
): readonly string[] {
  const parallel = ['-m', String(Math.min(16, Math.max(1, processors * 2))), '-W'];
  const convert = (...options: readonly string[]): readonly string[] => [
    'convert',
    ...options,
    ...['-f', 'raw'],
    from,
    to,
  ];
  switch (format) {
    case 'qcow2':
      if (compression === 'none') return convert(...parallel, ...['-O', 'qcow2']);
      return convert(
        ...parallel,
        '-c',
        ...['-O', 'qcow2'],
        ...['-o', `compression_type=${compression}`],
      );
    case 'vmdk':
      return convert(...['-O', 'vmdk'], ...['-o', 'subformat=streamOptimized']);
    case 'vhd':
      return convert(...['-O', 'vpc'], ...['-o', 'subformat=dynamic,force_size=on']);
  }
  return convert(...['-O', 'raw']);
}

/**
 * Arguments of qemu-img that compare an image with the raw one: two halves, since one comparison keeps one processor
 * busy. The second goes to the end, wherever that is.
 */
export function composeComparisons(
  driver: string,
  rawPath: string,
  path: string,
  bytes: number,
): readonly (readonly string[])[] {
  const half = Math.floor(bytes / 2 / 65536) * 65536;
  const file = (filename: string): object => ({ driver: 'file', filename });
  const part = (range: object, node: object): string =>
    `json:${JSON.stringify({ driver: 'raw', ...range, file: node })}`;
  return [{ offset: 0, size: half }, { offset: half }].map((range) => [
    'compare',
    '-q',
    part(range, file(rawPath)),
    part(range, { driver, file: file(path) }),
  ]);
}
