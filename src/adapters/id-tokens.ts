import { setTimeout as sleep } from 'node:timers/promises';
import { getProxyForUrl } from 'proxy-from-env';
import { Agent, ProxyAgent, request } from 'undici';
import { failure } from '../errors.ts';

const tries = 3;
const timeoutMs = 30_000;

/**
 * GitHub's own tokens; null where this is no job that may have one (`permissions: id-token: write`). The function of
 * `@actions/core` does the same, and prints the token on standard output, where it is masked in the log of a step only.
 */
export function createIdTokens(
  environment: Readonly<Record<string, string | undefined>>,
): ((audience: string) => Promise<string>) | null {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer } = environment;
  if (!url || !bearer) return null;
  return async (audience) => {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await ask(`${url}&audience=${encodeURIComponent(audience)}`, bearer);
      if (answer.token !== '') return answer.token;
      if (!answer.mayPass || attempt === tries) {
        throw failure(
          'publish',
          'oidc-not-given',
          `oidc-audience: GitHub does not give its token for the audience ${audience}: ${answer.reason}.`,
          'Run the job again. If that does not help, look at the status page of GitHub.',
        );
      }
      await sleep(attempt * 2000);
    }
  };
}

async function ask(
  url: string,
  bearer: string,
): Promise<{ readonly token: string; readonly reason: string; readonly mayPass: boolean }> {
  const uri = getProxyForUrl(url);
  const dispatcher =
    uri === '' ? new Agent() : new ProxyAgent({ uri, proxyTunnel: !url.startsWith('http:') });
  const headers = { Authorization: `Bearer ${bearer}`, Accept: 'application/json' };
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const { statusCode, body } = await request(url, { dispatcher, headers, signal });
    const text = await body.text();
    const token = statusCode === 200 ? readToken(text) : '';
    const mayPass = statusCode === 429 || statusCode >= 500;
    return { token, reason: `it answers ${statusCode}`, mayPass };
  } catch (error) {
    return { token: '', reason: (error as Error).message, mayPass: true };
  } finally {
    await dispatcher.destroy();
  }
}

function readToken(text: string): string {
  try {
    const { value } = JSON.parse(text) as { readonly value?: unknown };
    return typeof value === 'string' ? value : '';
  } catch {
    return '';
  }
}
