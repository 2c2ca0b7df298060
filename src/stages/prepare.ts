import { checkHost } from '../core/host/fitness.ts';
import { describeMissing, listTools, needsPythonIndex, planInstall } from '../core/host/install.ts';
import type { Content } from '../core/image/content.ts';
import { planBuild } from '../core/image/plan.ts';
import { type Problem, TroveImageError } from '../errors.ts';
import type { HostFacts } from '../model/host.ts';
import type { Inputs } from '../model/inputs.ts';
import type { InstallPlan } from '../model/install.ts';
import type { Plan } from '../model/plan.ts';
import type { Commands } from '../ports/commands.ts';
import type { Log } from '../ports/log.ts';
import type { Machine } from '../ports/machine.ts';

export interface PreparePorts {
  readonly commands: Commands;
  readonly log: Log;
  readonly machine: Machine;
}

/** Where our own files are. */
export interface Installation {
  readonly elementsDir: string;
  readonly hostDir: string;
  readonly venvDir: string;
  /** What this user keeps and can be made again. */
  readonly cacheDir: string;
}

/** Finds out what the plan needs to know of the world beside the machine. */
export type Gather = (host: HostFacts, firstPlan: Plan) => Promise<Content>;

export interface Prepared {
  readonly host: HostFacts;
  readonly install: InstallPlan;
  readonly plan: Plan;
  /** Why this machine is not fit; empty when it is. */
  readonly problems: readonly Problem[];
}

/** Looks at the machine and plans; changes nothing. Without `gather` the plan is a first one. */
export async function survey(
  ports: PreparePorts,
  inputs: Inputs,
  own: Installation,
  gather: Gather | null,
  why = 'and install: none forbids to install it',
): Promise<Prepared> {
  const host = await ports.machine.read({
    workDir: inputs.workDir,
    outputDir: inputs.outputDir,
    venvDir: own.venvDir,
  });
  const answers = needsPythonIndex(inputs.install, host) ? await askPythonIndex(ports) : null;
  const tools = listTools(inputs);
  const install = planInstall(inputs.install, host, answers, inputs.guestOs, tools);
  const first = planBuild(inputs, host, own.elementsDir);
  const plan =
    gather === null ? first : planBuild(inputs, host, own.elementsDir, await gather(host, first));
  const problems = [
    ...checkHost(host, {
      architecture: inputs.architecture,
      needs: plan.needs,
      usesTmpfs: plan.host.tmpfsBytes !== null,
    }),
    ...(inputs.install === 'none'
      ? describeMissing(host, why, tools)
      : checkInstaller(host, install)),
  ];
  return { host, install, plan, problems };
}

/** Surveys, installs what is missing, and surveys again: the plan it returns is final. */
export async function prepare(
  ports: PreparePorts,
  inputs: Inputs,
  own: Installation,
  gather: Gather | null,
): Promise<Prepared> {
  const before = await survey(ports, inputs, own, null);
  if (before.problems.length > 0) throw new TroveImageError('host', before.problems);
  const isComplete =
    before.install.aptPackages.length === 0 && before.install.builder === 'present';
  if (isComplete && gather === null) return before;
  await installPackages(ports, before.install.aptPackages);
  if (before.install.builder === 'pip') await installBuilder(ports, inputs, own);
  const after = await survey(
    ports,
    { ...inputs, install: 'none' },
    own,
    gather,
    'although installing worked',
  );
  if (after.problems.length > 0) throw new TroveImageError('host', after.problems);
  return { ...after, install: before.install };
}

function checkInstaller(host: HostFacts, install: InstallPlan): readonly Problem[] {
  if (host.canUseApt || install.aptPackages.length === 0 || host.platform !== 'linux') return [];
  return [
    {
      code: 'no-apt',
      message: `${host.os.prettyName || 'This system'} has no apt; missing are the programs of the Debian packages ${install.aptPackages.join(', ')}.`,
      hint: 'Install them with the package manager of this system and use install: none, or use Debian or Ubuntu.',
    },
  ];
}

/** Installs packages of the distribution; throws what apt-get says. */
export async function installPackages(
  ports: Pick<PreparePorts, 'commands' | 'log'>,
  packages: readonly string[],
): Promise<void> {
  if (packages.length === 0) return;
  ports.log.info(`Installing ${packages.join(' ')}`);
  await ports.commands.run(['apt-get', 'update', '--quiet'], {
    asRoot: true,
    onLine: ports.log.detail,
  });
  const environment = ['env', 'DEBIAN_FRONTEND=noninteractive'] as const;
  const lines: string[] = [];
  const result = await ports.commands.run(
    [
      ...environment,
      ...['apt-get', 'install', '--yes', '--no-install-recommends'],
      ...['--option', 'DPkg::Lock::Timeout=120'],
      ...['--option', 'Dpkg::Options::=--force-confold'],
      ...packages,
    ],
    {
      asRoot: true,
      onLine: (line) => {
        lines.push(line);
        ports.log.detail(line);
      },
    },
  );
  if (result.exitCode === 0) return;
  const said =
    lines.filter((line) => /^(E|Err|W):/.test(line)).join(' ') || `exit code ${result.exitCode}`;
  throw new TroveImageError('host', [
    {
      code: 'apt-failed',
      message: `apt-get could not install ${packages.join(' ')}: ${said}`,
      hint: "Check this machine's package sources, or install the packages yourself and use install: none.",
    },
  ]);
}

/** Does a Python index answer? Asked with pip's own configuration. */
async function askPythonIndex(ports: PreparePorts): Promise<boolean> {
  const ask = [
    '/usr/bin/python3',
    '-m',
    'pip',
    '--quiet',
    '--disable-pip-version-check',
    '--no-input',
  ] as const;
  const result = await ports.commands.run([
    ...ask,
    ...['--timeout', '5', '--retries', '0'],
    ...['index', 'versions', 'diskimage-builder'],
  ]);
  return result.exitCode === 0;
}

/** A private environment of pinned, hashed packages; where that fails, the distribution's package is used. */
async function installBuilder(
  ports: PreparePorts,
  inputs: Inputs,
  own: Installation,
): Promise<void> {
  for (const step of composeEnvironmentSteps(own)) {
    const result = await ports.commands.run(step);
    if (result.exitCode === 0) continue;
    const said = result.stderr.trim().split('\n').at(-1) ?? '';
    const problem = {
      code: 'pip-failed',
      message: `diskimage-builder could not be installed with pip: ${said}`,
      hint: 'Check the Python index of this machine, or use install: apt.',
    };
    if (inputs.install === 'pip') throw new TroveImageError('host', [problem]);
    ports.log.warning(problem);
    return installPackages(ports, ['python3-diskimage-builder']);
  }
}

/** diskimage-builder is a source archive: what builds it has to be there, pinned, before it comes. */
function composeEnvironmentSteps(own: Installation): readonly (readonly [string, ...string[]])[] {
  const python = `${own.venvDir}/bin/python`;
  const install = [
    ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input'],
    ...['--timeout', '15', '--retries', '2', '--require-hashes'],
  ];
  const list = (name: string): readonly string[] => ['--requirement', `${own.hostDir}/${name}`];
  return [
    ['/usr/bin/python3', '-m', 'venv', '--clear', own.venvDir],
    [python, ...install, '--only-binary', ':all:', ...list('requirements.txt')],
    [
      python,
      ...install,
      ...['--no-deps', '--no-build-isolation'],
      ...list('requirements-builder.txt'),
    ],
  ];
}
