import type { Check, Verdict } from '../../model/verify.ts';

/** The step summary of a verification: the verdict, why it failed, then every check. */
export function renderVerifySummary(verdict: Verdict, code: (text: string) => string): string {
  const { passed, level, checks, causes, accelerator, imageSha256 } = verdict;
  const failed = checks.filter(({ ok }) => !ok);
  const how = accelerator === null ? '' : `, ${accelerator.toUpperCase()}`;
  return [
    `## Verification (${level}${how}): ${passed ? 'passed' : 'failed'}`,
    '',
    passed
      ? `All ${checks.length} checks hold for the image with sha256 ${code(imageSha256)}.`
      : `${failed.length} of ${checks.length} checks do not hold for the image with sha256 ${code(imageSha256)}.`,
    '',
    ...causes.flatMap(({ code: name, message, hint, lines }) => [
      `- **${plain(message)}** (${code(name)}) ${plain(hint)}`,
      ...(lines.length === 0 ? [] : ['', ...fence(lines), '']),
    ]),
    '',
    '<details><summary>Checks</summary>',
    '',
    '| | check | after | found |',
    '|---|---|---|---|',
    ...checks.map((check) => renderCheck(check, code)),
    '',
    '</details>',
    '',
  ].join('\n');
}

function renderCheck(
  { id, expected, found, ok, ms }: Check,
  code: (text: string) => string,
): string {
  const after = ms > 0 ? `${Math.round(ms / 1000)} s` : '';
  const text = ok ? plain(found) : `${plain(found)}; expected: ${plain(expected)}`;
  return `| ${ok ? 'holds' : '**broken**'} | ${code(id)} | ${after} | ${text} |`;
}

/** Lines of a guest, which may hold anything. */
const fence = (lines: readonly string[]): readonly string[] => [
  '  ```',
  ...lines.map((line) => `  ${line.replaceAll('```', "'''")}`),
  '  ```',
];

const plain = (text: string): string =>
  text
    .replace(/[\\`*_[\]|~]/g, '\\$&')
    .replaceAll('<', '&lt;')
    .replace(/\s+/g, ' ');
