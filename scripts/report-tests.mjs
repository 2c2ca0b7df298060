// Prints what jest's JSON report says: failures with their place, suites that could not run, and the counts.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
let brokenSuites = 0;
for (const suite of report.testResults) {
  const name = relative(process.cwd(), suite.name);
  const broken = suite.status === 'failed' && suite.assertionResults.length === 0;
  if (broken) {
    brokenSuites += 1;
    console.log(`\nBROKEN ${name}\n${suite.message}`);
  }
  for (const test of suite.assertionResults.filter(({ status }) => status === 'failed')) {
    console.log(
      `\nFAILED ${name}:${test.location?.line ?? 1} ${test.fullName}\n${test.failureMessages.join('\n')}`,
    );
  }
  if (process.env.LIST_SUITES !== undefined) {
    console.log(`${((suite.endTime - suite.startTime) / 1000).toFixed(1).padStart(7)} s  ${name}`);
  }
}
const {
  numPassedTests: passed,
  numFailedTests: failed,
  numPendingTests: pending,
  numTodoTests: todo,
} = report;
const skipped = pending + todo;
console.log(`\n${passed} passed, ${failed + brokenSuites} failed, ${skipped} skipped`);
if (passed === 0) process.exit(1);
