import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { homedir } from 'node:os';
import { Transform } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { getProxyForUrl } from 'proxy-from-env';
import type { Tls } from '../model/publication.ts';
import type { Api, ApiAnswer, ApiRequest, Transfer } from '../ports/api.ts';

/** Answers of these services are lists of records; more is none of theirs. */
const mostAnswerBytes = 64 << 20;
const chunkBytes = 1 << 20;
/** What a service without an opinion about `Expect` gets before the body is sent to it all the same. */
const continueMs = 10_000;

/** HTTP with the TLS settings of one cloud; `stallMs` without a byte in either direction ends a request. */
export function createOpenstackApi(
  tls: Tls,
  { stallMs, signal }: { readonly stallMs: number; readonly signal: AbortSignal },
): Api {
  const options = readTls(tls);
  const open = (request: ApiRequest, headers: Readonly<Record<string, string | number>>) =>
    startRequest(request, headers, { options, stallMs, signal });
  return {
    async call(request) {
      const text = request.body === undefined ? null : JSON.stringify(request.body);
      return settle(signal, async () => {
        const exchange = open(request, {
          Accept: 'application/json',
          ...(text === null ? {} : { 'Content-Type': 'application/json' }),
          ...(text === null ? {} : { 'Content-Length': Buffer.byteLength(text) }),
        });
        exchange.request.end(text ?? undefined);
        return readAnswer(await exchange.response, exchange.isAlive);
      });
    },
    sendFile(request, file, watch) {
      return settle(signal, () => {
        const exchange = open(request, {
          'Content-Type': 'application/octet-stream',
          'Content-Length': file.sizeBytes,
          Expect: '100-continue',
        });
        return send(exchange, file, watch);
      });
    },
    async readDigest(request, algorithm, onRead) {
      let digest: string | null = null;
      const answer = await settle(signal, async () => {
        const exchange = open(request, { Accept: 'application/octet-stream' });
        exchange.request.end();
        const response = await exchange.response;
        if (response.statusCode !== 200) return readAnswer(response, exchange.isAlive);
        const hash = createHash(algorithm);
        await pipeline(response, count(exchange.isAlive, onRead), hash);
        digest = hash.digest('hex');
        return describe(response, null);
      });
      return { answer, digest: answer.kind === 'answer' ? digest : null };
    },
  };
}

interface Exchange {
  readonly request: ClientRequest;
  readonly response: Promise<IncomingMessage>;
  /** Said whenever a byte has moved. */
  readonly isAlive: () => void;
}

function startRequest(
  { method, url, headers = {} }: ApiRequest,
  more: Readonly<Record<string, string | number>>,
  how: {
    readonly options: TlsOptions;
    readonly stallMs: number;
    readonly signal: AbortSignal;
  },
): Exchange {
  const { to, options, headers: ofProxy } = route(url, how.options);
  const request = (to.startsWith('http:') ? httpRequest : httpsRequest)(to, {
    method,
    ...options,
    signal: how.signal,
    headers: { ...more, ...ofProxy, ...headers },
  });
  let answer: IncomingMessage | null = null;
  const stalled = (): void => {
    const error = new Error(`nothing came or went for ${how.stallMs / 1000} s`);
    answer?.destroy(error);
    request.destroy(error);
  };
  const timer = setTimeout(stalled, how.stallMs);
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', (message) => {
      timer.refresh();
      answer = message;
      resolve(message);
    });
    request.on('error', reject);
    request.once('close', () => {
      clearTimeout(timer);
      reject(new Error('the connection was closed before an answer'));
    });
  });
  response.catch(() => undefined);
  return { request, response, isAlive: () => void timer.refresh() };
}

/**
 * A proxy tunnels what is encrypted, and is asked for the whole address of the rest (http-proxy-agent, which does that,
 * sends the headers of a request with `Expect` twice).
 */
