import { setTimeout as sleep } from 'node:timers/promises';
import { EnvHttpProxyAgent, request } from 'undici';
import type { Web, WebAnswer } from '../ports/files.ts';

const tries = 3;

/** HTTP through the proxy of the environment, with a deadline per try; what may pass is tried again. */
export function createWeb(signal: AbortSignal): Web {
  return {
    async get(url, timeoutMs): Promise<WebAnswer> {
      for (let attempt = 1; ; attempt += 1) {
        const answer = await getOnce(
          url,
          AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        );
        if (!mayPass(answer) || attempt === tries || signal.aborted) return answer;
        await sleep(attempt * 1000, undefined, { signal }).catch(() => undefined);
      }
    },
  };
}

const mayPass = (answer: WebAnswer): boolean =>
  !answer.ok && (answer.status === null || answer.status >= 500 || answer.status === 429);

async function getOnce(url: string, signal: AbortSignal): Promise<WebAnswer> {
  // proxies refuse to tunnel to the port of plain http: there the whole URL is asked of them, as apt does
  const options = { connections: 1, proxyTunnel: !url.startsWith('http:') };
  const dispatcher = new EnvHttpProxyAgent(options);
  try {
    const { statusCode, body } = await request(url, { dispatcher, signal, maxRedirections: 5 });
    const bytes = await body.bytes();
    if (statusCode !== 200)
      return { ok: false, status: statusCode, reason: `HTTP status ${statusCode}` };
    return { ok: true, body: bytes };
  } catch (error) {
    const { name, message } = error as Error;
    const reason = name === 'TimeoutError' ? 'no answer before the deadline' : message;
    return { ok: false, status: null, reason };
  } finally {
    await dispatcher.destroy();
  }
}
