import { layersOf, type SampleBuild, sampleBuild, sha256 } from './layer-build.ts';
import { hookFile } from './layer-hooks.ts';

/** One change of a build. */
export type Change = (build: SampleBuild) => SampleBuild;

const baseline = layersOf(sampleBuild);

export const edit = (path: string, more = '# edited\n'): Change =>
  mapHook(path, (file) => hookFile(path, `${file.text}${more}`, file.mode));
export const chmod = (path: string, mode: string): Change =>
  mapHook(path, (file) => ({ ...file, mode }));
export const rename = (from: string, to: string): Change =>
  mapHook(from, (file) => ({ ...file, path: to }));
export const add =
  (path: string, text = '#!/bin/sh\ntrue\n', mode = '0755'): Change =>
  (build) => ({
    ...build,
    hooks: [...build.hooks, hookFile(path, text, mode)],
  });
export const remove =
  (path: string): Change =>
  (build) => ({
    ...build,
    hooks: build.hooks.filter((file) => file.path !== path),
  });

function mapHook(
  path: string,
  change: (file: SampleBuild['hooks'][number]) => SampleBuild['hooks'][number],
): Change {
  return (build) => {
    // a row that changes nothing would prove nothing
    if (!build.hooks.some((file) => file.path === path)) throw new Error(`there is no ${path}`);
    return {
      ...build,
      hooks: build.hooks.map((file) => (file.path === path ? change(file) : file)),
    };
  };
}

export const set =
  (name: string, value: string): Change =>
  (build) => ({
    ...build,
    environment: [...build.environment.filter(([each]) => each !== name), [name, value]],
  });
export const unset =
  (name: string): Change =>
  (build) => ({
    ...build,
    environment: build.environment.filter(([each]) => each !== name),
  });
export const install =
  (phase: string, ...names: readonly string[]): Change =>
  (build) => ({
    ...build,
    packageInstalls: { ...build.packageInstalls, [phase]: { install: names } },
  });
export const changeTree =
  (path: string, content: string): Change =>
  (build) => ({
    ...build,
    changes: [...build.changes.filter(([each]) => each !== path), [path, sha256(content)]],
  });
export const commit =
  (path: string): Change =>
  (build) => ({
    ...build,
    sources: { ...build.sources, [path]: sha256(`commit 2 of ${path}`) },
  });
export const moveArchive =
  (suite: string): Change =>
  (build) => ({
    ...build,
    archives: build.archives.map((each) =>
      each.suite === suite ? { ...each, inReleaseSha256: sha256(`${suite} of tuesday`) } : each,
    ),
  });
export const setTool =
  (name: string, value: string): Change =>
  (build) => ({
    ...build,
    tools: { ...build.tools, [name]: value },
  });

/** Positions whose own ingredients are not those of the same position before. */
export const ownChanges = (build: SampleBuild): readonly string[] =>
  layersOf(build)
    .filter(({ position, ingredients }) => {
      const before = baseline.find((layer) => layer.position === position)?.ingredients;
      return JSON.stringify(before) !== JSON.stringify(ingredients);
    })
    .map(({ position }) => position);

/** Positions whose layer of the build before cannot be used any more. */
export function missesOf(build: SampleBuild): readonly string[] {
  const known = new Set(baseline.map(({ key }) => key));
  return layersOf(build)
    .filter(({ key }) => !known.has(key))
    .map(({ position }) => position);
}
