import type { PublishReport } from './report.ts';

/** A report with the place that it is about. */
export interface PlacedReport extends PublishReport {
  readonly cloud: string;
  readonly line: string;
  readonly troveManage: readonly string[];
}

const headlines = {
  published: 'published',
  'already-published': 'published already',
  superseded: 'not published: newer source is promoted',
  'rolled-back': 'rolled back',
  refused: 'refused',
  failed: 'failed',
} as const satisfies Record<PublishReport['outcome'], string>;

/** What became of the image in one cloud, for a terminal. */
export function renderReport(report: PlacedReport, showName: (name: string) => string): string {
  const lines = (title: string, named: PublishReport['kept']): readonly string[] =>
    named.map(({ name, id, why }) => `  ${title} ${showName(name)} (${id}): ${showName(why)}`);
  return [
    `${showName(report.cloud)}: ${headlines[report.outcome]}. ${showName(report.why)}`,
    ...(report.promoted === null ? [] : lines('promoted', [report.promoted])),
    ...lines('replaced', report.replaced),
    ...lines('kept    ', report.kept),
    ...lines('deleted ', report.deleted),
    ...report.versions.map((why) => `  done     ${showName(why)}`),
    ...report.warnings.map((warning) => `  Warning: ${showName(warning)}`),
    ...(report.troveManage.length > 0 ? [troveManageHead, ...indent(report.troveManage)] : []),
    ...(report.rollbackFrom === null ? [] : [`  To go back: ${composeRollback(report)}`]),
  ].join('\n');
}

const troveManageHead =
  '  This login may not register datastore versions (that needs the admin role). On the controller:';
const indent = (lines: readonly string[]): readonly string[] => lines.map((line) => `    ${line}`);

/** The report to judge a publication by: the first that is an error, else the first that has not published. */
export const findWorst = (reports: readonly PlacedReport[]): PlacedReport | undefined =>
  reports.find(({ code }) => code !== null) ??
  reports.find(({ outcome }) => outcome === 'superseded') ??
  reports[0];

/** The one command that puts the predecessor back. */
export const composeRollback = ({ cloud, line, rollbackFrom }: PlacedReport): string =>
  [
    'trove-image publish --rollback',
    ...(/\s/.test(cloud) ? [] : [`--cloud ${cloud}`]),
    `--glance-name ${line}`,
    ...(rollbackFrom === null ? [] : [`--rollback-from ${rollbackFrom}`]),
  ].join(' ');

/** The step summary of a publication, all clouds. */
export function renderPublishSummary(
  reports: readonly PlacedReport[],
  code: (text: string) => string,
): string {
  const title = reports.some((report) => report.code !== null) ? 'not published' : 'published';
  const rows = reports.map((report) => {
    const { promoted } = report;
    const image = promoted === null ? '' : `${code(promoted.name)}<br>${code(promoted.id)}`;
    return `| ${plain(report.cloud)} | ${headlines[report.outcome]} | ${image} |`;
  });
  return [
    `## Trove guest image ${code(reports[0]?.line ?? '')}: ${title}`,
    '',
    '| cloud | outcome | what Trove finds |',
    '|---|---|---|',
    ...rows,
    '',
    ...reports.flatMap((report) => describe(report, code)),
  ].join('\n');
}

function describe(report: PlacedReport, code: (text: string) => string): readonly string[] {
  const list = (title: string, named: PublishReport['kept']): readonly string[] =>
    named.map(({ name, id, why }) => `- ${title} ${code(name)} ${code(id)}: ${plain(why)}`);
  return [
    `### ${plain(report.cloud)}`,
    '',
    `${plain(report.why)}.${report.hint === '' ? '' : ` **What to do:** ${plain(report.hint)}`}`,
    '',
    ...list('Replaced', report.replaced),
    ...list('Kept', report.kept),
    ...list('Deleted', report.deleted),
    ...report.versions.map((why) => `- ${plain(why)}`),
    ...report.warnings.map((warning) => `- **Warning:** ${plain(warning)}`),
    '',
    ...(report.troveManage.length > 0
      ? [`${troveManageHead.trim()}`, '', '```sh', ...report.troveManage, '```', '']
      : []),
    ...(report.rollbackFrom === null
      ? []
      : ['To go back:', '', '```sh', composeRollback(report), '```', '']),
  ];
}

/** Text that may hold anything, with what Markdown or HTML would interpret made harmless. */
const plain = (text: string): string =>
  text
    .replace(/[\\`*_[\]|~]/g, '\\$&')
    .replaceAll('<', '&lt;')
    .replace(/\s+/g, ' ');
