import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type Answer, answerBlobError } from './answer.ts';
import type { Blob, BlobStore } from './blob-store.ts';

export interface BlobRequest {
  operation: string;
  key: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  /** The uploaded bytes, after a fault has damaged them. */
  body: Readable;
}

const STORAGE_VERSION = '2026-02-06';

/** Names what a request asks of the blob store, after the operations of the storage REST interface. */
export function nameBlobOperation(method: string, query: URLSearchParams): string {
  if (method === 'GET') return 'GetBlob';
  if (method === 'HEAD') return 'HeadBlob';
  if (method !== 'PUT') return `${method}Blob`;
  const part = query.get('comp');
  if (part === 'block') return 'PutBlock';
  return part === 'blocklist' ? 'PutBlockList' : 'PutBlob';
}

/** Serves the part of the block blob interface that the artifact and cache clients use. */
export async function serveBlob(store: BlobStore, request: BlobRequest): Promise<Answer> {
  const answer = await dispatch(store, request);
  answer.headers['x-ms-version'] = STORAGE_VERSION;
  return answer;
}

async function dispatch(store: BlobStore, request: BlobRequest): Promise<Answer> {
  const { operation, key, query, headers, body } = request;
  const contentType = String(headers['x-ms-blob-content-type'] ?? 'application/octet-stream');
  switch (operation) {
    case 'PutBlock': {
      const blockId = query.get('blockid');
      if (!blockId) return answerBlobError(400, 'InvalidQueryParameterValue');
      await store.putBlock(key, blockId, body);
      return answerCreated(undefined);
    }
    case 'PutBlockList': {
      const blockIds = readBlockIds(await text(body));
      const isComplete = await store.commitBlocks(key, blockIds, contentType);
      return isComplete ? answerCreated(store.find(key)) : answerBlobError(400, 'InvalidBlockList');
    }
    case 'PutBlob':
      if (headers['x-ms-blob-type'] !== 'BlockBlob')
        return answerBlobError(400, 'InvalidHeaderValue');
      await store.putBlob(key, body, contentType);
      return answerCreated(store.find(key));
    case 'GetBlob':
    case 'HeadBlob': {
      const blob = store.find(key);
      return blob ? answerBytes(store, blob, request) : answerBlobError(404, 'BlobNotFound');
    }
    default:
      return answerBlobError(405, 'UnsupportedHttpVerb');
  }
}

function readBlockIds(xml: string): string[] {
  return [...xml.matchAll(/<(Latest|Uncommitted)>([^<]*)<\/\1>/g)].map((match) => match[2] ?? '');
}

function answerCreated(blob: Blob | undefined): Answer {
  return {
    status: 201,
    headers: { ...describe(blob), 'content-length': '0' },
    body: Buffer.alloc(0),
  };
}

function answerBytes(store: BlobStore, blob: Blob, request: BlobRequest): Answer {
  const { query, headers, operation } = request;
  const disposition = query.get('rscd');
  const common = {
    ...describe(blob),
    'accept-ranges': 'bytes',
    'x-ms-blob-type': 'BlockBlob',
    'content-type': query.get('rsct') ?? blob.contentType,
    ...(disposition ? { 'content-disposition': disposition } : {}),
  };
  const asked = String(headers['x-ms-range'] ?? headers.range ?? '');
  const range = operation === 'GetBlob' ? /^bytes=(\d+)-(\d*)$/.exec(asked) : null;
  const start = Number(range?.[1] ?? 0);
  const last = blob.sizeBytes - 1;
  const end = range?.[2] ? Math.min(Number(range[2]), last) : last;
  if (range && (start > last || end < start)) return answerBlobError(416, 'InvalidRange');
  return {
    status: range ? 206 : 200,
    headers: {
      ...common,
      'content-length': String(end - start + 1),
      ...(range ? { 'content-range': `bytes ${start}-${end}/${blob.sizeBytes}` } : {}),
    },
    body: operation === 'HeadBlob' ? Buffer.alloc(0) : Readable.from(store.read(blob, start, end)),
  };
}

function describe(blob: Blob | undefined): Record<string, string> {
  return blob ? { etag: blob.etag, 'last-modified': blob.modifiedAt.toUTCString() } : {};
}
