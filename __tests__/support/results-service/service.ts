import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Artifact, createArtifactMethods, type ServiceParts } from './artifact-service.ts';
import { type BlobStore, openBlobStore } from './blob-store.ts';
import { type CacheEntry, createCacheMethods } from './cache-service.ts';
import { createFaultPlan, type Fault } from './faults.ts';
import { type RequestRecord, serveRequest } from './requests.ts';
import { makeRuntimeToken, type TokenOptions } from './runtime-token.ts';
import { signBlobQuery } from './signed-url.ts';

export interface ServiceOptions {
  /** Where uploads are kept; the caller removes it. */
  directory: string;
  /** A name for this machine in the addresses of blobs; the cache client knows Azure by its name. */
  blobHost?: string;
}

/** What was really stored under an artifact's name, and what its client said about it. */
export interface StoredArtifact {
  sha256: string;
  size: number;
  hash: string | undefined;
  mimeType: string;
}

export interface ResultsService {
  /** The address that a runner would give as `ACTIONS_RESULTS_URL`. */
  url: string;
  /** The variables that point the clients of one job here. */
  env(token?: TokenOptions): Record<string, string>;
  artifacts(): Artifact[];
  readArtifact(name: string): Promise<StoredArtifact>;
  cacheEntries(): CacheEntry[];
  /** Every request so far, in the order of arrival. */
  requests: RequestRecord[];
  /** Replaces all planned faults. */
  setFaults(faults: readonly Fault[]): void;
  /** Closes all connections: nobody waits any longer for what a `hang` fault holds. */
  dropConnections(): void;
  close(): Promise<void>;
}

const PACKAGE = 'github.actions.results.api.v1';

/** Starts a results service on a free port of 127.0.0.1: artifacts, caches and the blobs behind both. */
export async function startResultsService(options: ServiceOptions): Promise<ResultsService> {
  const blobs = await openBlobStore(options.directory);
  const key = randomBytes(32);
  const artifacts: Artifact[] = [];
  const cacheEntries: CacheEntry[] = [];
  const requests: RequestRecord[] = [];
  const faults = createFaultPlan();
  let lastId = 0;
  let url = '';
  let blobUrl = '';
  const parts: ServiceParts = {
    blobs,
    signUrl: (blobKey, sign) => `${blobUrl}blob/${blobKey}?${signBlobQuery(key, blobKey, sign)}`,
    nextId: () => {
      lastId += 1;
      return lastId;
    },
  };
  const methods = {
    [`${PACKAGE}.ArtifactService`]: createArtifactMethods(artifacts, parts),
    [`${PACKAGE}.CacheService`]: createCacheMethods(cacheEntries, parts),
  };
  const server = await listen((request, response) => {
    void serveRequest({ blobs, key, methods, faults, requests }, request, response);
  });
  const { port } = server.address() as AddressInfo;
  url = `http://127.0.0.1:${port}/`;
  blobUrl = `http://${options.blobHost ?? '127.0.0.1'}:${port}/`;

  return {
    url,
    env: (token) => ({
      ACTIONS_RESULTS_URL: url,
      ACTIONS_RUNTIME_URL: url,
      ACTIONS_RUNTIME_TOKEN: makeRuntimeToken(key, token),
      ACTIONS_CACHE_SERVICE_V2: 'True',
    }),
    artifacts: () => structuredClone(artifacts),
    readArtifact: (name) => readStored(blobs, artifacts, name),
    cacheEntries: () => structuredClone(cacheEntries),
    requests,
    setFaults: faults.set,
    dropConnections: () => server.closeAllConnections(),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listen(handle: RequestListener): Promise<Server> {
  const server = createServer(handle);
  // A client that reuses an idle connection must never meet one that is being closed.
  server.keepAliveTimeout = 0;
  // A large upload may take longer than the default five minutes.
  server.requestTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function readStored(
  blobs: BlobStore,
  artifacts: readonly Artifact[],
  name: string,
): Promise<StoredArtifact> {
  const artifact = artifacts.findLast((one) => one.name === name && one.finalized);
  const blob = artifact && blobs.find(artifact.blobKey);
  if (!blob) throw new Error(`no finished artifact is called ${name}; ask artifacts() for all`);
  const sha256 = await blobs.sha256(blob);
  return { sha256, size: blob.sizeBytes, hash: artifact.hash, mimeType: artifact.mimeType };
}
