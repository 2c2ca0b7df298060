import { basename, dirname, extname } from 'node:path/posix';
import type { Positional } from './arguments.ts';

type Variables = Readonly<Record<string, string>>;

/** Where the image goes: the path's extension is the format, or GUEST_IMAGETYPE's where it has none. */
export function chooseOutput(
  positional: Positional,
  variables: Variables,
  home: string,
): Readonly<Record<string, string>> {
  const { generation, datastore, os, release, output } = positional;
  const type = variables.GUEST_IMAGETYPE ?? '';
  if (output === null) {
    // trovestack of that time put the datastore last
    const old = `trove-${os ?? 'ubuntu'}-${release ?? 'xenial'}-${datastore}`;
    return {
      'output-dir': `${home}/images`,
      'image-name': generation === 'train' ? old : '',
      formats: type,
    };
  }
  if (extname(output) !== '' || generation === 'today') return { output };
  return { 'output-dir': dirname(output), 'image-name': basename(output), formats: type };
}
