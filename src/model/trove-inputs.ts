import type { InputSpec } from './inputs.ts';

/** The rows of the input table about Trove's own sources. */
export const troveInputs = [
  {
    name: 'trove-path',
    group: 'trove',
    default: '',
    summary:
      'Checkout of Trove whose elements, and whose commit of the guest agent, are built; by default it is cloned from trove-repository.',
    accepts: 'a directory that has integration/scripts/files/elements',
    placeholder: 'DIR',
  },
  {
    name: 'trove-repository',
    group: 'trove',
    default: 'https://opendev.org/openstack/trove',
    summary: 'Repository that Trove is cloned from.',
    accepts:
      'https://, http://, git://, ssh:// or file:// URL without user and password, or an absolute path',
    placeholder: 'URL',
  },
  {
    name: 'trove-ref',
    group: 'trove',
    default: '',
    summary:
      'Branch, tag, change (refs/changes/…) or commit of trove-repository; by default master.',
    accepts: 'the name of a git reference, or a commit',
    placeholder: 'REF',
  },
  {
    name: 'upper-constraints',
    group: 'trove',
    default: '',
    summary:
      "Versions of the guest agent's dependencies, as OpenStack's requirements repository has them; by default those of the branch.",
    accepts:
      'http:// or https:// URL without user, password, query or spaces, or the path of a file',
    placeholder: 'URL|FILE',
  },
] as const satisfies readonly InputSpec[];

/** The rows of the input table about images that developers of Trove use. */
export const developmentInputs = [
  {
    name: 'dev-mode',
    group: 'development',
    default: 'false',
    flag: true,
    choices: ['true', 'false'],
    summary:
      'Build an image for development: at its first start the guest copies the code of its agent from the controller. Never for users.',
    accepts: 'true or false',
  },
  {
    name: 'ssh-dir',
    group: 'development',
    default: '',
    summary:
      'Directory with id_rsa and id_rsa.pub, which a development image gets to reach its controller; everybody who has the image has the key.',
    accepts: 'an existing directory whose path holds no space, colon, quote, $ or backslash',
    placeholder: 'DIR',
  },
  {
    name: 'controller-address',
    group: 'development',
    default: '',
    summary:
      'Address of the controller, for /etc/trove/controller.conf of a development image; by default the cloud writes that file.',
    accepts: 'a host name or an IP address',
    placeholder: 'HOST',
  },
  {
    name: 'controller-user',
    group: 'development',
    default: 'stack',
    summary: 'User of the controller whom the guest of a development image logs in as.',
    accepts: 'a Linux user name',
    placeholder: 'USER',
  },
  {
    name: 'controller-trove-path',
    group: 'development',
    default: '/opt/stack/trove',
    summary: 'Checkout of Trove on the controller, which the guest of a development image copies.',
    accepts: 'an absolute path without space, colon, quote, $ or backslash',
    placeholder: 'DIR',
  },
  {
    name: 'sync-guest-logs',
    group: 'development',
    default: 'false',
    flag: true,
    choices: ['true', 'false'],
    summary:
      'The guest of a development image copies its logs to the controller every ten seconds.',
    accepts: 'true or false',
  },
  {
    name: 'root-password',
    group: 'development',
    default: '',
    secret: true,
    summary:
      'Password of root in the guest, with login by ssh; the image is marked as holding it. Masked in every log.',
    accepts: 'at least 8 printable characters without spaces and colons',
    placeholder: 'PASSWORD',
  },
] as const satisfies readonly InputSpec[];
