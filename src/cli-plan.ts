import { isAbsolute, join } from 'node:path';
import { createGitRepositories } from './adapters/git-repository.ts';
import { type PlanPorts, planMatrix } from './commands/plan.ts';
import { alignRows } from './core/diff/spelling.ts';
import { readPlanRequest } from './core/inputs/plan-request.ts';
import { type Caller, readInputs } from './core/inputs/read.ts';
import { readWords } from './core/inputs/words.ts';
import { summarisePlan, toMatrix } from './core/matrix/jobs.ts';
import { renderMatrix } from './core/matrix/text.ts';
import { openCatalogue } from './entry-inputs.ts';
import { type Problem, TroveImageError } from './errors.ts';
import { inputTable } from './model/input-table.ts';
import type { InputSpec } from './model/inputs.ts';
import type { MatrixPlan, PlanRequest } from './model/matrix.ts';
import { planInputs } from './model/plan-inputs.ts';
import type { Log } from './ports/log.ts';
import { locateCache, locateInstallation, openCache, wire } from './wiring.ts';

/** Who calls, and where. */
export interface PlanCall {
  readonly cwd: string;
  readonly bundleDir: string;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** What a workflow step can use, and no shell. */
  readonly service: Parameters<typeof openCache>[1];
}

/** The command `plan`: the text for standard output, a table or one JSON object. */
export async function runPlan(args: readonly string[], call: PlanCall): Promise<string> {
  const { values, json } = readOptions(args);
  const { plan, request } = await makePlan(values, call);
  call.log.close();
  if (!json) return renderMatrix(plan, alignRows);
  const matrix = toMatrix(plan, request.runners);
  return JSON.stringify({ matrix, ...summarisePlan(plan), ...plan });
}

/** Plans by the texts of the inputs. */
export async function makePlan(
  raw: Readonly<Record<string, string | undefined>>,
  { cwd, bundleDir, log, signal, service }: PlanCall,
): Promise<{ readonly plan: MatrixPlan; readonly request: PlanRequest }> {
  const temporaryDir = process.env.RUNNER_TEMP || '/var/tmp';
  const caller: Caller = { cwd, temporaryDir, cacheDir: locateCache(process.env) };
  const request = readPlanRequest(raw, cwd, inputTable);
  const catalogue = openCatalogue(request.catalogue, cwd);
  const { fileName } = catalogue;
  const ports: PlanPorts = {
    ...wire(log, process.env, signal),
    repositories: createGitRepositories(process.env),
  };
  const plan = await planMatrix(ports, {
    ...{ request, catalogue, caller, signal },
    cataloguePath: isAbsolute(fileName) ? fileName : join(cwd, fileName),
    own: locateInstallation(bundleDir, process.env),
    cache: request.foresees ? openPlanCache(request, caller, service) : null,
  });
  return { plan, request };
}

/** The cache of the run: what an image says of its own use of it counts when its build is foretold. */
function openPlanCache({ explicit }: PlanRequest, caller: Caller, service: PlanCall['service']) {
  const { 'cache-backend': backend, 'cache-path': path } = explicit;
  const raw = { cache: 'read', 'cache-backend': backend, 'cache-path': path };
  return openCache(readInputs(raw, caller), service);
}

function readOptions(args: readonly string[]) {
  const specs: readonly InputSpec[] = planInputs;
  const names = specs.map(({ name }) => `--${name}`);
  const { values, ...words } = readWords(args, {
    command: 'plan',
    valued: names,
    flags: ['--json', '--verbose', '--help'],
  });
  const hint = 'Options are written --NAME VALUE: see trove-image plan --help.';
  const problem = (message: string): Problem => ({ code: 'stray-argument', message, hint });
  const mistakes = [
    ...words.mistakes,
    ...words.names.map((word) => problem(`${JSON.stringify(word)} belongs to no option.`)),
    ...names
      .filter((name) => args.filter((arg) => arg === name || arg.startsWith(`${name}=`)).length > 1)
      .map((name) => problem(`${name} is given twice.`)),
  ];
  if (mistakes.length > 0) throw new TroveImageError('input', mistakes);
  const given = specs.map(({ name }) => [name, values[`--${name}`]] as const);
  return { values: Object.fromEntries(given), json: values['--json'] !== undefined };
}
