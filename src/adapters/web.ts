import { setTimeout as sleep } from 'node:timers/promises';
import { HttpClient } from '@actions/http-client';
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
  const client = new HttpClient('trove-image');
  try {
    return await Promise.race([read(client, url), rejectWhenAborted(signal)]);
  } catch (error) {
    return { ok: false, status: null, reason: (error as Error).message };
  } finally {
    client.dispose();
  }
}

async function read(client: HttpClient, url: string): Promise<WebAnswer> {
  const response = await client.get(url);
  const status = response.message.statusCode ?? 0;
  const body = await response.readBodyBuffer?.();
  if (status !== 200 || body === undefined) {
    return { ok: false, status, reason: `HTTP status ${status}` };
  }
  return { ok: true, body: new Uint8Array(body) };
}

function rejectWhenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => reject(new Error('no answer before the deadline'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
