import { splitList } from '../../core/inputs/values.ts';
import { explainElements, explainFiles } from '../../core/matrix/explain-elements.ts';
import { explainInput, listDiffering } from '../../core/matrix/explain-inputs.ts';
import { TroveImageError } from '../../errors.ts';
import type { CatalogueImage } from '../../model/catalogue.ts';
import { inputTable } from '../../model/input-table.ts';
import type { InputSpec } from '../../model/inputs.ts';
import type { Reason } from '../../model/matrix.ts';
import { type Comparison, type Described, describeImage } from './image.ts';

/** Why the content of an image differs from that of the base; empty where it does not. Throws what a build would. */
export async function compareImage(
  comparison: Comparison,
  image: CatalogueImage,
  before: CatalogueImage | undefined,
): Promise<readonly Reason[]> {
  const now = await describeImage(comparison, comparison.disk, image);
  if (before === undefined)
    return [{ kind: 'image', subject: '', change: 'is new in the catalogue' }];
  const old = await describeOld(comparison, before);
  if (old instanceof TroveImageError) {
    const change = `could not be built: ${old.problems[0]?.message ?? ''}`;
    return [
      ...explainInputs(before, image, listDiffering(before, image)),
      { kind: 'image', subject: 'of the base', change },
    ];
  }
  if (old.contentId === now.contentId) return [];
  const ofTree = [
    ...explainFiles(old.held, now.held, (path) => ({ kind: 'file', subject: path })),
    ...explainRevision(old, now),
  ];
  const ofElements = explainElements(old.elements, now.elements);
  const differing = listDiffering(old.texts, now.texts);
  // a difference that is the only one is the reason
  const isClear = differing.length === 1 && ofTree.length + ofElements.length === 0;
  const names = isClear ? differing : await findEffective(comparison, old, now, differing);
  const reasons = [...ofElements, ...explainInputs(old.texts, now.texts, names), ...ofTree];
  return reasons.length > 0 ? reasons : explainVariables(old, now);
}

/** What the base could not have built either differs from everything. */
async function describeOld(
  comparison: Comparison,
  image: CatalogueImage,
): Promise<Described | TroveImageError> {
  try {
    return await describeImage(comparison, comparison.base, image);
  } catch (error) {
    if (error instanceof TroveImageError) return error;
    throw error;
  }
}

/** Those of the inputs that differ whose earlier text would give another content: names and formats of files give none. */
async function findEffective(
  comparison: Comparison,
  old: Described,
  now: Described,
  differing: readonly string[],
): Promise<readonly string[]> {
  const effective: string[] = [];
  for (const name of differing) {
    const { [name]: _now, ...rest } = now.texts.raw;
    const text = old.texts.raw[name];
    const raw = text === undefined ? rest : { ...rest, [name]: text };
    const other = await describeImage(comparison, comparison.disk, { ...now.texts, raw }).catch(
      () => null,
    );
    if (other?.contentId !== now.contentId) effective.push(name);
  }
  return effective;
}

const specs: ReadonlyMap<string, InputSpec> = new Map(inputTable.map((spec) => [spec.name, spec]));

const explainInputs = (
  before: Described['texts'],
  now: Described['texts'],
  names: readonly string[],
): readonly Reason[] =>
  names.flatMap((name) => {
    const spec = specs.get(name);
    return spec === undefined ? [] : explainInput(before, now, spec, splitList);
  });

function explainRevision(old: Described, now: Described): readonly Reason[] {
  if (old.revision === now.revision) return [];
  const show = (commit: string | null): string => commit?.slice(0, 12) ?? 'no commit';
  const change = `is at ${show(now.revision)}, was at ${show(old.revision)}`;
  return [{ kind: 'trove', subject: '', change }];
}

/** Where nothing else tells it, the variables that differ do. */
function explainVariables(old: Described, now: Described): readonly Reason[] {
  const names = [...new Set([...Object.keys(old.environment), ...Object.keys(now.environment)])];
  const differing = names.filter((name) => old.environment[name] !== now.environment[name]);
  if (differing.length === 0)
    return [{ kind: 'image', subject: '', change: 'is made of other elements' }];
  return differing.map((subject) => ({ kind: 'variable', subject, change: 'changed' }));
}
