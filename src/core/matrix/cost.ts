import type { Inputs } from '../../model/inputs.ts';
import type { LayerPrediction } from '../../model/layers.ts';
import type { Prediction } from '../../model/matrix.ts';

/** Partitions, finalise, conversion, checks and record: what no layer spares. By docs/measurements.md. */
const tailSeconds = 35;
const reusedSeconds = 5;
/** Package archives, initial RAM disk and the rest of a guest without layers; and what its parts add to it. */
const baseSeconds = 120;
const sourceSeconds = 55;
const containerSeconds = 20;
const elementSeconds = 5;

/** What is known of one build. */
export interface Known {
  readonly inputs: Pick<
    Inputs,
    'guestAgent' | 'datastores' | 'containerImages' | 'elements' | 'cache'
  >;
  /** Empty where nobody asked, or nothing could be told. */
  readonly layers: readonly LayerPrediction[];
  /** Time that the last build of the image took; null where it is not known. */
  readonly lastSeconds: number | null;
}

/** Foretells what a build takes. */
export function foretell({ inputs, layers, lastSeconds }: Known): Prediction {
  const reads = inputs.cache.startsWith('read');
  const hit = (layer: LayerPrediction): boolean => reads && layer.result === 'hit';
  const counts = { hits: layers.filter(hit).length, layers: layers.length };
  if (layers.length === 1 && layers[0]?.position === 'image' && counts.hits === 1)
    return { seconds: reusedSeconds, basis: 'layers', ...counts };
  // without a trail no layer has a cost, and all are missed
  if (layers.some(({ costMs }) => costMs > 0)) {
    const missedMs = layers.reduce((sum, each) => sum + (hit(each) ? 0 : each.costMs), 0);
    return { seconds: Math.round(missedMs / 1000) + tailSeconds, basis: 'layers', ...counts };
  }
  if (lastSeconds !== null) return { seconds: lastSeconds, basis: 'last build', ...counts };
  return { seconds: estimateSeconds(inputs), basis: 'estimate', ...counts };
}

function estimateSeconds({
  guestAgent,
  datastores,
  containerImages,
  elements,
}: Known['inputs']): number {
  return (
    baseSeconds +
    (guestAgent === 'source' ? sourceSeconds : 0) +
    (datastores.length + containerImages.length) * containerSeconds +
    elements.length * elementSeconds
  );
}

/** The longest build first, so that it does not run alone at the end; equal ones by name. */
export const byCost = <T extends { readonly image: string; readonly predicted: Prediction }>(
  a: T,
  b: T,
): number => b.predicted.seconds - a.predicted.seconds || (a.image < b.image ? -1 : 1);
