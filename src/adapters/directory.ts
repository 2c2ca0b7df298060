import { access, constants, readFile, realpath, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DirectoryFacts } from '../model/host.ts';

/** What can be done in a directory; of one that does not exist, what its nearest parent says. */
export async function readDirectory(path: string): Promise<DirectoryFacts> {
  const { nearest, exists, trouble } = await findNearest(path);
  if (trouble !== '')
    return { path, exists, writable: false, freeBytes: 0, device: 0, mountOptions: [], trouble };
  const refusal = await access(nearest, constants.W_OK | constants.X_OK).then(
    () => '',
    (error: Error) => error.message,
  );
  const space = await statfs(nearest);
  return {
    path,
    exists,
    writable: refusal === '',
    freeBytes: space.bavail * space.bsize,
    device: (await stat(nearest)).dev,
    mountOptions: await readMountOptions(await realpath(nearest)),
    trouble: refusal,
  };
}

async function findNearest(
  path: string,
): Promise<{ nearest: string; exists: boolean; trouble: string }> {
  for (let nearest = path; ; nearest = dirname(nearest)) {
    try {
      const isDirectory = (await stat(nearest)).isDirectory();
      const trouble = isDirectory ? '' : `${nearest} is not a directory`;
      return { nearest, exists: nearest === path, trouble };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || nearest === '/') {
        return { nearest, exists: false, trouble: (error as Error).message };
      }
    }
  }
}

/** The kernel writes a space in a path as \\040. */
const undoEscapes = (path: string): string =>
  path.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );

/** Options (field 6 of mountinfo) of the mount that holds a path: the one with the longest mount point. */
async function readMountOptions(path: string): Promise<readonly string[]> {
  const mountinfo = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  let best = { length: 0, options: '' };
  for (const line of mountinfo.split('\n')) {
    const [, , , , escaped = '', options = ''] = line.split(' ');
    const mountPoint = undoEscapes(escaped);
    const holds = mountPoint === '/' || path === mountPoint || path.startsWith(`${mountPoint}/`);
    if (mountPoint !== '' && holds && mountPoint.length >= best.length)
      best = { length: mountPoint.length, options };
  }
  return best.options.split(',');
}
