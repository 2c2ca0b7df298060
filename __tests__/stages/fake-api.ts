import type { CloudAccess } from '../../src/model/publication.ts';
import type { Api, ApiAnswer, ApiRequest } from '../../src/ports/api.ts';

export interface FakeApi extends Api {
  /** All requests so far, as they came. */
  readonly requests: ApiRequest[];
  /** `METHOD URL` of each. */
  lines(): readonly string[];
}

export const answerWith = (
  status: number,
  body: unknown = '',
  headers: Readonly<Record<string, string>> = {},
): ApiAnswer => ({ kind: 'answer', status, body, headers });
export const noAnswer: ApiAnswer = { kind: 'no-answer', reason: 'socket hang up' };

/** Services that answer each request as they are told to. */
export function fakeApi(
  answer: (request: ApiRequest, count: number) => ApiAnswer | Promise<ApiAnswer>,
  digest: string | null = null,
): FakeApi {
  const requests: ApiRequest[] = [];
  const take = async (request: ApiRequest): Promise<ApiAnswer> => {
    requests.push(request);
    return answer(request, requests.length);
  };
  return {
    requests,
    lines: () => requests.map(({ method, url }) => `${method} ${url}`),
    call: take,
    async sendFile(request, { sizeBytes }, { onSent, beforeEnd }) {
      onSent(sizeBytes, Buffer.alloc(sizeBytes));
      await beforeEnd();
      return take(request);
    },
    async readDigest(request, algorithm, onRead) {
      onRead(7);
      const said = await take({ ...request, headers: { ...request.headers, algorithm } });
      return {
        answer: said,
        digest: said.kind === 'answer' && said.status === 200 ? digest : null,
      };
    },
  };
}

export const fakeAccess: CloudAccess = {
  ...{ cloud: 'east', projectId: 'p1', token: 'first', expiresAtMs: null },
  ...{ glanceUrl: 'http://glance/v2', troveUrl: 'http://trove/v1.0/p1', novaUrl: '' },
  tls: { verify: true, caPath: '', certPath: '', keyPath: '' },
};

/** Waits that take no time, and how long they would have been. */
export function fakeSleep() {
  const waits: number[] = [];
  return {
    waits,
    sleep: async (ms: number): Promise<void> => void waits.push(ms),
  };
}
