import { type PublishedManifest, readPublished } from '../core/matrix/published.ts';
import { type Problem, TroveImageError } from '../errors.ts';
import type { Files } from '../ports/files.ts';

/** Reads the manifests of published images: files, or directories that hold some at most one level down. */
export async function readManifests(
  files: Files,
  paths: readonly string[],
): Promise<readonly PublishedManifest[]> {
  const manifests: PublishedManifest[] = [];
  const problems: Problem[] = [];
  for (const path of paths) {
    const found = await listManifests(files, path);
    if (found.length === 0) problems.push(refuse(path, 'holds no manifest.json'));
    for (const each of found) {
      const manifest = readPublished(await files.read(each).catch(() => ''));
      if (manifest === null) problems.push(refuse(each, 'is no manifest of a build'));
      else manifests.push(manifest);
    }
  }
  if (problems.length > 0) throw new TroveImageError('input', problems);
  return manifests;
}

async function listManifests(files: Files, path: string): Promise<readonly string[]> {
  const names = await files.list(path);
  if (names.length === 0) return path.endsWith('.json') ? [path] : [];
  const below = await Promise.all(
    names.map(async (name) =>
      (await files.list(`${path}/${name}`)).includes('manifest.json')
        ? [`${path}/${name}/manifest.json`]
        : [],
    ),
  );
  return [...(names.includes('manifest.json') ? [`${path}/manifest.json`] : []), ...below.flat()];
}

const refuse = (path: string, what: string): Problem => ({
  code: 'bad-published',
  message: `published: ${path} ${what}.`,
  hint: 'Give build ids of 64 hexadecimal digits, or manifest.json files of builds; leave published out where nothing is published yet.',
});
