import { setTimeout as sleep } from 'node:timers/promises';
import type { Web, WebAnswer } from '../ports/files.ts';

const tries = 3;

/** HTTP with a deadline per try; what may pass (network trouble, 5xx, 429) is tried again. */
export function createWeb(): Web {
  return {
    async get(url, timeoutMs): Promise<WebAnswer> {
      for (let attempt = 1; ; attempt += 1) {
        const answer = await getOnce(url, timeoutMs);
        const passing =
          !answer.ok && (answer.status === null || answer.status >= 500 || answer.status === 429);
        if (!passing || attempt === tries) return answer;
        await sleep(attempt * 1000);
      }
    },
  };
}

async function getOnce(url: string, timeoutMs: number): Promise<WebAnswer> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    if (!response.ok)
      return { ok: false, status: response.status, reason: `HTTP status ${response.status}` };
    return { ok: true, body: new Uint8Array(await response.arrayBuffer()) };
  } catch (error) {
    const { message, cause } = error as Error & { cause?: Error };
    return { ok: false, status: null, reason: cause?.message || message };
  }
}
