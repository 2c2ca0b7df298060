import { createHash, getHashes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { DigestFile } from '../ports/api.ts';

/** Reads a file once for all its digests. */
export const digestFile: DigestFile = async (path, algorithms) => {
  const hashes = algorithms
    .filter((name) => getHashes().includes(name))
    .map((name) => ({ name, hash: createHash(name) }));
  let sizeBytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    sizeBytes += (chunk as Buffer).length;
    for (const { hash } of hashes) hash.update(chunk as Buffer);
  }
  const digests = Object.fromEntries(hashes.map(({ name, hash }) => [name, hash.digest('hex')]));
  return { sizeBytes, digests };
};
