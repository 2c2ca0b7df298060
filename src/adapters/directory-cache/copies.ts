import { constants } from 'node:fs';
import { chmod, copyFile, link, rename, rm } from 'node:fs/promises';

/** The same file under another name: nobody writes into a stored blob, and it stays when the entry goes. */
export async function lend(from: string, to: string): Promise<void> {
  await link(from, to).catch((error: NodeJS.ErrnoException) => {
    // another file system, another owner, or as many names as a file may have
    if (!['EXDEV', 'EPERM', 'EMLINK'].includes(error.code ?? '')) throw error;
    return share(from, to);
  });
}

/** The same bytes under another name: shared where the file system can do it, else copied; all or nothing. */
export async function share(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
}

/** Takes a file over, to be read only from now on: it will have several names. */
export async function takeOver(from: string, to: string): Promise<void> {
  await rename(from, to).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EXDEV') throw error;
    await share(from, to);
    await rm(from);
  });
  await chmod(to, 0o444);
}
