import type { HookFile } from '../../model/layers.ts';
import type { Script } from './scripts.ts';

/**
 * A source that extra-data puts into the tree (a git repository of the guest agent, say) before the scripts that it
 * does not concern. It is kept out of the tree until the script that uses it, so that a new commit costs no packages.
 */
export interface DeferredSource {
  /** Path without a leading slash. */
  readonly path: string;
  /** Index of the script that uses it. */
  readonly consumer: number;
}

/** Destinations that the elements' `source-repository-*` files name: `NAME TYPE /DESTINATION LOCATION [REF]`. */
export function listSourcePaths(files: readonly HookFile[]): readonly string[] {
  const lines = files
    .filter(({ path }) => /^source-repository-[^/]*$/.test(path) && !path.endsWith('~'))
    .flatMap(({ text }) => (text ?? '').split('\n'));
  const paths = lines.flatMap((line) => {
    const [name = '', type = '', destination = ''] = line.trim().split(/\s+/);
    const plain = /^\/[A-Za-z0-9._+/-]+$/.test(destination) && !destination.includes('..');
    return plain && !name.startsWith('#') && ['git', 'tar', 'file'].includes(type)
      ? [destination.replace(/^\/+|\/+$/g, '').replace(/\/+/g, '/')]
      : [];
  });
  return [...new Set(paths)].filter(
    (path) => !paths.some((other) => other !== path && path.startsWith(`${other}/`)),
  );
}

/**
 * Which of the sources that are in the tree can come late: those which some script names, and nothing that scripts
 * share. A script whose text is not known may use all of them.
 */
export function planDeferral(
  paths: readonly string[],
  scripts: readonly Script[],
  shared: readonly HookFile[],
): readonly DeferredSource[] {
  return paths.flatMap((path) => {
    if (shared.some(({ text }) => text !== null && mayUse(text, path))) return [];
    const consumer = scripts.findIndex(({ text }) => text === null || mayUse(text, path));
    return consumer > 0 ? [{ path, consumer }] : [];
  });
}

/** Does a script name this path, its last part, or a whole directory that it lies in? */
function mayUse(text: string, path: string): boolean {
  const parts = path.split('/').map((part) => part.replace(/[.+]/g, '\\$&'));
  const above = parts.slice(0, -1).map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
  const ends = '(?![A-Za-z0-9_.+-])';
  const patterns = [
    `(^|[\\s"'=/:(])${parts.at(-1)}${ends}`,
    ...above.map((directory) => `${directory}(?![A-Za-z0-9_.+/-])|${directory}/${ends}`),
  ];
  return text.includes(`/${path}`) || new RegExp(patterns.join('|'), 'm').test(text);
}
