import { runAction, runPublishAction } from './action.ts';
import { runPlanAction } from './action-plan.ts';
import { runVerifyAction } from './action-verify.ts';
import { runCli } from './cli.ts';

// The one bundle: bin/trove-image puts `cli` before its arguments, the other actions' main.js their name; the runner gives none.
const bundleDir = import.meta.dirname;
const [, , mode, ...args] = process.argv;
// Who reads our output may go away (`| head`, a closed terminal): the build goes on, and cleans up after itself.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

const exitCode = await run();

function run(): Promise<number> {
  if (mode === 'cli') return runCli(args, bundleDir);
  if (mode === 'plan') return runPlanAction(bundleDir);
  if (mode === 'verify') return runVerifyAction(bundleDir);
  return mode === 'publish' ? runPublishAction() : runAction(bundleDir);
}

// Clients of services keep timers that would hold this process; everything is written before it ends.
await new Promise((resolve) => process.stdout.write('', resolve));
await new Promise((resolve) => process.stderr.write('', resolve));
process.exit(exitCode);
