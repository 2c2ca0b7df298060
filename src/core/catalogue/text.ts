import type { CatalogueImage } from '../../model/catalogue.ts';

type AlignRows = (rows: readonly (readonly string[])[]) => readonly string[];
const widest = 40;

/** The table of `trove-image images`: names, entries, and the inputs in which the images differ. */
export function renderImageList(images: readonly CatalogueImage[], alignRows: AlignRows): string {
  const names = [...new Set(images.flatMap(({ raw }) => Object.keys(raw)))];
  const differing = names.filter(
    (name) => images.length === 1 || images.some(({ raw }) => raw[name] !== images[0]?.raw[name]),
  );
  const rows = images.map(({ id, from, raw }) => [
    id,
    from,
    ...differing.map((name) => showText(raw[name] ?? '')),
  ]);
  return [...alignRows([['image', 'entry', ...differing], ...rows])].join('\n');
}

/** On one line, without what a terminal would act on, cut. */
function showText(text: string): string {
  const line = text.trim().replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ');
  if (line === '') return '-';
  return line.length > widest ? `${line.slice(0, widest - 1)}…` : line;
}
