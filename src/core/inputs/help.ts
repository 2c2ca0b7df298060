import { exitCodes } from '../../errors.ts';
import { type InputSpec, inputGroups } from '../../model/inputs.ts';

/** The text of `trove-image build --help`, made from the input table. */
export function renderBuildHelp(table: readonly InputSpec[]): string {
  const sections = Object.entries(inputGroups).flatMap(([group, heading]) => {
    const rows = table.filter((spec) => spec.group === group).map(renderFlag);
    return rows.length === 0 ? [] : [[`${heading}:`, ...rows].join('\n')];
  });
  return [
    'Usage: trove-image build [--NAME VALUE …]',
    '',
    'Builds an OpenStack Trove guest image, checks it, and writes it with manifest, checksums and log.',
    '',
    sections.join('\n\n'),
    '',
    'Also:',
    row('--json', 'Print the outputs as one JSON object, the last line of standard output.'),
    row('--verbose', 'Show every line of diskimage-builder.'),
    row('--help', 'Show this.'),
    '',
    renderExitCodes(),
  ].join('\n');
}

/** The text of `trove-image --help`. */
export function renderHelp(version: string): string {
  return [
    `trove-image ${version}: OpenStack Trove guest images, built and proven`,
    '',
    'Usage: trove-image COMMAND [OPTIONS]',
    '',
    row('build', 'Build a guest image (trove-image build --help shows every option).'),
    row('cache', 'Show and tidy the cache directory (trove-image cache --help).'),
    row(
      'clean',
      'End what a build that died left: processes, mounts, loop devices, files. --work-dir DIR',
    ),
    row(
      'datastores',
      'Show which datastores this Trove knows, with image names and versions; takes the options of build.',
    ),
    row('diff', 'Compare two images or manifests (trove-image diff --help).'),
    row(
      'publish',
      'Publish an image to Glance, register it with Trove, or go back (trove-image publish --help).',
    ),
    row(
      'status',
      'Show what is published, kept, and would be deleted (trove-image status --help).',
    ),
    row('plan', 'Tell which images of a catalogue to build, and why (trove-image plan --help).'),
    row('images', 'List the images of the catalogue. --catalogue FILE'),
    row(
      'trovestack',
      'Build as trovestack was called: trovestack build-image ARGS…; its variables count, and options of build win.',
    ),
    row('verify', 'Prove that an image works: boot it, ask its agent (trove-image verify --help).'),
    row('version', 'Print the version.'),
    '',
    'Try: trove-image build --guest-os debian --guest-release bookworm --dry-run',
    '',
    renderExitCodes(),
  ].join('\n');
}

/** One option of a table, for any command's help. */
export function renderFlag(spec: InputSpec): string {
  const value = spec.flag ? '' : ` ${spec.placeholder ?? 'VALUE'}`;
  const fallback = spec.default === '' || spec.flag ? '' : ` [${spec.default}]`;
  const variable = spec.secret
    ? ` Better in the variable TROVE_IMAGE_${spec.name.toUpperCase().replaceAll('-', '_')}.`
    : '';
  return row(`--${spec.name}${value}`, `${spec.summary}${variable}${fallback}`);
}

/** One option: its name in a column, its text wrapped at 100 characters beside it. */
function row(name: string, text: string): string {
  const indent = 28;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line.length + word.length + 1 > 100 - indent) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  lines.push(line);
  const head = `  ${name}`;
  const first = head.length < indent ? `${head.padEnd(indent)}${lines.shift()}` : head;
  return [first, ...lines.map((each) => ' '.repeat(indent) + each)].join('\n');
}

function renderExitCodes(): string {
  const meanings: Readonly<Record<keyof typeof exitCodes, string>> = {
    input: 'mistake in the inputs',
    host: 'this machine is not fit',
    build: 'the build failed',
    check: 'the image did not pass its checks',
    publish: 'uploading or publishing failed',
    bug: 'a bug of trove-image',
    cancelled: 'cancelled',
  };
  const rows = Object.entries(exitCodes).map(([kind, code]) =>
    row(String(code), meanings[kind as keyof typeof exitCodes]),
  );
  return ['Exit codes:', row('0', 'done'), ...rows].join('\n');
}
