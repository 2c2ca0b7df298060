import { cacheInputs } from './cache-inputs.ts';
import { datastoreInputs } from './datastore-inputs.ts';
import { guestInputs } from './guest-inputs.ts';
import { compressions, type InputSpec, imageFormats, installModes, verifyModes } from './inputs.ts';
import { buildPublishInputs } from './publish-inputs.ts';
import { developmentInputs, troveInputs } from './trove-inputs.ts';

export const inputTable = [
  ...guestInputs,
  ...troveInputs,
  ...datastoreInputs,
  ...developmentInputs,
  {
    name: 'elements',
    group: 'content',
    default: '',
    list: 'words',
    summary: 'More diskimage-builder elements, separated by spaces, commas or lines.',
    accepts: 'element names: letters, digits, . _ + -, not starting with . or -',
    placeholder: 'NAMES',
  },
  {
    name: 'elements-path',
    group: 'content',
    default: '',
    list: 'lines',
    summary:
      'Directories that hold elements of your own, one per line or separated by colons; they win over ours.',
    accepts:
      'existing directories whose paths hold no space, colon, quote, $, backslash or control character',
    placeholder: 'DIRS',
  },
  {
    name: 'packages',
    group: 'content',
    default: '',
    list: 'words',
    summary: 'More packages to install in the guest, separated by spaces, commas or lines.',
    accepts: 'package names: lower-case letters, digits, + - . and at least two characters',
    placeholder: 'NAMES',
  },
  {
    name: 'environment',
    group: 'content',
    default: '',
    list: 'lines',
    summary:
      'KEY=VALUE lines for diskimage-builder and the elements. Ends up inside the image: never a place for secrets.',
    accepts:
      'KEY=VALUE, one per line, without shell characters ($ ` " \' \\ ; & | < > ( )) in the value',
    placeholder: 'LINES',
  },
  {
    name: 'mirror',
    group: 'sources',
    default: '',
    summary:
      "Package archive to build from, also the guest's own: a URL, or `host` for this machine's own sources; by default the one that diskimage-builder names.",
    accepts: 'http:// or https:// URL without user, password, query or spaces; or host',
    placeholder: 'URL|host',
  },
  {
    name: 'mirror-security',
    group: 'sources',
    default: '',
    summary:
      'Security archive of a debian guest, when mirror is a URL; by default the one that this machine or diskimage-builder names.',
    accepts: 'http:// or https:// URL without user, password, query or spaces',
    placeholder: 'URL',
  },
  {
    name: 'python-index',
    group: 'sources',
    default: '',
    summary:
      "Python package index that the guest agent's dependencies come from while the image is built; it leaves no trace in the guest.",
    accepts: 'http:// or https:// URL without user, password, query or spaces',
    placeholder: 'URL',
  },
  {
    name: 'image-name',
    group: 'output',
    default: 'trove-guest-{os}-{release}[-dev]',
    summary:
      'File name without extension; {os} {release} {architecture} {trove} {branch} {datastore} are filled in, text in brackets stays in development images only.',
    accepts:
      'letters, digits, . _ + -, those six placeholders and [text], starting with a letter or digit, at most 128',
    placeholder: 'NAME',
  },
  {
    name: 'formats',
    group: 'output',
    default: 'qcow2',
    list: 'choices',
    choices: imageFormats,
    summary: 'Image formats, one file each: qcow2, raw, vmdk, vhd.',
    accepts: 'qcow2, raw, vmdk, vhd',
    placeholder: 'FORMATS',
  },
  {
    name: 'output',
    group: 'output',
    default: '',
    summary:
      'Path of the image, instead of output-dir, image-name and formats: its extension sets the format.',
    accepts: 'a path that ends in .qcow2, .raw, .vmdk or .vhd',
    placeholder: 'PATH',
  },
  {
    name: 'output-dir',
    group: 'output',
    default: 'images',
    summary: 'Directory for the image, SHA256SUMS, manifest.json and the build log.',
    accepts: 'a directory that can be written, or can be made',
    placeholder: 'DIR',
  },
  {
    name: 'image-size',
    group: 'output',
    default: '5',
    summary: 'Virtual size of the image in GiB; the guest grows it to its disk at first boot.',
    accepts: 'a whole number from 3 to 100',
    placeholder: 'GIB',
  },
  {
    name: 'compression',
    group: 'output',
    default: 'zstd',
    choices: compressions,
    summary:
      'Compression of qcow2; zstd needs QEMU 5.1 or newer on the hypervisors, zlib works everywhere.',
    accepts: 'zstd, zlib or none',
    placeholder: 'HOW',
  },
  {
    name: 'verify',
    group: 'run',
    default: 'inspect',
    choices: verifyModes,
    summary:
      'Prove the finished image; what does not hold fails the build: inspect (qemu-img check and the hygiene rules), boot (also start it as Trove would), agent (also let its guest agent answer over a message bus), off.',
    accepts: 'inspect, boot, agent or off',
    placeholder: 'HOW',
  },
  {
    name: 'install',
    group: 'run',
    default: 'auto',
    choices: installModes,
    summary:
      'How missing tools get here: auto (what fits, else pip, else apt), pip (diskimage-builder in a private environment), apt, none.',
    accepts: 'auto, pip, apt or none',
    placeholder: 'HOW',
  },
  ...cacheInputs,
  ...buildPublishInputs,
  {
    name: 'artifact',
    group: 'run',
    default: 'auto',
    summary:
      'Upload to the workflow run: the image un-zipped under its own file name, and manifest, log and checksums as an artifact of this name (auto: image name and -build); off uploads nothing.',
    accepts: 'auto, off, or a name without " : < > | * ? \\ / and control characters',
    placeholder: 'NAME',
  },
  {
    name: 'retention-days',
    group: 'run',
    default: '0',
    summary: "Days that the artifacts are kept; 0 is the repository's own setting.",
    accepts: 'a whole number from 0 to 400',
    placeholder: 'DAYS',
  },
  {
    name: 'work-dir',
    group: 'run',
    default: '',
    summary:
      "Directory for the build's temporary files (about 5 GB when memory is short, else 2); by default RUNNER_TEMP, else /var/tmp.",
    accepts:
      'an existing directory whose path holds no space, colon, quote, $ or backslash, on a file system without nodev or noexec',
    placeholder: 'DIR',
  },
  {
    name: 'dry-run',
    group: 'run',
    default: 'false',
    flag: true,
    choices: ['true', 'false'],
    summary: 'Print the whole plan and build nothing.',
    accepts: 'true or false',
  },
] as const satisfies readonly InputSpec[];

export type InputName = (typeof inputTable)[number]['name'];
