import type { LayerReport } from '../../model/layers.ts';
import { describeAge } from './explain.ts';

/** One line per layer: what became of it, why, and what that spared or cost. */
export function renderLayers(reports: readonly LayerReport[]): readonly string[] {
  return reports.map((report) => {
    const { position, result, sizeBytes, ageMs, costMs, reason, saved } = report;
    if (result === 'hit')
      return `hit   ${position}: ${megabytes(sizeBytes)}, ${describeAge(ageMs)} old, spared ${describeAge(costMs)}`;
    const kept = saved ? `saved, ${megabytes(sizeBytes)}` : 'not saved';
    const took = costMs > 0 ? `, took ${describeAge(costMs)}` : '';
    return `miss  ${position}: ${reason}${took}; ${kept}`;
  });
}

/** Build time that the layers spared, in milliseconds. */
export const sumSpared = (reports: readonly LayerReport[]): number =>
  reports.reduce((sum, { result, costMs }) => (result === 'hit' ? sum + costMs : sum), 0);

const megabytes = (bytes: number): string =>
  bytes < 100_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
