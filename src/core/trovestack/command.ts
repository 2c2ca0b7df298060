import type { InputSpec } from '../../model/inputs.ts';

/** The command that does the same, as one would write it in a shell; secrets are named by their variables. */
export function renderCommand(
  inputs: Readonly<Record<string, string>>,
  table: readonly InputSpec[],
): string {
  const words: string[] = [];
  const variables: string[] = [];
  for (const spec of table) {
    const text = inputs[spec.name] ?? '';
    if (text === '' || text === spec.default) continue;
    if (spec.secret)
      variables.push(`TROVE_IMAGE_${spec.name.toUpperCase().replaceAll('-', '_')}=***`);
    else if (spec.flag) words.push(...(text === 'true' ? [`--${spec.name}`] : []));
    else for (const part of splitLines(spec, text)) words.push(`--${spec.name} ${quoteWord(part)}`);
  }
  return [...variables, 'trove-image build', ...words].join(' ');
}

/** An option of lines may be given several times. */
const splitLines = (spec: InputSpec, text: string): readonly string[] =>
  spec.list === 'lines' ? text.split('\n') : [text];

const quoteWord = (word: string): string =>
  /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
