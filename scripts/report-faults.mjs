// Prints one row per case of a fault table, and the whole of it as one line of JSON. A title may begin with an id, as in
// `F11.stall: …`, whose first part has a row of its own; what a case has noted under its id (support/figures.ts) is its
// figure.
import { readFileSync } from 'node:fs';

const [area, path, figuresPath] = process.argv.slice(2);
const report = JSON.parse(readFileSync(path, 'utf8'));
const figures = new Map(
  readFileSync(figuresPath, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
    .map(({ id, figure }) => [id, figure]),
);
const cases = report.testResults.flatMap((suite) =>
  suite.assertionResults.map(({ title, status, duration, failureMessages }) => {
    const id = /^([\w.-]+): /.exec(title)?.[1] ?? title;
    const seconds = Math.round((duration ?? 0) / 1000);
    const failure = failureMessages.length > 0 ? failureMessages.join('\n') : null;
    return { id, title, status, seconds, failure, figure: figures.get(id) ?? `${seconds} s` };
  }),
);
for (const { title, status, seconds, figure, failure } of cases) {
  const measured = figure === `${seconds} s` ? '' : ` (${figure})`;
  const line = `${status.padEnd(7)} ${String(seconds).padStart(5)} s  ${title}${measured}`;
  console.log(failure === null ? line : `${line}\n${failure}`);
}
const passed = cases.filter(({ status }) => status === 'passed').length;
const rows = cases.map(({ id, status, figure }) => ({ id, ok: status === 'passed', figure }));
const groups = new Set(rows.flatMap(({ id }) => /^(\w+)\./.exec(id)?.[1] ?? []));
for (const group of groups) {
  const own = rows.filter(({ id }) => id.startsWith(`${group}.`));
  const held = own.filter(({ ok }) => ok).length;
  rows.push({ id: group, ok: held === own.length, figure: `${held} of ${own.length}` });
}
const counts = { cases: cases.length, passed, failed: cases.length - passed };
console.log(JSON.stringify({ area, ...counts, rows }));
