import { readPublication } from '../../../src/core/inputs/publication.ts';
import { createReader } from '../../../src/core/inputs/reader.ts';
import { type Problem, TroveImageError } from '../../../src/errors.ts';
import type { Publication } from '../../../src/model/publication.ts';
import { type PublishInputName, publishActionInputs } from '../../../src/model/publish-inputs.ts';
import { caller, problemsOf } from './inputs.ts';

export type RawPublication = Readonly<Partial<Record<PublishInputName, string>>>;

/** How an image is published, from inputs as a workflow gives them; throws their mistakes. */
export function publicationOf(raw: RawPublication = {}): Publication {
  const reader = createReader<PublishInputName>(publishActionInputs, raw);
  const publication = readPublication(reader, caller.cwd);
  if (reader.mistakes.length > 0) throw new TroveImageError('input', reader.mistakes);
  return publication;
}

/** The mistakes in them; none when they are accepted. */
export const publicationMistakes = (raw: RawPublication): readonly Problem[] =>
  problemsOf(() => publicationOf(raw));
