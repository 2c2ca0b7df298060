import type { MatrixPlan, PlannedImage, Prediction } from '../../model/matrix.ts';
import { cutReasons, renderReason } from './jobs.ts';

type AlignRows = (rows: readonly (readonly string[])[]) => readonly string[];

/** The table of `trove-image plan`: a line for each reason. */
export function renderMatrix(plan: MatrixPlan, alignRows: AlignRows): string {
  const rows = plan.images.flatMap(({ image, predicted, reasons }) =>
    reasons.map((reason, index) => [
      index === 0 ? image : '',
      index === 0 ? renderPrediction(predicted) : '',
      renderReason(reason),
    ]),
  );
  const table =
    rows.length === 0 ? [] : [...alignRows([['image', 'takes', 'because'], ...rows]), ''];
  return [...table, ...summarise(plan)].join('\n');
}

/** The step summary: what is built and why; `code` writes a text as code in Markdown. */
export function renderMatrixSummary(plan: MatrixPlan, code: (text: string) => string): string {
  const row = ({ image, predicted, reasons }: PlannedImage): string =>
    `| ${code(image)} | ${renderPrediction(predicted)} | ${cutReasons(reasons).map(code).join('<br>')} |`;
  const table = ['| image | takes | because |', '|---|---|---|', ...plan.images.map(row), ''];
  return [
    '## Trove guest images: plan',
    '',
    ...(plan.images.length === 0 ? [] : table),
    ...summarise(plan, code),
    '',
  ].join('\n');
}

/** What became of all images of the catalogue, in sentences. */
function summarise(plan: MatrixPlan, code = (text: string): string => text): readonly string[] {
  const { images, unchanged, published, removed, base } = plan;
  const total = images.length + unchanged.length + published.length;
  const seconds = images.reduce((sum, { predicted }) => sum + predicted.seconds, 0);
  const name = (list: readonly string[]): string => list.map(code).join(' ');
  const facts = [
    `${images.length} of ${total} images to build${images.length > 0 ? `, ${renderTime(seconds)} of machines` : ''}`,
    ...(unchanged.length > 0 ? [`${unchanged.length} unchanged`] : []),
    ...(published.length > 0
      ? [`${published.length} published already: ${name(published.map(({ image }) => image))}`]
      : []),
    ...(removed.length > 0
      ? [`${removed.length} no longer in the catalogue: ${name(removed)}`]
      : []),
  ];
  return [
    `${facts.join('; ')}.`,
    ...(base === null ? [] : [`Compared with ${code(base.slice(0, 12))}.`]),
  ];
}

/** `about 2 min (estimate)`, `41 s (3 of 4 layers)`. */
function renderPrediction({ seconds, basis, hits, layers }: Prediction): string {
  return `${renderTime(seconds)} (${basis === 'layers' ? `${hits} of ${layers} layers` : basis})`;
}

function renderTime(seconds: number): string {
  if (seconds < 90) return `${seconds} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
