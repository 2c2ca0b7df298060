import { createHash, randomInt } from 'node:crypto';
import { constants, createReadStream, createWriteStream, openSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { finished, pipeline } from 'node:stream/promises';
import type { Files, LogFile } from '../ports/files.ts';

/** The file system of this machine, as this user. */
export function createFiles(): Files {
  return {
    write: (path, content, mode = 0o644) => writeFile(path, content, { mode, flag: 'wx' }),
    writeBytes: (path, content) => writeFile(path, content),
    read: (path) => readFile(path, 'utf8'),
    list: (path) => readdir(path).catch(() => []),
    makeDirectory: async (path) => void (await mkdir(path, { recursive: true })),
    chooseUniqueName: (prefix) => `${prefix}${chooseSix()}`,
    makePrivateDirectory: (path) => mkdir(path, { mode: 0o700 }),
    rename,
    removeFile: (path) => rm(path, { force: true }),
    removeDirectory,
    sizeOf: async (path) => (await stat(path)).size,
    digest,
    openLog,
  };
}

async function removeDirectory(path: string): Promise<void> {
  try {
    await rmdir(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

const chooseSix = (): string =>
  Array.from({ length: 6 }, () => alphabet[randomInt(alphabet.length)]).join('');

async function digest(path: string): Promise<{ sizeBytes: number; sha256: string }> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return { sizeBytes: (await stat(path)).size, sha256: hash.digest('hex') };
}

/** What goes wrong, a full disk or a missing directory, is told by close(): a log does not end a build. */
function openLog(path: string): LogFile {
  try {
    // nobody's link of this name is followed
    const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
    return writeLines(path, openSync(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o644));
  } catch (error) {
    return { write: () => undefined, close: () => Promise.reject(error) };
  }
}

function writeLines(path: string, fd: number): LogFile {
  const stream = createWriteStream(path, { fd });
  const trouble = new Promise<never>((_, reject) => stream.once('error', reject));
  trouble.catch(() => undefined);
  return {
    write: (line) => void stream.write(`${line}\n`),
    close: async () => {
      stream.end();
      await Promise.race([finished(stream), trouble]);
    },
  };
}
