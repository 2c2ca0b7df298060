import { failure, type Problem } from '../../errors.ts';
import type { Catalogue, CatalogueImage } from '../../model/catalogue.ts';
import { listDisplaced } from './level.ts';
import { type Nearest, quote, suggest } from './mistakes.ts';

const mostListed = 12;

/** The image of this name; throws and tells the names that there are. */
export function chooseImage(catalogue: Catalogue, name: string, nearest: Nearest): CatalogueImage {
  const { fileName, images, abstract } = catalogue;
  const image = images.find(({ id }) => id === name);
  if (image !== undefined) return image;
  const ofEntry = images.filter(({ from }) => from === name);
  const ids = images.map(({ id }) => id);
  if (ofEntry.length > 0) {
    const fact = `${quote(name)} of ${fileName} is not one image but ${ofEntry.length}.`;
    throw refuse(
      fact,
      ofEntry.map(({ id }) => id),
    );
  }
  if (abstract.includes(name))
    throw refuse(`${quote(name)} of ${fileName} is abstract: only inherited from.`, ids);
  throw refuse(`${fileName} has no ${quote(name)}.${suggest(name, ids, nearest)}`, ids);
}

function refuse(fact: string, ids: readonly string[]) {
  const more = ids.length > mostListed ? `, … (${ids.length}; trove-image images lists them)` : '';
  const hint = `Use ${ids.slice(0, mostListed).join(', ')}${more}.`;
  return failure('input', 'image-not-in-catalogue', `image: ${fact}`, hint);
}

/** Texts for one build: those that the caller gives win, and forget what they take the meaning from; empty ones are not given. */
export function mergeExplicit(
  { raw, origins }: Pick<CatalogueImage, 'raw' | 'origins'>,
  explicit: Readonly<Record<string, string | undefined>>,
): Pick<CatalogueImage, 'raw' | 'origins'> {
  const given = Object.fromEntries(
    Object.entries(explicit).flatMap(([name, text = '']) =>
      text.trim() === '' ? [] : [[name, text]],
    ),
  );
  const replaced = [...Object.keys(given), ...listDisplaced((name) => given[name]?.trim())];
  const keep = (texts: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(texts).filter(([name]) => !replaced.includes(name)));
  return { raw: { ...keep(raw), ...given }, origins: keep(origins) };
}

/** Says where in the catalogue the texts stand that problems (`INPUT: …`) are about. */
export function placeProblems(
  problems: readonly Problem[],
  fileName: string,
  origins: CatalogueImage['origins'],
): readonly Problem[] {
  return problems.map((problem) => {
    const place = origins[/^([a-z-]+): /.exec(problem.message)?.[1] ?? ''];
    if (place === undefined) return problem;
    return { ...problem, message: `catalogue: ${place}: ${problem.message}`, file: fileName };
  });
}

/** Checks the texts of all images; what many images inherit is told once. */
export function checkImages(
  { fileName, images }: Catalogue,
  check: (raw: CatalogueImage['raw']) => readonly Problem[],
): readonly Problem[] {
  const problems = images.flatMap(({ id, raw, origins }) => {
    return placeProblems(check(raw), fileName, origins).map((problem) =>
      problem.message.startsWith('catalogue: ')
        ? problem
        : {
            ...problem,
            message: `catalogue: ${fileName}: ${id}: ${problem.message}`,
            file: fileName,
          },
    );
  });
  return [...new Map(problems.map((problem) => [problem.message, problem])).values()];
}
