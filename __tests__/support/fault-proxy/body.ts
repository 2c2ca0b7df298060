import type { ClientRequest, IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Effects } from './faults.ts';

/**
 * Sends the body of a request on to the server, as the effects say; `onBytes` hears how much of it has come. Resolves
 * with whether the server got all of it. Holds one chunk at a time.
 */
export async function passBody(
  request: IncomingMessage,
  server: ClientRequest,
  { ending, changes }: Effects,
  onBytes: (bytes: number) => void,
): Promise<boolean> {
  const sizeBytes = Number(request.headers['content-length'] ?? 0);
  const at = ending?.at ?? 100;
  const endBytes = at === 100 ? Number.POSITIVE_INFINITY : Math.ceil((sizeBytes * at) / 100);
  const flips = changes.flatMap((change) =>
    change.kind === 'flip' ? [(change.atByte + sizeBytes) % sizeBytes] : [],
  );
  const rate = changes.find((change) => change.kind === 'slow')?.bytesPerSecond ?? null;
  const startedAt = performance.now();
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    const part = flipBits(chunk.subarray(0, endBytes - bytes), flips, bytes);
    bytes += part.length;
    onBytes(bytes);
    await write(server, part);
    if (bytes >= endBytes) return false;
    const aheadMs = rate === null ? 0 : (bytes / rate) * 1000 - (performance.now() - startedAt);
    if (aheadMs > 0) await sleep(aheadMs);
  }
  if (bytes >= endBytes) return false;
  server.end();
  return true;
}

function flipBits(chunk: Buffer, places: readonly number[], start: number): Buffer {
  const here = places.map((place) => place - start).filter((at) => at >= 0 && at < chunk.length);
  if (here.length === 0) return chunk;
  const copy = Buffer.from(chunk);
  for (const at of here) copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

const write = (server: ClientRequest, part: Buffer): Promise<void> =>
  new Promise((resolve, reject) => {
    server.write(part, (error) => (error ? reject(error) : resolve()));
  });
