import { once } from 'node:events';
import {
  createServer as createPlainServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

/** A request as the server saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Bytes of the body that were read. */
  bytes: number;
}

/** What is done to a request; `seen` counts what is read of its body. */
export type Serve = (
  request: IncomingMessage,
  response: ServerResponse,
  seen: SeenRequest,
) => unknown;

/** A server on loopback that answers as it is told to. */
export interface LocalServer {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** How the next requests are answered; 200 with an empty list before it is called. */
  serve(how: Serve): void;
  close(): Promise<void>;
}

/** Starts one; it never sends `100 Continue` by itself. With `tls` it has that certificate. */
export async function startLocalServer(tls?: {
  readonly certificate: string;
  readonly key: string;
}): Promise<LocalServer> {
  const requests: SeenRequest[] = [];
  let how: Serve = (_, response) => response.end('[]');
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const { method = '', url: path = '', headers } = request;
    const seen = { method, path, headers, bytes: 0 };
    requests.push(seen);
    how(request, response, seen);
  };
  const settings = { requestTimeout: 0 };
  const server =
    tls === undefined
      ? createPlainServer(settings)
      : createTlsServer({ ...settings, cert: tls.certificate, key: tls.key });
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
  });
  server.on('request', onRequest).on('checkContinue', onRequest);
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    requests,
    serve(next) {
      how = next;
    },
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

/** Reads a body to its end, or until so many bytes have come; resolves then. */
export function readBody(
  request: IncomingMessage,
  seen: SeenRequest,
  most = Number.POSITIVE_INFINITY,
): Promise<void> {
  return new Promise((resolve) => {
    request.on('data', (chunk: Buffer) => {
      seen.bytes += chunk.length;
      if (seen.bytes >= most) {
        request.pause();
        resolve();
      }
    });
    request.once('end', resolve);
    request.once('error', () => resolve());
  });
}

/** Says to go on, reads all, and answers. */
export const takeAll =
  (status: number, body = ''): Serve =>
  async (request, response, seen) => {
    if (request.headers.expect !== undefined) response.writeContinue();
    await readBody(request, seen);
    response.writeHead(status).end(body);
  };
