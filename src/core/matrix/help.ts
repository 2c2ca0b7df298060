import type { InputSpec } from '../../model/inputs.ts';

/** The text of `trove-image plan --help`, made from its input table. */
export function renderPlanHelp(table: readonly InputSpec[]): string {
  return [
    'Usage: trove-image plan [--base COMMIT] [--published IDS] [--NAME VALUE …]',
    '',
    'Tells which images of the catalogue have to be built, why, and how long that takes: those whose',
    'content differs from that of a commit, and those that are not published. Builds nothing.',
    '',
    'Options:',
    ...table.map((spec) => row(`--${spec.name} ${spec.placeholder ?? 'VALUE'}`, describe(spec))),
    row('--json', 'Print the plan as one JSON object, the last line of standard output.'),
    row('--verbose', 'Show more of what is done.'),
    row('--help', 'Show this.'),
    '',
    'Exit codes:',
    row('0', 'done, whether there is something to build or not'),
    row('2', 'mistake in the inputs, or no such commit'),
    row('3', 'this machine is not fit'),
    row('70', 'a bug of trove-image'),
    row('130', 'cancelled'),
  ].join('\n');
}

const describe = ({ summary, default: fallback }: InputSpec): string =>
  fallback === '' ? summary : `${summary} [${fallback}]`;

const indent = 28;

/** An option, its text wrapped at 100 characters beside it. */
function row(name: string, text: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line.length + word.length >= 100 - indent) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  const head = `  ${name}`;
  const first = head.length < indent ? `${head.padEnd(indent)}${lines.shift()}` : head;
  return [first, ...lines.map((line) => ' '.repeat(indent) + line)].join('\n');
}
