import { type InputReader, quote } from './reader.ts';
import { isEnvironmentValue, isVariableName, splitList } from './values.ts';

/** Variables that the build itself sets, and the input that says the same; an own value would break the build. */
const reserved: Readonly<Record<string, string>> = {
  ARCH: 'architecture',
  BASH_ENV: '',
  DIB_APT_KEYRING: '',
  DIB_APT_SOURCES_CONF: 'mirror',
  DIB_DEBIAN_KEYRING: '',
  DIB_DEBUG_TRACE: '',
  DIB_DEBOOTSTRAP_EXTRA_ARGS: '',
  DIB_DISTRIBUTION_MIRROR: 'mirror',
  DIB_IMAGE_CACHE: '',
  DIB_IMAGE_SIZE: 'image-size',
  DIB_LOCKFILES: '',
  DIB_MANIFEST_SAVE_DIR: '',
  DIB_NO_TIMESTAMP: '',
  DIB_RELEASE: 'guest-release',
  DISTRO_NAME: 'guest-os',
  ELEMENTS_PATH: 'elements-path',
  ENV: '',
  GUEST_USERNAME: 'guest-username',
  HOME: '',
  IFS: '',
  LANG: '',
  LD_LIBRARY_PATH: '',
  LD_PRELOAD: '',
  PATH: '',
  PYTHONHASHSEED: '',
  PYTHONPATH: '',
  SHELLOPTS: '',
  TMPDIR: '',
  TMP_DIR: '',
  USER: '',
};

const secretName = /PASS(WORD|WD|PHRASE)?$|SECRET|TOKEN|CREDENTIAL|PRIVATE_KEY|API_?KEY/i;

/** Reads the KEY=VALUE lines; refuses secrets, reserved names and anything that a shell would interpret. */
export function readEnvironment(reader: InputReader): Readonly<Record<string, string>> {
  const variables: Record<string, string> = {};
  for (const line of splitList(reader.text('environment'), 'lines')) {
    const at = line.indexOf('=');
    const name = at < 0 ? line : line.slice(0, at);
    const value = at < 0 ? '' : line.slice(at + 1);
    const refusal = refuseVariable(name, value, at >= 0);
    if (refusal === null) variables[name] = value;
    else if (refusal.secret) reader.refuse('environment', `${name}=…`, refusal.reason);
    else reader.refuse('environment', line, refusal.reason);
  }
  return variables;
}

function refuseVariable(
  name: string,
  value: string,
  hasValue: boolean,
): { reason: string; secret: boolean } | null {
  if (!hasValue) return { reason: ' There is no = in it.', secret: false };
  if (!isVariableName(name))
    return { reason: ` ${quote(name)} is not a variable name.`, secret: false };
  const input = reserved[name];
  if (input !== undefined) {
    const instead = input === '' ? '' : `; use the input ${input}`;
    return { reason: ` ${name} is set by the build itself${instead}.`, secret: false };
  }
  if (secretName.test(name)) {
    return {
      reason:
        ' It looks like a secret, and diskimage-builder writes its environment into the image.',
      secret: true,
    };
  }
  if (!isEnvironmentValue(value)) {
    return {
      reason: ` Put such a value into an environment.d hook of an element of your own.`,
      secret: false,
    };
  }
  return null;
}
