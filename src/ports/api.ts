/** One request to a service of a cloud. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

/** What a service has answered; header names are lower case. The body is JSON where it is, else a text. */
export type ApiAnswer =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: unknown;
    }
  | { readonly kind: 'no-answer'; readonly reason: string };

/** HTTP to the services of one cloud; nothing is tried again, nothing throws but for a cancelled run. */
export interface Api {
  call(request: ApiRequest): Promise<ApiAnswer>;
  /** Sends a file once the service has agreed to take it. */
  sendFile(
    request: ApiRequest,
    file: { readonly path: string; readonly sizeBytes: number },
    watch: Transfer,
  ): Promise<ApiAnswer>;
  /** Digest in hex of what is answered, which is not kept; null unless the status is 200. */
  readDigest(
    request: ApiRequest,
    algorithm: string,
    onRead: (bytes: number) => void,
  ): Promise<{ readonly answer: ApiAnswer; readonly digest: string | null }>;
}

export interface Transfer {
  /** Hears how many bytes have gone, and sees the last of them. */
  onSent(bytes: number, chunk: Uint8Array): void;
  /** The last bytes wait for it. */
  beforeEnd(): Promise<void>;
}

/** Reads a file once and gives its digests in hex by algorithm, without those that are not known here. */
export type DigestFile = (
  path: string,
  algorithms: readonly string[],
) => Promise<{
  readonly sizeBytes: number;
  readonly digests: Readonly<Record<string, string>>;
}>;
