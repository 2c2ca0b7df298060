import type { Problem } from '../../errors.ts';
import type { WantedImage } from '../../model/datastores.ts';
import { parseReference } from './reference.ts';

/** What is wrong, told apart by what skopeo and registries say; the first that matches counts. */
const causes: readonly {
  readonly code: string;
  readonly said: RegExp;
  readonly fact: (registry: string) => string;
  readonly hint: string;
}[] = [
  {
    code: 'no-space',
    said: /no space left on device|disk quota exceeded/,
    fact: () => 'there is no space left for it',
    hint: 'Free space in work-dir, or give a directory on another disk.',
  },
  {
    code: 'registry-tls',
    said: /server gave HTTP response to HTTPS client|x509:|tls: |certificate/,
    fact: (registry) => `${registry} speaks no TLS, or its certificate is not trusted here`,
    hint: "Name the registry in insecure-registries, or add its certificate to this machine's own.",
  },
  {
    code: 'registry-limit',
    said: /toomanyrequests|too many requests|status(code)?:? *429\b/i,
    fact: (registry) => `${registry} answers no more requests of this address for now`,
    hint: 'Log in with registry-login, wait, or pull from a mirror: MIRROR/NAME=NAME in container-images.',
  },
  {
    code: 'registry-login-refused',
    said: /unauthorized|authentication required|denied|invalid username\/password|status(code)?:? *40[13]\b/i,
    fact: (registry) => `${registry} does not let this login see it, or has no such image`,
    hint: 'Give registry-login a line REGISTRY USER PASSWORD, or registry-auth-file a file that holds the login itself, and check the name.',
  },
  {
    code: 'container-image-missing',
    said: /manifest unknown|name unknown|not found|status(code)?:? *404\b|repository name not known/i,
    fact: (registry) => `${registry} has no such image`,
    hint: 'Check name and tag; a version of a datastore is the tag of its image.',
  },
  {
    code: 'container-image-damaged',
    said: /did not match|digest mismatch|does not match|unexpected EOF|manifest digest/i,
    fact: (registry) => `what ${registry} gave is not what the digest promises`,
    hint: 'Try again, and push the image anew where it stays so.',
  },
  {
    code: 'container-image-refused',
    said: /policy\.json|rejected by policy|signature/i,
    fact: () => "this machine's policy for container images does not let it in",
    hint: 'See /etc/containers/policy.json; the Debian package golang-github-containers-common brings one.',
  },
];

const unreachable = {
  code: 'registry-unreachable',
  fact: (registry: string) => `${registry} could not be asked`,
  hint: 'Check its name, the network and the proxy of this machine, or pull from a mirror: MIRROR/NAME=NAME in container-images.',
};

/** Says why an image could not be found or fetched, from what skopeo wrote. */
export function describeTrouble(image: WantedImage, stderr: string): Problem {
  const said = readReason(stderr);
  const { registry, repository } = parseReference(image.source) ?? { registry: '', repository: '' };
  // names may hold any word, and numbers
  const words = said
    .replace(/"[^"]*"/g, '')
    .replaceAll(`${registry}/${repository}`, '')
    .replaceAll(registry, '');
  const cause = causes.find((each) => each.said.test(words)) ?? unreachable;
  return describeImage(image, cause.code, `${cause.fact(registry)} (${said})`, cause.hint);
}

/** A problem of one image, under the input that wishes for it. */
export function describeImage(
  { role, source, target }: WantedImage,
  code: string,
  fact: string,
  hint: string,
): Problem {
  const inputs = { database: 'datastores', backup: 'backup-images', other: 'container-images' };
  const name = source === target ? target : `${source} (for ${target})`;
  return { code, message: `${inputs[role]}: ${name}: ${fact}.`, hint };
}

/** Whether a person has to change an input, rather than the machine or the network. */
export const isInputProblem = ({ code }: Problem): boolean =>
  ['container-image-missing', 'container-image-architecture', 'container-image-form'].includes(
    code,
  );

/** The last message, without the words around it. */
function readReason(stderr: string): string {
  const last = stderr.trim().split('\n').at(-1) ?? '';
  const message = /msg=("(?:[^"\\]|\\.)*")/.exec(last)?.[1];
  const text = message === undefined ? last : unquote(message);
  return text.replace(/^Error parsing image name "[^"]*": /, '').slice(0, 400) || 'no reason given';
}

function unquote(text: string): string {
  try {
    return JSON.parse(text) as string;
  } catch {
    return text;
  }
}
