import type { Check, Verdict } from '../../model/verify.ts';

/** Puts cells of rows in line. */
type AlignRows = (rows: readonly (readonly string[])[]) => readonly string[];

/** A verdict for people: every check, then why it failed. */
export function renderVerdict(verdict: Verdict, alignRows: AlignRows): string {
  const { checks, causes, passed, level } = verdict;
  const failed = checks.filter(({ ok }) => !ok).length;
  const reasons = causes.flatMap(({ code, message, hint, lines }) => [
    '',
    `${message} [${code}]`,
    `  ${hint}`,
    ...lines.map((line) => `  | ${line}`),
  ]);
  const end = passed
    ? `passed: ${level}, ${checks.length} checks`
    : `FAILED: ${level}, ${failed} of ${checks.length} checks`;
  return [...alignRows(checks.map(renderCheck)), ...reasons, '', end].join('\n');
}

function renderCheck({ id, expected, found, ok, ms }: Check): readonly string[] {
  const time = ms > 0 ? `${Math.round(ms / 1000)} s` : '';
  return [ok ? 'holds' : 'BROKEN', id, time, ok ? found : `${found}; expected: ${expected}`];
}
