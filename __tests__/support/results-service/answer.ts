import type { Readable } from 'node:stream';

/** What the service sends back, before a fault touches it. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Buffer | Readable;
}

const TWIRP_STATUS = {
  invalid_argument: 400,
  unauthenticated: 401,
  permission_denied: 403,
  not_found: 404,
  bad_route: 404,
  already_exists: 409,
  failed_precondition: 412,
  resource_exhausted: 429,
  internal: 500,
  unavailable: 503,
} as const;

type TwirpCode = keyof typeof TWIRP_STATUS;

/** A refusal in Twirp's words; the code decides the HTTP status (twitchtv.github.io/twirp/docs/errors.html). */
export class TwirpError extends Error {
  readonly code: TwirpCode;

  constructor(code: TwirpCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** A JSON answer of a Twirp method. */
export function answerJson(status: number, value: unknown): Answer {
  const body = Buffer.from(JSON.stringify(value));
  const headers = { 'content-type': 'application/json', 'content-length': String(body.length) };
  return { status, headers, body };
}

/** A Twirp refusal as an HTTP answer. */
export function answerTwirpError(error: TwirpError): Answer {
  return answerJson(TWIRP_STATUS[error.code], { code: error.code, msg: error.message });
}

/** A planned status in the dialect of the side that was asked, so that clients read it as the real one. */
export function answerStatus(status: number, message: string, isTwirp: boolean): Answer {
  if (!isTwirp)
    return answerBlobError(status, status === 503 ? 'ServerBusy' : 'InternalError', message);
  const code =
    Object.entries(TWIRP_STATUS).find(([, known]) => known === status)?.[0] ?? 'internal';
  return answerJson(status, { code, msg: message });
}

/** A refusal of the blob store: XML, with the code in a header as well, which the clients read first. */
export function answerBlobError(status: number, code: string, message: string = code): Answer {
  const body = Buffer.from(
    `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
  );
  const headers = {
    'content-type': 'application/xml',
    'content-length': String(body.length),
    'x-ms-error-code': code,
  };
  return { status, headers, body };
}
