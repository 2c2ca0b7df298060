import {
  type MatrixJob,
  type MatrixPlan,
  type PlanRequest,
  type Reason,
  reasonNouns,
} from '../../model/matrix.ts';

/** What a workflow keeps between jobs is bounded: 256 rows of this size are a quarter of it. */
const mostReasons = 5;
const longest = 140;

/** The rows of `strategy.matrix`: `{ include: [...] }`, also when there is nothing to build. */
export function toMatrix(
  { images }: MatrixPlan,
  runners: PlanRequest['runners'],
): { readonly include: readonly MatrixJob[] } {
  const include = images.map(({ image, architecture, reasons, predicted }) => ({
    image,
    runner: runners[architecture],
    reasons: cutReasons(reasons),
    predicted,
  }));
  return { include };
}

/** The first reasons as sentences, and how many there are more. */
export function cutReasons(reasons: readonly Reason[]): readonly string[] {
  const shown = reasons.slice(0, mostReasons).map(renderReason);
  const more = reasons.length - shown.length;
  return more > 0 ? [...shown, `and ${more} more`] : shown;
}

/** A reason as a sentence on one line, without what a terminal or a page would act on, cut. */
export function renderReason({ kind, subject, change }: Reason): string {
  const text = [reasonNouns[kind], subject, change].filter((part) => part !== '').join(' ');
  const plain = text.replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (each) => `\\u{${each.codePointAt(0)?.toString(16)}}`,
  );
  return plain.length > longest ? `${plain.slice(0, longest - 1)}…` : plain;
}

/** The answers that conditions of a workflow ask for. */
export const summarisePlan = ({ images, published }: MatrixPlan) => ({
  'has-work': images.length > 0,
  any: images.length + published.length > 0,
  count: images.length,
});

/** Texts of the outputs of the action. */
export function toOutputs(
  plan: MatrixPlan,
  runners: PlanRequest['runners'],
): Readonly<Record<string, string>> {
  const answers = Object.entries(summarisePlan(plan)).map(([name, value]) => [name, String(value)]);
  return {
    matrix: JSON.stringify(toMatrix(plan, runners)),
    ...Object.fromEntries(answers),
    images: JSON.stringify(plan.images.map(({ image }) => image)),
    base: plan.base ?? '',
  };
}
