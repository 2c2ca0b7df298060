import type { LayerReport } from '../../model/layers.ts';
import type { Manifest } from '../../model/manifest.ts';
import type { PhaseRun } from '../../model/timeline.ts';
import { code, describeSize } from './markdown.ts';
import { describeContainers, describeTrove, renderWarning } from './summary-content.ts';

/** The step summary of a finished build: what an operator wants to know first, first. */
export function renderSummary(
  manifest: Manifest,
  artifactUrl: string,
  layers: readonly LayerReport[] = manifest.layers,
): string {
  const image = manifest.files[0];
  const { guest } = manifest;
  const title = `Trove guest image ${image?.fileName ?? ''}`;
  return [
    `## ${title}`,
    '',
    ...renderWarning(manifest),
    `${capitalise(guest.os)} ${guest.version} (${guest.release}), ${guest.architecture}, guest agent ${guest.agentVersion ?? 'unknown'}, ${describeSize(image?.sizeBytes ?? 0)}, built in ${minutes(manifest.durationSeconds)}.`,
    '',
    renderFacts(manifest, artifactUrl),
    renderLayers(layers, manifest.builtAt),
    renderChart(manifest.phases),
    renderChecks(manifest),
    renderPackages(manifest),
    renderUse(manifest),
  ].join('\n');
}

function renderFacts(manifest: Manifest, artifactUrl: string): string {
  const rows: [string, string][] = [
    ...manifest.files.map((file): [string, string] => [
      code(file.fileName),
      `${describeSize(file.sizeBytes)}, sha256 ${code(file.sha256)}`,
    ]),
    [
      'Artifact',
      artifactUrl === ''
        ? 'not uploaded'
        : `[download](${artifactUrl}); its digest is the sha256 of the image`,
    ],
    ['Build id', code(manifest.buildId)],
    ['Agent user', code(manifest.guest.username)],
    ...describeTrove(manifest),
    ...describeContainers(manifest),
    [
      'Virtual size',
      `${describeSize(manifest.image.virtualSizeBytes)}, ${describeSize(manifest.image.usedBytes)} used, ${manifest.image.fileCount} files`,
    ],
    [
      'Sources',
      manifest.sources
        .map(
          (source) =>
            `${code(`${source.url} ${source.suite}`)} of ${source.date || 'unknown date'}`,
        )
        .join('<br>'),
    ],
    ['Elements', manifest.elements.map((element) => code(element.name)).join(' ')],
    ['diskimage-builder', code(manifest.tools['diskimage-builder'] ?? '')],
  ];
  return ['| | |', '|---|---|', ...rows.map(([name, value]) => `| ${name} | ${value} |`), ''].join(
    '\n',
  );
}

/** What came from earlier builds, and why the rest did not. */
function renderLayers(layers: readonly LayerReport[], builtAt: string): string {
  if (layers.length === 0) return '';
  if (layers[0]?.position === 'image')
    return `### Layers\n\nNothing has changed: this is the image that was built at ${builtAt}; its digest was checked.\n`;
  const hits = layers.filter(({ result }) => result === 'hit');
  const sparedMs = hits.reduce((sum, { costMs }) => sum + costMs, 0);
  const rows = layers.map(({ position, result, sizeBytes, costMs, reason, saved }) => {
    const cells = [code(position), result === 'hit' ? 'hit' : 'built'];
    const time = `${result === 'hit' ? '−' : ''}${minutes(costMs / 1000)}`;
    const why = plain(reason) + (result === 'miss' ? `; ${saved ? 'saved' : 'not saved'}` : '');
    return `| ${[...cells, sizeBytes > 0 ? describeSize(sizeBytes) : '', time, why].join(' | ')} |`;
  });
  return [
    '### Layers',
    '',
    `${hits.length} of ${layers.length} from the cache, which spared ${minutes(sparedMs / 1000)}.`,
    '',
    '| after | | size | time | why |',
    '|---|---|--:|--:|---|',
    ...rows,
    '',
  ].join('\n');
}

