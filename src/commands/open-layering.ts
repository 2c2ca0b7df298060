import { digestExtraData } from '../core/layers/predict.ts';
import type { Element } from '../model/elements.ts';
import type { DiskimageBuilderFacts } from '../model/host.ts';
import type { Plan, Workspace } from '../model/plan.ts';
import type { Job } from './job.ts';
import { createLayering, hostStops, type Layering } from './layering.ts';
import type { BuildSettings, CacheSettings, Ports } from './settings.ts';

const dayMs = 86_400_000;

export interface OpenLayering extends Layering {
  readonly directory: string;
}

/** Makes the layering of a build that is about to start, and the FIFOs at which its hooks will wait. */
export async function openLayering(
  ports: Ports,
  settings: BuildSettings,
  cache: CacheSettings,
  job: Job,
  workspace: Workspace,
): Promise<OpenLayering> {
  const directory = `${workspace.path}/layers`;
  await ports.files.makeDirectory(directory);
  await ports.commands.run(['mkfifo', '--', ...hostStops.map((stop) => `${directory}/${stop}`)]);
  const { inputs, own } = settings;
  const { guest } = job.plan;
  const layering = createLayering(
    {
      ...ports,
      // what fails because the build was cancelled is no trouble of the cache
      log: {
        ...ports.log,
        warning: (problem) => {
          if (!settings.signal.aborted) ports.log.warning(problem);
        },
      },
      store: cache.store,
      checker: ports.openLayerTool(own.hostDir),
      tool: ports.openBuildTool(own.hostDir, workspace.path),
    },
    { mode: cache.mode, maxAgeMs: inputs.cacheMaxAgeDays * dayMs, directory },
    {
      architecture: guest.architecture,
      archives: job.archives,
      tools: await readTools(ports, job.builder),
      slot: nameSlot(job.plan),
      extraData: digestExtraData(
        await ports.elements.hookFiles(job.elements),
        job.plan.environment,
      ),
      ownScripts: listOwnScripts(job.elements, inputs.elementsPath),
      secretVariables: [
        ...findSecretVariables(job.plan.environment, settings.secrets),
        ...(job.plan.holdsSecrets.length > 0 ? ['TROVE_GUEST_SECRETS'] : []),
      ],
      workspacePath: workspace.path,
    },
  );
  return { ...layering, directory };
}

/** Names the kind of guest: builds of one kind explain each other. */
export const nameSlot = ({ guest }: Plan): string =>
  `${guest.os}-${guest.release}-${guest.architecture}`;

/** Programs of the host whose version decides what the tree is. */
export async function readTools(
  ports: Pick<Ports, 'elements' | 'commands'>,
  builder: DiskimageBuilderFacts,
): Promise<Readonly<Record<string, string>>> {
  const path = builder.elementsDir.replace(/\/elements\/?$/, '/lib');
  const [library] = await ports.elements.digest([{ name: 'lib', path }]);
  const debootstrap = await ports.commands.run(['debootstrap', '--version']);
  // newer releases of diskimage-builder take it where it is there, and get another set of packages
  const mmdebstrap = await ports.commands.run(['mmdebstrap', '--version']);
  return {
    "diskimage-builder's library": library?.sha256 ?? builder.version,
    debootstrap: debootstrap.stdout.trim(),
    mmdebstrap: mmdebstrap.exitCode === 0 ? mmdebstrap.stdout.trim() : 'absent',
  };
}

/** Scripts of the user's own elements, and of the one that installs the packages that the user names. */
export function listOwnScripts(
  elements: readonly Element[],
  elementsPath: readonly string[],
): ReadonlySet<string> {
  const own = elements.filter(
    ({ name, path }) =>
      name === 'trove-guest-packages' || elementsPath.some((each) => path.startsWith(`${each}/`)),
  );
  return new Set(
    own.flatMap(({ scripts }) =>
      Object.entries(scripts).flatMap(([phase, names]) =>
        names.map((name) => `${phase}.d/${name}`),
      ),
    ),
  );
}

/** Variables of the build whose value holds a secret of this process. */
export const findSecretVariables = (
  environment: Readonly<Record<string, string>>,
  secrets: readonly string[],
): readonly string[] =>
  Object.entries(environment).flatMap(([name, value]) =>
    secrets.some((secret) => value.includes(secret)) ? [name] : [],
  );
