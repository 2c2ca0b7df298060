import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { ImageFiles, PathFacts } from '../ports/image-files.ts';

const headBytes = 4096;

/** Looks at files of this machine. */
export function createImageFiles(): ImageFiles {
  return {
    look: (path) =>
      look(path).catch((error: Error) => ({ kind: 'unreadable', reason: error.message }) as const),
  };
}

async function look(path: string): Promise<PathFacts> {
  const facts = await stat(path);
  if (facts.isDirectory()) return { kind: 'directory' };
  if (!facts.isFile()) return { kind: 'other' };
  // it may have become a FIFO meanwhile, and opening one waits
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return { kind: 'file', sizeBytes: facts.size, head: buffer.subarray(0, bytesRead) };
  } finally {
    await file.close();
  }
}
