import { once } from 'node:events';
import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { passBody } from './fault-proxy/body.ts';
import { createFaultPlan, type Effects, type Ending, type Fault } from './fault-proxy/faults.ts';

/** A reverse proxy on loopback that does harm on purpose; everything else passes as it is. */
export interface FaultProxy {
  /** Without a path. */
  readonly url: string;
  /** All requests so far, the oldest first. */
  readonly requests: readonly ProxiedRequest[];
  /** Replaces the planned faults, whose counts begin anew. */
  setFaults(faults: readonly Fault[]): void;
  close(): Promise<void>;
}

export interface ProxiedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** What the client was answered; null when it was nothing. */
  status: number | null;
  /** How much of its body has come. */
  bodyBytes: number;
  /** Whether a fault has ended it. */
  readonly isHit: boolean;
}

/** Starts a proxy before the server at an origin such as `http://127.0.0.1:9292`. */
export async function startFaultProxy(
  origin: string,
  faults: readonly Fault[] = [],
): Promise<FaultProxy> {
  const plan = createFaultPlan();
  plan.set(faults);
  const requests: ProxiedRequest[] = [];
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const { method = '', url: path = '' } = request;
    const effects = plan.take(method, path);
    const record: ProxiedRequest = {
      ...{ method, path, status: null, bodyBytes: 0 },
      isHit: effects.ending !== null,
    };
    requests.push(record);
    response.on('finish', () => {
      record.status = response.statusCode;
    });
    // whatever goes wrong between the two ends both, as a broken cable does
    forward(origin, { request, response, record }, effects).catch(() => cut(request));
  };
  // a stalled request is no reason to end it
  const server = createServer({ requestTimeout: 0 });
  server.on('request', serve).on('checkContinue', serve).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    setFaults: plan.set,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly record: ProxiedRequest;
}

async function forward(origin: string, exchange: Exchange, effects: Effects): Promise<void> {
  const { request, response, record } = exchange;
  const { ending, changes } = effects;
  for (const change of changes) {
    if (change.kind === 'delay') await sleep(change.delayMs);
    if (change.kind === 'hold') await change.until;
  }
  if (ending?.at === 0) return finish(exchange, ending);

  // a connection of its own, which ends with that of the client, and not as soon as the server has answered
  const agent = new Agent({ keepAlive: true });
  const headers = groupHeaders(request.rawHeaders);
  const server = httpRequest(`${origin}${request.url}`, { method: request.method, headers, agent });
  response.once('close', () => agent.destroy());
  server.on('error', () => undefined);
  const answered = once(server, 'response').then(([answer]) => answer as IncomingMessage);
  answered.catch(() => undefined);
  if (request.headers.expect !== undefined) {
    server.flushHeaders();
    // what is refused is refused before the body
    const goesOn = once(server, 'continue').then(() => null);
    const refusal = await Promise.race([goesOn, answered]);
    if (refusal !== null && ending === null) return relay(exchange, refusal, effects);
    response.writeContinue();
  }
  const passed = passBody(request, server, effects, (bytes) => {
    record.bodyBytes = bytes;
  });
  // an answer may come before the end of the body, and is worth more than the trouble that the rest of it has
  const isWhole = await Promise.race([passed.catch(() => true), answered.then(() => true)]);
  // nobody takes what is left of it, and the client shall hear the answer all the same
  passed.catch(() => request.resume());
  if (!isWhole && ending !== null) return finish(exchange, ending);
  const answer = await answered;
  if (ending === null) return relay(exchange, answer, effects);
  await pipeline(answer, async (chunks) => {
    for await (const _ of chunks);
  });
  return finish(exchange, ending);
}

/** Gives the server's answer to the client; header names stay as they are written. */
async function relay(
  { request, response }: Exchange,
  answer: IncomingMessage,
  { changes }: Effects,
): Promise<void> {
  const edits = changes.flatMap((change) => (change.kind === 'edit' ? [change] : []));
  const aheadMs = changes.find((change) => change.kind === 'clock')?.aheadMs ?? 0;
  const headers = groupHeaders(answer.rawHeaders);
  for (const [name, value] of Object.entries(headers)) {
    if (name.toLowerCase() === 'date') {
      headers[name] = new Date(Date.parse(String(value)) + aheadMs).toUTCString();
    }
    const isOfBody = ['content-length', 'transfer-encoding'].includes(name.toLowerCase());
    if (isOfBody && edits.length > 0) delete headers[name];
  }
  if (edits.length === 0) {
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, headers);
    await pipeline(answer, response);
  } else {
    const edited = edits.reduce((body, { edit }) => edit(body), await text(answer));
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, {
      ...headers,
      'Content-Length': Buffer.byteLength(edited),
    });
    response.end(edited);
  }
  request.resume();
}

function finish({ request, response }: Exchange, ending: Ending): void {
  switch (ending.kind) {
    case 'answer': {
      const { status, headers, body = `${status}\n` } = ending;
      response.writeHead(status, {
        ...{ 'Content-Type': 'text/plain', 'Content-Length': Buffer.byteLength(body) },
        ...{ Connection: 'close', ...headers },
      });
      response.end(body);
      request.resume();
      return;
    }
    case 'reset':
      cut(request);
      return;
    case 'stall':
      request.pause();
  }
}

const cut = ({ socket }: IncomingMessage): void => void socket.resetAndDestroy();

/** Headers in the order and the spelling in which they came, without those of this connection. */
function groupHeaders(raw: readonly string[]): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (let at = 0; at < raw.length; at += 2) {
    const [name = '', value = ''] = raw.slice(at, at + 2);
    if (['connection', 'keep-alive'].includes(name.toLowerCase())) continue;
    const before = headers[name];
    headers[name] = before === undefined ? value : [before, value].flat();
  }
  return headers;
}
