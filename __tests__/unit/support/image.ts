import { checkHygiene } from '../../../src/core/checks/hygiene.ts';
import type { Expectations } from '../../../src/core/checks/rule.ts';
import type { FileContent, FileEntry, ImageFacts } from '../../../src/model/image.ts';
import { readJson } from './recordings.ts';

/** What was read of a real image (Debian bookworm), reduced to the directories that the rules look at. */
export const cleanImage = readJson<ImageFacts>('debian-bookworm-image.json');

/** One entry of the file list; a plain file of root's unless told otherwise. */
export const fileEntry = (
  path: string,
  { type = 'f', mode = '0644', sizeBytes = 400, target = null as string | null } = {},
): FileEntry => [path, type, mode, 0, 0, sizeBytes, target];

/** The clean image with files added or, of the same path, replaced. */
export function withFiles(...entries: readonly FileEntry[]): ImageFacts {
  const paths = new Set(entries.map(([path]) => path));
  return {
    ...cleanImage,
    files: [...cleanImage.files.filter(([path]) => !paths.has(path)), ...entries],
  };
}

/** The clean image without the files of which the path matches. */
export const withoutFiles = (pattern: RegExp): ImageFacts => ({
  ...cleanImage,
  files: cleanImage.files.filter(([path]) => !pattern.test(path)),
});

/** The clean image with another content of one file; contents are sorted, as they are read. */
export function withContent(path: string, content: string | FileContent): ImageFacts {
  const changed = typeof content === 'string' ? { text: content } : content;
  const contents = Object.entries({ ...cleanImage.contents, [path]: changed });
  return {
    ...cleanImage,
    contents: Object.fromEntries(contents.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** The text of a file of the clean image. */
export function textOf(path: string): string {
  const content = cleanImage.contents[path];
  if (content === undefined || !('text' in content)) throw new Error(`${path} was not recorded`);
  return content.text;
}

/** What the recorded image is meant to be. */
export const expected: Expectations = {
  agent: 'package',
  username: 'debian',
  isDevelopment: false,
  holdsSecrets: [],
};

/** The rules that an image violates, each with what it found. */
export const violationsOf = (facts: ImageFacts, wanted = expected) =>
  Object.fromEntries(
    checkHygiene(facts, wanted)
      .filter(({ violations }) => violations.length > 0)
      .map(({ rule, violations }) => [rule, violations]),
  );
