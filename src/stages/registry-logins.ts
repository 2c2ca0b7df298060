import { mergeLogins } from '../core/datastores/logins.ts';
import { failure } from '../errors.ts';
import type { RegistryLogin } from '../model/inputs.ts';
import type { Files } from '../ports/files.ts';

export interface Logins {
  /** Path of the file that is there while it is used; in a private directory. */
  readonly path: string;
  /** Path of a docker config.json; empty: none. */
  readonly authFile: string;
  readonly logins: readonly RegistryLogin[];
}

/** Runs `use` with a file of all logins, also where there are none, and removes it however that ends. */
export async function withRegistryLogins<T>(
  files: Files,
  { path, authFile, logins }: Logins,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const own = authFile === '' ? null : await readOwn(files, authFile);
  const text = mergeLogins(authFile, own, logins);
  try {
    await files.write(path, text, 0o600);
    return await use(path);
  } finally {
    await files.removeFile(path);
  }
}

async function readOwn(files: Files, path: string): Promise<string> {
  try {
    return await files.read(path);
  } catch (error) {
    throw failure(
      'input',
      'bad-auth-file',
      `registry-auth-file: ${path} cannot be read: ${(error as Error).message}.`,
      'Check its name and who may read it, or use registry-login.',
      error,
    );
  }
}
