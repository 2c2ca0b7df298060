import type { InstallPlan } from '../../model/install.ts';
import type { Plan } from '../../model/plan.ts';

/** What the dry run shows beside the plan itself. */
export interface PlanContext {
  readonly install: InstallPlan;
  readonly diskimageBuilder: string | null;
  readonly scripts: readonly { phase: string; script: string; element: string }[] | null;
}

/** The plan for people: one aligned line per fact. */
export function renderPlan(plan: Plan, context: PlanContext): string {
  const rows: [string, string][] = [
    [
      'image',
      `${plan.imageName}, ${plan.imageSizeGib} GiB, ${plan.files.map((file) => file.format).join(' ')}`,
    ],
    ['guest', describeGuest(plan)],
    ['output', `${plan.outputDir}/{${plan.files.map((file) => file.fileName).join(',')}}`],
    ['elements', plan.elements.join(' ')],
    ['elements path', plan.elementsPath.join(':')],
    ...describeContent(plan),
    ['sources', `${plan.sources.mirror || 'not known yet'} (from ${plan.sources.origin})`],
    ...plan.sources.archives.map(
      ({ url, suite }) =>
        ['', `${url} ${suite} ${plan.sources.components.join(' ')}`] as [string, string],
    ),
    ['keyring', describeKeyring(plan)],
    ...(plan.bootstrap.script === null
      ? []
      : ([['debootstrap script', plan.bootstrap.script]] as [string, string][])),
    ['builder', describeBuilder(context)],
    ['install', context.install.aptPackages.join(' ') || 'nothing'],
    ['work directory', describeWork(plan)],
    [
      'needs',
      `${gigabytes(plan.needs.workBytes)} to work in, ${gigabytes(plan.needs.outputBytes)} for the output, ${gigabytes(plan.needs.memoryBytes)} of memory`,
    ],
    ['checks', plan.verify ? 'qemu-img check and hygiene rules' : 'off'],
    ...Object.entries(plan.environment).map(([name, value], index): [string, string] => [
      index === 0 ? 'environment' : '',
      `${name}=${value.replaceAll('\n', '\\n')}`,
    ]),
    ['command', ['disk-image-create', ...plan.arguments].join(' ')],
    ...renderScripts(context),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}

function describeGuest(plan: Plan): string {
  const { os, version, release, architecture, username, agent, troveVersion } = plan.guest;
  const trove = troveVersion === null ? '' : ` of Trove ${troveVersion}`;
  const development = plan.guest.isDevelopment ? ', for development' : '';
  return `${os} ${version} (${release}) ${architecture}, guest agent${trove} from ${agent}, user ${username}${development}`;
}

/** What goes into the image beside its elements. */
function describeContent(plan: Plan): [string, string][] {
  const images = plan.containerImages.map(
    ({ target, source, manifestDigest }) =>
      `${target} ${manifestDigest}${source === target ? '' : ` from ${source}`}`,
  );
  const rows: [string, string][] = [
    ['packages', plan.packages.join(' ')],
    ...images.map((image, index): [string, string] => [index === 0 ? 'containers' : '', image]),
    ['secrets', plan.holdsSecrets.map((name) => `that of ${name}`).join(', ')],
  ];
  return [...describeTrove(plan), ...rows.filter(([, value]) => value !== '')];
}

function describeTrove({ trove }: Plan): [string, string][] {
  if (trove === null) return [];
  const commit =
    trove.code === null ? 'code as its elements name it' : `commit ${trove.code.commit}`;
  return [
    [
      'trove',
      `${trove.origin} ${trove.ref}, ${commit}${trove.isDirty ? ', with changes that are not committed' : ''}`,
    ],
    ['upper constraints', trove.constraints],
  ];
}

function describeKeyring(plan: Plan): string {
  const { keyring } = plan.bootstrap;
  return keyring.kind === 'host'
    ? keyring.path
    : `of ${keyring.distribution}, from its archive, known by digest`;
}

function describeBuilder({ install, diskimageBuilder }: PlanContext): string {
  switch (install.builder) {
    case 'present':
      return `disk-image-create ${diskimageBuilder ?? ''}`.trim();
    case 'pip':
      return 'diskimage-builder, pinned, in a private virtual environment';
    case 'apt':
      return "the distribution's diskimage-builder";
  }
}

function describeWork(plan: Plan): string {
  const { workDir, tmpfsBytes, deviceMapper } = plan.host;
  const where = tmpfsBytes === null ? 'on disk' : `on a tmpfs of ${gigabytes(tmpfsBytes)}`;
  return `${workDir}, ${where}${deviceMapper ? '' : ', partitions without device-mapper'}`;
}

function renderScripts({ scripts }: PlanContext): [string, string][] {
  return (scripts ?? []).map(({ phase, script, element }, index) => [
    index === 0 ? 'scripts' : '',
    `${phase.padEnd(12)} ${script} (${element})`,
  ]);
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
