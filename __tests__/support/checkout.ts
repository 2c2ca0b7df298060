import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const projectDirectory = join(import.meta.dirname, '..', '..');

/** Copies what git would commit now into a new folder: a fresh clone, with nothing installed in it. */
export function makeCheckout(directory: string): void {
  const listing = execFileSync(
    'git',
    ['-C', projectDirectory, 'ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  for (const file of listing.split('\0').filter((name) => name !== '')) {
    const target = join(directory, file);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(projectDirectory, file), target);
  }
}
