// Prints one row per case of a fault table, and the whole of it as one line of JSON.
import { readFileSync } from 'node:fs';

const [area, path] = process.argv.slice(2);
const report = JSON.parse(readFileSync(path, 'utf8'));
const cases = report.testResults.flatMap((suite) =>
  suite.assertionResults.map(({ title, status, duration, failureMessages }) => ({
    title,
    status,
    seconds: Math.round((duration ?? 0) / 1000),
    ...(failureMessages.length > 0 ? { failure: failureMessages.join('\n') } : {}),
  })),
);
for (const { title, status, seconds, failure } of cases) {
  console.log(
    `${status.padEnd(7)} ${String(seconds).padStart(5)} s  ${title}${failure ? `\n${failure}` : ''}`,
  );
}
const passed = cases.filter(({ status }) => status === 'passed').length;
console.log(JSON.stringify({ area, cases: cases.length, passed, failed: cases.length - passed }));
