import type { TroveSource } from '../../model/inputs.ts';
import { absolute, readOptionalPath } from './paths.ts';
import type { InputReader } from './reader.ts';
import { hideUserinfo } from './sources.ts';
import { isArchiveUrl, isGitReference, isRepository, isSafePath } from './values.ts';

/** Where Trove's elements and the code of the guest agent come from. */
export function readTrove(
  reader: InputReader,
  raw: Readonly<Record<string, string | undefined>>,
  cwd: string,
): TroveSource {
  const path = readOptionalPath(reader, 'trove-path', cwd);
  const repository = reader.text('trove-repository').replace(/\/+$/, '');
  if (!isRepository(repository)) reader.refuse('trove-repository', hideUserinfo(repository));
  const ref = reader.text('trove-ref');
  if (ref !== '' && !isGitReference(ref)) reader.refuse('trove-ref', ref);
  const asked = raw['trove-repository']?.trim() ?? '';
  const isOther = asked !== '' && asked !== reader.defaultOf('trove-repository');
  if (path !== '' && (ref !== '' || isOther)) {
    const other = ref === '' ? 'trove-repository' : 'trove-ref';
    reader.refuse(
      'trove-path',
      reader.text('trove-path'),
      ` It is built as it is: leave ${other} out, or check that out in it.`,
    );
  }
  return { path, repository, ref, constraints: readConstraints(reader, cwd) };
}

function readConstraints(reader: InputReader, cwd: string): string {
  const text = reader.text('upper-constraints').replace(/^file:\/\/(?=\/)/, '');
  if (text === '' || isArchiveUrl(text)) return text;
  const path = absolute(text, cwd);
  if (/^[a-z]+:\/\//.test(text) || !isSafePath(path))
    reader.refuse('upper-constraints', hideUserinfo(text));
  return path;
}