/** A Gantt chart in the form that GitHub draws (mermaid); one bar per phase, seconds since the start. */
function renderChart(phases: readonly PhaseRun[]): string {
  const bars = phases.map(({ name, startMs, endMs }) => {
    const seconds = ((endMs - startMs) / 1000).toFixed(0);
    return `  ${name} ${seconds} s : ${Math.round(startMs)}, ${Math.max(Math.round(endMs), Math.round(startMs) + 1)}`;
  });
  return [
    '### Where the time went',
    '',
    '```mermaid',
    'gantt',
    '  dateFormat x',
    '  axisFormat %M:%S',
    ...bars,
    '```',
    '',
    '<details><summary>Scripts that took longer than a second</summary>',
    '',
    '| phase | script | seconds |',
    '|---|---|--:|',
    ...phases.flatMap((phase) =>
      phase.scripts
        .filter((script) => (script.endMs ?? script.startMs) - script.startMs >= 1000)
        .map(
          (script) =>
            `| ${phase.name} | ${code(script.name)} | ${(((script.endMs ?? 0) - script.startMs) / 1000).toFixed(1)} |`,
        ),
    ),
    '',
    '</details>',
    '',
  ].join('\n');
}

function renderChecks(manifest: Manifest): string {
  if (manifest.checks.length === 0)
    return '### Checks\n\nOff (`verify: off`): nothing is known about this image.\n';
  const failed = manifest.checks.filter((check) => check.violations.length > 0);
  const headline =
    failed.length === 0
      ? `All ${manifest.checks.length} rules hold; qemu-img found every file sound and equal to what was built.`
      : `**${failed.length} of ${manifest.checks.length} rules do not hold.**`;
  const rows = manifest.checks.map((check) =>
    check.violations.length === 0
      ? `- ${check.summary}`
      : `- **${check.rule}** ${check.violations.map(({ path, reason }) => `${code(path)} ${reason}`).join('; ')}`,
  );
  return ['### Checks', '', headline, '', ...rows, ''].join('\n');
}

function renderPackages(manifest: Manifest): string {
  const rows = manifest.packages.map(({ name, version }) => `${name} ${version}`);
  return [
    `<details><summary>${rows.length} packages</summary>`,
    '',
    '```',
    ...rows,
    '```',
    '',
    '</details>',
    '',
  ].join('\n');
}

function renderUse(manifest: Manifest): string {
  const file = manifest.files[0];
  if (file === undefined) return '';
  const database = manifest.containerImages.find(({ role }) => role === 'database');
  const [datastore, version] = [database?.datastore ?? 'mysql', database?.version ?? 'VERSION'];
  const usesZstd = file.format === 'qcow2' && manifest.inputs.compression === 'zstd';

  return [
    '### Use it',
    '',
    '```sh',
    'sha256sum --check --ignore-missing SHA256SUMS',
    `openstack image create --file ${file.fileName} --disk-format ${file.format} --container-format bare \\`,
    `  --property hw_rng_model=virtio --tag trove --tag ${datastore} ${file.fileName.replace(/\.[^.]+$/, '')}`,
    `openstack datastore version create ${version} ${datastore} ${datastore} "" --image-tags trove,${datastore} --active --default`,
    '```',
    '',
    ...(usesZstd
      ? ['The qcow2 is compressed with zstd: the hypervisors need QEMU 5.1 or newer.', '']
      : []),
  ].join('\n');
}

/** The step summary of a failed build. */
export function renderFailureSummary(
  headline: string,
  problems: readonly { message: string; hint: string }[],
  lines: readonly string[],
): string {
  return [
    `## ${headline}`,
    '',
    ...problems.map(({ message, hint }) => `- ${plain(message)}\n  **What to do:** ${plain(hint)}`),
    '',
    ...(lines.length > 0
      ? ['```', ...lines.map((line) => line.replaceAll('```', "'''")), '```', '']
      : []),
  ].join('\n');
}

/** Text that may hold anything, with what Markdown or HTML would interpret made harmless. */
const plain = (text: string): string =>
  text
    .replace(/[\\`*_[\]|~]/g, '\\$&')
    .replaceAll('<', '&lt;')
    .replace(/\s+/g, ' ');

const minutes = (seconds: number): string =>
  seconds < 60
    ? `${Math.round(seconds)} s`
    : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
const capitalise = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
