import { isAbsolute, join, normalize } from 'node:path/posix';
import type { InputName } from '../../model/input-table.ts';
import type { InputReader } from './reader.ts';
import { isSafePath } from './values.ts';

/** A path from the caller's directory, refused where it could not stand in mount tables and colon-separated lists. */
export function readPath(reader: InputReader, name: InputName, path: string, cwd: string): string {
  const full = absolute(path, cwd);
  if (!isSafePath(full)) reader.refuse(name, path);
  return full;
}

/** The same for an input that may be empty. */
export function readOptionalPath(reader: InputReader, name: InputName, cwd: string): string {
  const path = reader.text(name);
  return path === '' ? '' : readPath(reader, name, path, cwd);
}

export const absolute = (path: string, cwd: string): string =>
  normalize(isAbsolute(path) ? path : join(cwd, path)).replace(/(.)\/$/, '$1');