function route(url: string, options: TlsOptions) {
  const proxy = getProxyForUrl(url);
  if (proxy === '') return { to: url, options, headers: {} };
  if (!url.startsWith('http:'))
    return {
      to: url,
      options: {
        ...options,
        agent: new HttpsProxyAgent(proxy, options),
        // the agent forgets an address that is no name
        checkServerIdentity: (_: string, certificate: PeerCertificate) =>
          checkServerIdentity(new URL(url).hostname, certificate),
      },
      headers: {},
    };
  const { username, password } = new URL(proxy);
  const login = Buffer.from(decodeURIComponent(`${username}:${password}`)).toString('base64');
  return {
    to: proxy,
    options: { path: url, auth: null },
    headers: {
      Host: new URL(url).host,
      ...(username === '' ? {} : { 'Proxy-Authorization': `Basic ${login}` }),
    },
  };
}

/** An answer may come at any time: with it the rest of the body is of no use. */
async function send(
  { request, response, isAlive }: Exchange,
  { path, sizeBytes }: { readonly path: string; readonly sizeBytes: number },
  { onSent, beforeEnd }: Transfer,
): Promise<ApiAnswer> {
  const go = new Promise<void>((resolve) => {
    request.once('continue', resolve);
    setTimeout(resolve, continueMs).unref();
  });
  const isAnswered = response.then(() => true);
  if (!(await Promise.race([go.then(() => false), isAnswered]))) {
    const file = createReadStream(path, {
      highWaterMark: chunkBytes,
      // no more than was announced, should it have grown
      ...(sizeBytes > 0 ? { end: sizeBytes - 1 } : {}),
    });
    const body = count(isAlive, onSent, { sizeBytes, beforeEnd });
    // said before the pipeline says no more than that it has ended
    for (const each of [file, body]) each.once('error', (error: Error) => request.destroy(error));
    const sending = pipeline(file, body, request);
    // its failure is that of the request, unless an answer says more
    sending.catch(() => undefined);
    await Promise.race([sending, isAnswered]).catch(() => undefined);
    const answer = await response;
    if (!request.writableFinished) file.destroy();
    return readAnswer(answer, isAlive).finally(() => request.destroy());
  }
  return readAnswer(await response, isAlive).finally(() => request.destroy());
}

const count = (
  isAlive: () => void,
  onBytes: (bytes: number, chunk: Uint8Array) => void,
  end?: { readonly sizeBytes: number; readonly beforeEnd: () => Promise<void> },
): Transform => {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      isAlive();
      onBytes(bytes, chunk);
      if (end === undefined || bytes < end.sizeBytes) done(null, chunk);
      else end.beforeEnd().then(() => done(null, chunk), done);
    },
  });
};

async function readAnswer(response: IncomingMessage, isAlive: () => void): Promise<ApiAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    isAlive();
    bytes += chunk.length;
    if (bytes > mostAnswerBytes) response.destroy(new Error('the answer has no end'));
    else chunks.push(chunk);
  });
  await finished(response);
  return describe(response, parse(Buffer.concat(chunks).toString('utf8')));
}

const describe = ({ statusCode = 0, headers }: IncomingMessage, body: unknown): ApiAnswer => ({
  kind: 'answer',
  status: statusCode,
  headers: Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, String(value ?? '')]),
  ),
  body,
});

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Trouble of the connection is an answer too; a cancelled run is none. */
async function settle(signal: AbortSignal, body: () => Promise<ApiAnswer>): Promise<ApiAnswer> {
  try {
    return await body();
  } catch (error) {
    signal.throwIfAborted();
    return { kind: 'no-answer', reason: (error as Error).message || String(error) };
  }
}

interface TlsOptions {
  readonly rejectUnauthorized: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

function readTls({ verify, caPath, certPath, keyPath }: Tls): TlsOptions {
  // as the client reads them
  const read = (path: string): string =>
    readFileSync(path.replace(/^~(?=\/)/, process.env.HOME || homedir()), 'utf8');
  return {
    rejectUnauthorized: verify,
    ...(caPath === '' ? {} : { ca: read(caPath) }),
    ...(certPath === '' ? {} : { cert: read(certPath), key: read(keyPath || certPath) }),
  };
}
