import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { finished, pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Answer,
  answerBlobError,
  answerJson,
  answerStatus,
  answerTwirpError,
  TwirpError,
} from './answer.ts';
import type { Method, TwirpRequest } from './artifact-service.ts';
import { nameBlobOperation, serveBlob } from './blob-routes.ts';
import type { BlobStore } from './blob-store.ts';
import { BodyAborted, createDamage, type FaultEffect, type FaultPlan } from './faults.ts';
import { readRuntimeToken } from './runtime-token.ts';
import { refuseBlobQuery } from './signed-url.ts';

/** One request as it arrived; `status` stays undefined when no answer was sent. */
export interface RequestRecord {
  operation: string;
  method: string;
  path: string;
  /** The body of a Twirp call. */
  message?: TwirpRequest;
  status?: number;
  fault?: FaultEffect['kind'];
}

export interface Routes {
  blobs: BlobStore;
  key: Buffer;
  methods: Record<string, Record<string, Method>>;
  faults: FaultPlan;
  requests: RequestRecord[];
}

/** Where a request goes, read off its address. */
type Target =
  | { kind: 'twirp'; service: string; operation: string }
  | { kind: 'blob'; blobKey: string; query: URLSearchParams; operation: string }
  | { kind: 'unknown'; operation: string };

/** Serves one request from its address to the last byte of its answer, with the fault planned for it. */
export async function serveRequest(
  routes: Routes,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const method = request.method ?? 'GET';
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const target = readTarget(method, url);
  const record: RequestRecord = { operation: target.operation, method, path: url.pathname };
  routes.requests.push(record);
  const fault = routes.faults.take(target.operation);
  if (fault) record.fault = fault.kind;
  try {
    if (fault?.kind === 'hang') return;
    if (fault?.kind === 'drop') throw new BodyAborted('dropped by a planned fault');
    if (fault?.kind === 'delay') await sleep(fault.delayMs);
    const answer = await makeAnswer(routes, request, target, record, fault);
    if (fault?.kind === 'lose-answer') throw new BodyAborted('answer lost by a planned fault');
    record.status = answer.status;
    await send(response, answer, isUpload(method, target) ? undefined : fault);
  } catch {
    // A cut connection, planned or caused by the client: there is nobody left to answer.
    request.socket.destroy();
  }
}

function readTarget(method: string, url: URL): Target {
  const [, root, ...rest] = url.pathname.split('/').map(decodeURIComponent);
  const [service = '', name = ''] = rest;
  if (root === 'twirp' && method === 'POST' && rest.length === 2) {
    return { kind: 'twirp', service, operation: name };
  }
  if (root !== 'blob') return { kind: 'unknown', operation: 'unknown' };
  const operation = nameBlobOperation(method, url.searchParams);
  return { kind: 'blob', blobKey: rest.join('/'), query: url.searchParams, operation };
}

function isUpload(method: string, target: Target): boolean {
  return target.kind === 'blob' && method === 'PUT';
}

async function makeAnswer(
  routes: Routes,
  request: IncomingMessage,
  target: Target,
  record: RequestRecord,
  fault: FaultEffect | undefined,
): Promise<Answer> {
  if (fault?.kind === 'status') {
    await discard(request);
    const message = fault.message ?? 'planned fault';
    return answerStatus(fault.status, message, target.kind === 'twirp');
  }
  if (target.kind === 'unknown') {
    await discard(request);
    return answerJson(404, { code: 'bad_route', msg: `nothing is served at ${record.path}` });
  }
  if (target.kind === 'twirp') return await callMethod(routes, request, target, record);
  const { blobKey, query, operation } = target;
  const permission = record.method === 'PUT' ? 'write' : 'read';
  const refusal = refuseBlobQuery(routes.key, blobKey, query, permission);
  if (refusal) {
    await discard(request);
    return answerBlobError(403, refusal);
  }
  const damage = createDamage(isUpload(record.method, target) ? fault : undefined);
  // An aborted body reaches the store as an error of this stream; it must not go unheard before.
  damage.on('error', () => {});
  request.on('error', (error) => damage.destroy(error));
  const body = request.pipe(damage);
  const { headers } = request;
  return await serveBlob(routes.blobs, { operation, key: blobKey, query, headers, body });
}

async function callMethod(
  routes: Routes,
  request: IncomingMessage,
  target: { service: string; operation: string },
  record: RequestRecord,
): Promise<Answer> {
  try {
    const body = await text(request);
    const claims = readRuntimeToken(routes.key, request.headers.authorization);
    if (!claims)
      throw new TwirpError('unauthenticated', 'the runtime token is missing or not valid');
    const method = routes.methods[target.service]?.[target.operation];
    if (!method) throw new TwirpError('bad_route', `no method is served at ${record.path}`);
    record.message = JSON.parse(body) as TwirpRequest;
    return answerJson(200, await method(record.message, claims));
  } catch (error) {
    if (error instanceof TwirpError) return answerTwirpError(error);
    return answerTwirpError(new TwirpError('internal', String(error)));
  }
}

async function discard(request: IncomingMessage): Promise<void> {
  request.resume();
  await finished(request);
}

async function send(
  response: ServerResponse,
  answer: Answer,
  fault: FaultEffect | undefined,
): Promise<void> {
  response.writeHead(answer.status, answer.headers);
  // a body that comes slowly is announced at once
  response.flushHeaders();
  const body = answer.body instanceof Buffer ? Readable.from([answer.body]) : answer.body;
  await pipeline(body, createDamage(fault), response);
}
