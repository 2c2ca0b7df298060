import type { CloudAccess } from '../model/publication.ts';
import type { Api, ApiAnswer, ApiRequest } from '../ports/api.ts';

/** A login that is renewed when it has to be. */
export interface Session {
  readonly access: CloudAccess;
  /** A new token; those who ask at the same time get the same one. */
  renew(): Promise<void>;
}

export function createSession(
  first: CloudAccess,
  renewToken: (access: CloudAccess) => Promise<CloudAccess>,
): Session {
  let access = first;
  let pending: Promise<void> | null = null;
  return {
    get access() {
      return access;
    },
    renew() {
      pending ??= renewToken(access)
        .then((renewed) => {
          access = renewed;
        })
        .finally(() => {
          pending = null;
        });
      return pending;
    },
  };
}

/** A token that would end while an upload goes on is renewed before. */
const leastLifeMs = 20 * 60_000;

/** Adds the token to every request, and renews it once when a service does not know it any more. */
export function authorize(api: Api, session: Session, now: () => number): Api {
  const sign = (request: ApiRequest): ApiRequest => {
    const { token } = session.access;
    const own: Readonly<Record<string, string>> = token === '' ? {} : { 'X-Auth-Token': token };
    return { ...request, headers: { ...request.headers, ...own } };
  };
  const again = async <T>(
    send: () => Promise<T>,
    answerOf: (result: T) => ApiAnswer,
  ): Promise<T> => {
    const first = await send();
    const answer = answerOf(first);
    if (answer.kind === 'no-answer' || answer.status !== 401 || session.access.token === '')
      return first;
    await session.renew();
    return send();
  };
  return {
    call: (request) =>
      again(
        () => api.call(sign(request)),
        (answer) => answer,
      ),
    async sendFile(request, file, watch) {
      const { expiresAtMs } = session.access;
      if (expiresAtMs !== null && expiresAtMs - now() < leastLifeMs) await session.renew();
      return again(
        () => api.sendFile(sign(request), file, watch),
        (answer) => answer,
      );
    },
    readDigest: (request, algorithm, onRead) =>
      again(
        () => api.readDigest(sign(request), algorithm, onRead),
        ({ answer }) => answer,
      ),
  };
}

/** The same without renewal: Trove answers 401 to whoever is no administrator. */
export const authorizeOnce = (api: Api, session: Session): Pick<Api, 'call'> => ({
  call: (request) =>
    api.call({
      ...request,
      headers: { ...request.headers, 'X-Auth-Token': session.access.token },
    }),
});
