import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOpenstackApi } from '../../src/adapters/openstack-api.ts';
import type { ApiAnswer, Transfer } from '../../src/ports/api.ts';
import { type LocalServer, type SeenRequest, startLocalServer } from './local-server.ts';

export interface UploadFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly content: Buffer;
}

/** A server, files, and uploads of them. */
export interface UploadBench {
  readonly directory: string;
  readonly server: LocalServer;
  /** 3 MB of random bytes. */
  readonly small: UploadFile;
  /** 200 MiB of nothing, which take no room. */
  readonly large: UploadFile;
  makeFile(name: string, content: Buffer, sizeBytes?: number): UploadFile;
  send(file: Omit<UploadFile, 'content'>, how?: SendOptions): Promise<ApiAnswer>;
  /** Cancels the last upload. */
  cancel(): void;
  last(): SeenRequest | undefined;
  close(): Promise<void>;
}

export interface SendOptions {
  readonly watch?: Partial<Transfer>;
  readonly stallMs?: number;
  /** Of another server. */
  readonly url?: string;
}

export async function createUploadBench(): Promise<UploadBench> {
  const directory = mkdtempSync(join(tmpdir(), 'upload-test-'));
  const server = await startLocalServer();
  let controller = new AbortController();
  const makeFile: UploadBench['makeFile'] = (name, content, sizeBytes = content.length) => {
    const path = join(directory, name);
    writeFileSync(path, content);
    truncateSync(path, sizeBytes);
    return { path, sizeBytes, content };
  };
  return {
    ...{ directory, server, makeFile },
    small: makeFile('small', randomBytes(3_000_001)),
    large: makeFile('large', Buffer.alloc(0), 200 << 20),
    send(file, { watch = {}, stallMs = 10_000, url = server.url } = {}) {
      controller = new AbortController();
      const tls = { verify: true, caPath: '', certPath: '', keyPath: '' };
      const api = createOpenstackApi(tls, { stallMs, signal: controller.signal });
      const headers = { 'X-Auth-Token': 't' };
      const unwatched = { onSent: () => undefined, beforeEnd: async () => undefined };
      const request = { method: 'PUT' as const, url: `${url}/file`, headers };
      return api.sendFile(request, file, { ...unwatched, ...watch });
    },
    cancel: () => controller.abort(),
    last: () => server.requests.at(-1),
    async close() {
      controller.abort();
      await server.close();
      rmSync(directory, { recursive: true });
    },
  };
}

/** What came of something, and how long it took in milliseconds. */
export async function timed<T>(
  work: Promise<T>,
): Promise<{ readonly value: T; readonly ms: number }> {
  const startMs = performance.now();
  const value = await work;
  return { value, ms: performance.now() - startMs };
}
