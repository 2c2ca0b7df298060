import { architectures, guestAgents, guestOperatingSystems, type InputSpec } from './inputs.ts';

/** The rows of the input table about the guest. */
export const guestInputs = [
  {
    name: 'image',
    group: 'image',
    default: '',
    summary:
      'Image of the catalogue to build: its inputs are taken from there, and those given beside it win.',
    accepts: 'the name of an image, as trove-image images lists them',
    placeholder: 'NAME',
  },
  {
    name: 'catalogue',
    group: 'image',
    default: 'trove-images.yml',
    summary: 'File that names images and their inputs.',
    accepts: 'the path of a YAML file',
    placeholder: 'FILE',
  },
  {
    name: 'guest-os',
    group: 'image',
    default: 'debian',
    choices: guestOperatingSystems,
    summary: 'Operating system of the guest.',
    accepts: 'debian or ubuntu',
    placeholder: 'OS',
  },
  {
    name: 'guest-release',
    group: 'image',
    default: '',
    summary:
      'Release code name; by default the newest one for this guest-agent (debian: trixie; ubuntu: noble from source, jammy with the package).',
    accepts: 'bookworm or trixie for debian; noble, jammy or focal for ubuntu',
    placeholder: 'NAME',
  },
  {
    name: 'architecture',
    group: 'image',
    default: 'amd64',
    choices: architectures,
    summary: 'Processor architecture of the guest; building needs a machine of the same one.',
    accepts: 'amd64 or arm64',
    placeholder: 'ARCH',
  },
  {
    name: 'guest-agent',
    group: 'image',
    default: 'auto',
    choices: ['auto', ...guestAgents],
    summary:
      "Where the Trove guest agent comes from: source (Trove's own elements and a checkout), package (the distribution's), auto (source for ubuntu, package for debian).",
    accepts: 'auto, source or package',
    placeholder: 'FROM',
  },
  {
    name: 'guest-username',
    group: 'image',
    default: '',
    summary:
      'User that the guest agent runs as and that cloud-init gives the ssh key to; by default the name of the operating system.',
    accepts:
      'a Linux user name: a lower-case letter, then letters, digits, - or _, at most 32, and not a system account',
    placeholder: 'USER',
  },
] as const satisfies readonly InputSpec[];
