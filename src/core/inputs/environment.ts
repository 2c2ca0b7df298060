import { secretName } from '../../model/secrets.ts';
import { type InputReader, quote } from './reader.ts';
import { isEnvironmentValue, isVariableName, splitList } from './values.ts';

/** Variables that the build itself sets, and the input that says the same; an own value would break the build. */
const reserved: Readonly<Record<string, string>> = {
  APT_CONFIG: '',
  ARCH: 'architecture',
  BASHOPTS: '',
  BASH_ENV: '',
  DIB_APT_KEYRING: '',
  DIB_APT_SOURCES_CONF: 'mirror',
  DIB_DEBIAN_COMPONENTS: '',
  DIB_DEBIAN_DEBOOTSTRAP_SCRIPT: '',
  DIB_DEBIAN_KEYRING: '',
  DIB_DEBOOTSTRAP_EXTRA_ARGS: '',
  DIB_DEBUG_TRACE: '',
  DIB_DISTRIBUTION_MIRROR: 'mirror',
  DIB_IMAGE_CACHE: '',
  DIB_IMAGE_SIZE: 'image-size',
  DIB_LOCKFILES: '',
  DIB_MANIFEST_IMAGE_DIR: '',
  DIB_MANIFEST_SAVE_DIR: '',
  DIB_NO_TIMESTAMP: '',
  DIB_NO_TMPFS: '',
  DIB_OFFLINE: '',
  DIB_PYTHON_EXEC: '',
  DIB_RELEASE: 'guest-release',
  DIB_REPOLOCATION_upper_constraints: 'upper-constraints',
  DIB_REPOREF_upper_constraints: 'upper-constraints',
  DIB_REPOTYPE_upper_constraints: 'upper-constraints',
  DIB_TROVE_DOCKER_IMAGES: 'container-images',
  DIB_UBUNTU_MIRROR_DISTS: '',
  DEV_MODE: 'dev-mode',
  DISTRO_NAME: 'guest-os',
  ELEMENTS_PATH: 'elements-path',
  ENV: '',
  ESCAPED_PATH_TROVE: 'controller-trove-path',
  GUEST_USERNAME: 'guest-username',
  HOME: '',
  HOST_SCP_USERNAME: 'controller-user',
  IFS: '',
  LANG: '',
  LD_AUDIT: '',
  LD_LIBRARY_PATH: '',
  LD_PRELOAD: '',
  PATH: '',
  PIP_INDEX_URL: 'python-index',
  PIP_TRUSTED_HOST: 'python-index',
  PERL5OPT: '',
  PS4: '',
  PYTHONHASHSEED: '',
  PYTHONHOME: '',
  PYTHONPATH: '',
  SHELLOPTS: '',
  SSH_DIR: 'ssh-dir',
  SYNC_LOG_TO_CONTROLLER: 'sync-guest-logs',
  TMPDIR: '',
  TMP_DIR: '',
  TROVE_GUEST_CONTAINER_ARCHIVE: 'container-images',
  TROVE_GUEST_CONTAINER_IMAGES: 'container-images',
  TROVE_GUEST_PACKAGES: 'packages',
  TROVE_GUEST_SECRETS: '',
  TROVE_IMAGE_LAYERS: '',
  USER: '',
  break: '',
  http_proxy: '',
  https_proxy: '',
  no_proxy: '',
};

/** Reads the KEY=VALUE lines; refuses secrets, reserved names and anything that a shell would interpret. */
export function readEnvironment(reader: InputReader): Readonly<Record<string, string>> {
  const variables: Record<string, string> = {};
  for (const line of splitList(reader.text('environment'), 'lines')) {
    const head = /^[^=:]*/.exec(line)?.[0] ?? '';
    const at = line.indexOf('=');
    const [name, value] = [line.slice(0, at), line.slice(at + 1)];
    const refusal = at < 0 ? ' There is no = in it.' : refuseVariable(name, value);
    if (secretName.test(head)) reader.refuse('environment', `${head}…`, secretRefusal);
    else if (userinfo.test(line)) reader.refuse('environment', `${head}=…`, userinfoRefusal);
    else if (refusal !== null) reader.refuse('environment', line, refusal);
    else variables[name] = value;
  }
  return variables;
}

/** A name for ssh is none; one in another URL may be a token, and with a password it always is a secret. */
const userinfo = /\b(?!ssh:)[a-z][a-z0-9+.-]*:\/\/[^/\s@]+@|:\/\/[^/\s:@]*:[^/\s@]*@/i;
const userinfoRefusal =
  ' There is a user or password in the URL, which would end in the image. Clone it beforehand, and use trove-path.';
const secretRefusal =
  ' It looks like a secret, and diskimage-builder writes its environment into the image.';

function refuseVariable(name: string, value: string): string | null {
  if (!isVariableName(name)) return ` ${quote(name)} is not a variable name.`;
  if (Object.hasOwn(reserved, name)) {
    const instead = reserved[name] === '' ? '' : `; use the input ${reserved[name]}`;
    return ` ${name} is set by the build itself${instead}.`;
  }
  if (isEnvironmentValue(value)) return null;
  return ' Put such a value into an environment.d hook of an element of your own.';
}
