import { failure } from '../../errors.ts';
import type { Development } from '../../model/inputs.ts';
import type { TroveTree } from '../../model/trove.ts';
import { listDatastoreElements } from './tree.ts';

/** What decides the elements of an image from Trove's own sources. */
export interface SourceWish {
  readonly os: string;
  readonly release: string;
  readonly datastores: readonly string[];
  readonly isDevelopment: boolean;
}

/** Elements for the guest agent from source, in the order in which Trove's own tool gives them. */
export function listSourceElements(tree: TroveTree, wish: SourceWish): readonly string[] {
  if (tree.layout === 'per-datastore') return listOldElements(tree, wish);
  // in development everybody may know it
  const closing = ['trove-guest-source', ...(wish.isDevelopment ? [] : ['trove-guest-password'])];
  if (wish.os === 'ubuntu')
    return ['cloud-init-datasources', 'pip-cache', 'guest-agent', 'ubuntu-docker', ...closing];
  // Trove has no elements for Debian's docker and user: ours take their place
  return ['trove-guest', 'guest-agent', ...closing];
}

/** The form of Train and Ussuri: an image for each datastore, which is installed as packages. */
function listOldElements(tree: TroveTree, wish: SourceWish): readonly string[] {
  const { os, release, isDevelopment } = wish;
  const known = listDatastoreElements(tree.elements, os);
  const [datastore = '', ...more] = wish.datastores.map((text) => text.replace(/:.*$/, ''));
  if (datastore === '' || more.length > 0 || !known.includes(datastore)) {
    throw failure(
      'input',
      'old-trove-tree',
      `datastores: ${tree.path} has an element for each datastore (the form before Victoria), so that an image holds exactly one; got ${wish.datastores.join(', ') || 'none'}.`,
      `Name one of ${known.join(', ')} in datastores, or use a newer trove-ref.`,
    );
  }
  const agent = isDevelopment
    ? [`${os}-guest`, `${os}-${release}-guest`]
    : ['pip-and-virtualenv', 'pip-cache', 'guest-agent'];
  const forRelease = `${os}-${release}-${datastore}`;
  return [
    ...agent,
    `${os}-${datastore}`,
    ...(tree.elements.includes(forRelease) ? [forRelease] : []),
    'trove-guest-clean',
    ...(isDevelopment ? [] : ['trove-guest-password']),
  ];
}

/** The variables of Trove's elements. */
export function listSourceVariables(
  tree: TroveTree,
  wish: SourceWish & { readonly version: string },
  development: Development | null,
): Readonly<Record<string, string>> {
  const code = tree.code === null ? {} : { DIB_REPOREF_guest_agent: tree.code.commit };
  if (tree.layout === 'per-datastore')
    return { ...code, ...listOldVariables(tree, wish, development) };
  const controller = {
    HOST_SCP_USERNAME: development?.controllerUser ?? '',
    ESCAPED_PATH_TROVE: escapePath(development?.controllerTrovePath ?? ''),
    // Trove's element would fetch the key as that user of this machine; trove-guest-secrets brings it
    SSH_DIR: '/nonexistent',
  };
  return {
    ...code,
    DEV_MODE: String(development !== null),
    // compared with "True" by the elements, and needed in every mode
    SYNC_LOG_TO_CONTROLLER: development?.syncGuestLogs ? 'True' : 'False',
    DIB_CLOUD_INIT_ETC_HOSTS: 'localhost',
    DISTRO_NAME: wish.os,
    ...(development === null ? {} : controller),
  };
}

/** Those of Train and Ussuri, whose elements start from the distribution's cloud image. */
function listOldVariables(
  tree: TroveTree,
  { release, version }: { readonly release: string; readonly version: string },
  development: Development | null,
): Readonly<Record<string, string>> {
  const common = {
    // elements of PostgreSQL, MongoDB and others stop without it
    RELEASE: release,
    DIB_CLOUD_INIT_DATASOURCES: 'ConfigDrive',
    DIB_CLOUD_IMAGES: `https://cloud-images.ubuntu.com/releases/${release}/release/`,
    BASE_IMAGE_FILE: `ubuntu-${version}-server-cloudimg-amd64-root.tar.gz`,
  };
  if (development === null) return common;
  const { controllerAddress, controllerUser, controllerTrovePath } = development;
  const logs = '/var/log/trove/';
  return {
    ...common,
    CONTROLLER_IP: controllerAddress,
    PATH_TROVE: controllerTrovePath,
    ESCAPED_PATH_TROVE: escapePath(controllerTrovePath),
    GUEST_LOGDIR: logs,
    ESCAPED_GUEST_LOGDIR: escapePath(logs),
    TROVESTACK_SCRIPTS: `${tree.path}/integration/scripts`,
    HOST_SCP_USERNAME: controllerUser,
    HOST_USERNAME: controllerUser,
    // as today's: trove-guest-secrets brings the key
    SSH_DIR: '/nonexistent',
    DEST: controllerTrovePath.replace(/\/[^/]*$/, ''),
    TROVE_BRANCH: tree.series,
  };
}

/** For the middle of a sed expression. */
const escapePath = (path: string): string => path.replaceAll('/', '\\/');
