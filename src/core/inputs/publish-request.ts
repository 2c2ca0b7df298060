import { dirname } from 'node:path/posix';
import { TroveImageError } from '../../errors.ts';
import type { PublishRequest } from '../../model/publication.ts';
import { type PublishInputName, publishActionInputs } from '../../model/publish-inputs.ts';
import { absolute } from './paths.ts';
import { readPublication } from './publication.ts';
import { createReader, findUnknown, type InputReader } from './reader.ts';

/** What the action and the command that publish were asked for; throws one error that lists every mistake. */
export function readPublishRequest(
  raw: Readonly<Record<string, string | undefined>>,
  cwd: string,
  command: 'publish' | 'status' = 'publish',
): PublishRequest {
  const reader = createReader<PublishInputName>(publishActionInputs, raw);
  const publication = readPublication(reader, cwd);
  const dryRun = reader.choice<'true' | 'false'>('dry-run') === 'true';
  const isRollback = reader.choice<'true' | 'false'>('rollback') === 'true';
  const from = reader.text('rollback-from');
  if (from !== '' && !/^[A-Za-z0-9-]{1,64}$/.test(from)) reader.refuse('rollback-from', from);
  if (from !== '' && !isRollback) reader.refuse('rollback-from', from, ' It needs rollback.');
  const kind = command === 'status' ? 'status' : isRollback ? 'rollback' : 'publish';
  const common = { publication, dryRun };
  const request: PublishRequest =
    kind === 'publish'
      ? { ...common, kind, files: readFiles(reader, cwd) }
      : { ...common, kind, from, line: readLine(reader) };
  const mistakes = [...findUnknown(raw, publishActionInputs), ...reader.mistakes];
  if (mistakes.length > 0) throw new TroveImageError('input', mistakes);
  return request;
}

function readFiles(reader: InputReader<PublishInputName>, cwd: string) {
  const path = (name: PublishInputName, text: string): string => {
    if (/\p{Cc}/u.test(text)) reader.refuse(name, text);
    return absolute(text, cwd);
  };
  const image = reader.text('image-path');
  if (image === '') reader.refuse('image-path', '');
  const imagePath = path('image-path', image);
  const beside = (name: 'manifest-path' | 'verdict-path', file: string): string => {
    const given = reader.text(name);
    return given === '' ? absolute(`${dirname(imagePath)}/${file}`, cwd) : path(name, given);
  };
  return {
    imagePath,
    manifestPath: beside('manifest-path', 'manifest.json'),
    verdictPath: beside('verdict-path', 'verify.json'),
  };
}

/** Without a manifest there is nothing that fills the template in. */
function readLine(reader: InputReader<PublishInputName>): string {
  const line = reader.text('glance-name');
  if (line.includes('{'))
    reader.refuse('glance-name', line, ' Without a manifest it is a name that is written out.');
  return line;
}
