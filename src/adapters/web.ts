import { setTimeout as sleep } from 'node:timers/promises';
import { getProxyForUrl } from 'proxy-from-env';
import { Agent, type Dispatcher, ProxyAgent, request } from 'undici';
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
  const dispatcher = createDispatcher(url);
  try {
    const { statusCode, body } = await request(url, { dispatcher, signal, maxRedirections: 5 });
    const bytes = await body.bytes();
    if (statusCode === 200) return { ok: true, body: bytes };
    return { ok: false, status: statusCode, reason: `HTTP status ${statusCode}` };
  } catch (error) {
    const { name, message } = error as Error;
    const reason = name === 'TimeoutError' ? 'no answer before the deadline' : message;
    return { ok: false, status: null, reason };
  } finally {
    await dispatcher.destroy();
  }
}

/** Proxies refuse to tunnel to the port of plain http: there the whole URL is asked of them, as apt does. */
function createDispatcher(url: string): Dispatcher {
  const uri = getProxyForUrl(url);
  return uri === '' ? new Agent() : new ProxyAgent({ uri, proxyTunnel: !url.startsWith('http:') });
}
