import { readCatalogue } from '../../../src/core/catalogue/read.ts';
import { findNearest } from '../../../src/core/inputs/nearest.ts';
import type { Catalogue } from '../../../src/model/catalogue.ts';
import { inputTable } from '../../../src/model/input-table.ts';
import { problemsOf } from './inputs.ts';

/** A catalogue out of its text. */
export const catalogueOf = (text: string): Catalogue =>
  readCatalogue(text, 'c.yml', inputTable, findNearest);

/** What is below `images`, as a whole catalogue. */
export const withImages = (text: string): string =>
  `version: 1\nimages:\n${text.replace(/^(?=.)/gm, '  ')}`;

/** The messages of a catalogue that is refused, without what is the same in all of them. */
export const refusalsOf = (text: string): readonly string[] =>
  problemsOf(() => catalogueOf(text)).map(({ message }) =>
    message.replace(/^catalogue: c\.yml:? ?/, ''),
  );
