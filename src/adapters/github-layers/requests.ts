import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';

/** A request that did not end well. */
export interface FailedRequest {
  /** The fact, without the address: addresses of blobs are signed, so they are secrets. */
  readonly text: string;
  /** Null when there was no answer. */
  readonly status: number | null;
}

/** What the requests of one call came to; it may be asked while the call goes on. */
export interface Requests {
  /** Whether any request was sent. */
  wereSent(): boolean;
  /** Whether bytes of an entry were asked for or sent, beyond the questions to the service. */
  movedData(): boolean;
  /** The largest body that an answer announced, in bytes. */
  bodyBytes(): number;
  /** The first request that did not end well; one that was repeated counts by its last try. Null when all did. */
  failed(): FailedRequest | null;
}

interface Sent {
  readonly isQuestion: boolean;
  failed: FailedRequest | null;
}

const channel = 'http.client.request.start';

/**
 * Starts a call and watches its HTTP requests. The cache client answers a miss and any trouble of the service with the
 * same undefined or -1 and tells the difference to the log only; Node's diagnostics channel tells it to us.
 */
export function watchRequests<T>(call: () => Promise<T>): {
  readonly result: Promise<T>;
  readonly requests: Requests;
} {
  const context = new AsyncLocalStorage<true>();
  // a repeated request replaces the one before
  const sent = new Map<string, Sent>();
  let bodyBytes = 0;
  const notice = (message: unknown): void => {
    if (context.getStore() === undefined) return;
    const { request } = message as { request: ClientRequest };
    // the way through a proxy; when it fails, so does the request that wants to go there
    if (request.method === 'CONNECT') return;
    const range = request.getHeader('x-ms-range') ?? request.getHeader('range') ?? '';
    sent.set(`${request.method} ${request.path} ${range}`, follow(request));
    request.once('response', ({ headers }: IncomingMessage) => {
      bodyBytes = Math.max(bodyBytes, Number(headers['content-length'] ?? 0) || 0);
    });
  };
  subscribe(channel, notice);
  const result = context.run(true, call).finally(() => {
    unsubscribe(channel, notice);
    context.disable();
  });
  const all = (): readonly Sent[] => [...sent.values()];
  return {
    result,
    requests: {
      wereSent: () => sent.size > 0,
      movedData: () => all().some(({ isQuestion }) => !isQuestion),
      bodyBytes: () => bodyBytes,
      failed: () => all().find(({ failed }) => failed !== null)?.failed ?? null,
    },
  };
}

/** Adds listeners only: whoever made the request handles its answer and its errors. */
function follow(request: ClientRequest): Sent {
  const question = /(?:\/twirp\/|\/_apis\/).*?(\w+)(?:\?|$)/.exec(request.path)?.[1];
  const name = question ?? `${request.method} of data`;
  const sent: Sent = {
    isQuestion: question !== undefined,
    failed: { text: `${name} was not answered`, status: null },
  };
  request.once('error', (error: NodeJS.ErrnoException) => {
    if (sent.failed?.status === null)
      sent.failed = { text: `${name} failed with ${error.code || error.message}`, status: null };
  });
  request.once('response', (response: IncomingMessage) => {
    const { statusCode: status = 0, statusMessage = '' } = response;
    const text = `${name} was answered with ${status} ${statusMessage}`.trimEnd();
    sent.failed = status >= 200 && status < 300 ? null : { text, status };
    response.once('close', () => {
      if (!response.complete)
        sent.failed ??= { text: `the answer to ${name} broke off`, status: null };
    });
  });
  return sent;
}
