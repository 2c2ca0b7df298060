import { getIDToken } from '@actions/core';

/** GitHub's own tokens; null where this is no job that may have one (`permissions: id-token: write`). */
export function createIdTokens(
  environment: Readonly<Record<string, string | undefined>>,
): ((audience: string) => Promise<string>) | null {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = environment;
  return url && token ? getIDToken : null;
}
