import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** A run of bytes on disk; a blob is a list of them, so that no upload is ever copied. */
interface Part {
  path: string;
  sizeBytes: number;
}

export interface Blob {
  parts: readonly Part[];
  sizeBytes: number;
  contentType: string;
  etag: string;
  modifiedAt: Date;
}

export interface BlobStore {
  /** Stores one block that no blob holds yet. */
  putBlock(key: string, blockId: string, body: Readable): Promise<void>;
  /** Makes the blob out of blocks, in this order; false when one of them was never put. */
  commitBlocks(key: string, blockIds: readonly string[], contentType: string): Promise<boolean>;
  putBlob(key: string, body: Readable, contentType: string): Promise<void>;
  find(key: string): Blob | undefined;
  /** The bytes from `start` to `end`, both included, as a stream of chunks. */
  read(blob: Blob, start: number, end: number): AsyncGenerator<Buffer>;
  sha256(blob: Blob): Promise<string>;
  remove(key: string): Promise<void>;
}

const CHUNK_BYTES = 1024 * 1024;

/** Keeps blobs in a directory: blocks go to disk as they arrive, nothing is held in memory. */
export async function openBlobStore(directory: string): Promise<BlobStore> {
  await mkdir(directory, { recursive: true });
  const blobs = new Map<string, Blob>();
  const waitingBlocks = new Map<string, Map<string, Part>>();

  const remove = async (key: string): Promise<void> => {
    const parts = blobs.get(key)?.parts ?? [];
    blobs.delete(key);
    for (const part of parts) await rm(part.path, { force: true });
  };
  const commit = async (key: string, parts: readonly Part[], contentType: string) => {
    await remove(key);
    const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
    const etag = `"0x${randomUUID().replaceAll('-', '').slice(0, 16).toUpperCase()}"`;
    blobs.set(key, { parts, sizeBytes, contentType, etag, modifiedAt: new Date() });
  };

  return {
    async putBlock(key, blockId, body) {
      const part = await receive(directory, body);
      const blocks = waitingBlocks.get(key) ?? new Map<string, Part>();
      waitingBlocks.set(key, blocks);
      const replaced = blocks.get(blockId);
      blocks.set(blockId, part);
      if (replaced) await rm(replaced.path, { force: true });
    },
    async commitBlocks(key, blockIds, contentType) {
      const blocks = waitingBlocks.get(key) ?? new Map<string, Part>();
      const parts = blockIds.map((id) => blocks.get(id)).filter((part) => part !== undefined);
      if (parts.length !== blockIds.length) return false;
      waitingBlocks.delete(key);
      await commit(key, parts, contentType);
      return true;
    },
    async putBlob(key, body, contentType) {
      await commit(key, [await receive(directory, body)], contentType);
    },
    find: (key) => blobs.get(key),
    read: readParts,
    async sha256(blob) {
      const hash = createHash('sha256');
      for await (const chunk of readParts(blob, 0, blob.sizeBytes - 1)) hash.update(chunk);
      return hash.digest('hex');
    },
    remove,
  };
}

async function receive(directory: string, body: Readable): Promise<Part> {
  const path = join(directory, randomUUID());
  const file = createWriteStream(path, { highWaterMark: CHUNK_BYTES });
  try {
    await pipeline(body, file);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
  return { path, sizeBytes: file.bytesWritten };
}

async function* readParts(blob: Blob, start: number, end: number): AsyncGenerator<Buffer> {
  let offset = 0;
  for (const part of blob.parts) {
    const from = Math.max(start - offset, 0);
    const to = Math.min(end - offset, part.sizeBytes - 1);
    offset += part.sizeBytes;
    if (from > to) continue;
    const options = { start: from, end: to, highWaterMark: CHUNK_BYTES };
    for await (const chunk of createReadStream(part.path, options)) yield chunk as Buffer;
  }
}
