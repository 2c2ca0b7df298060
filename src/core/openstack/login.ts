import { failure, type TroveImageError } from '../../errors.ts';

const certificateTrouble = /\bSSL\b|certificate/i;

/** Trouble of the network or of Keystone itself: the same call may work a moment later. */
export const mayPass = (stderr: string): boolean =>
  !certificateTrouble.test(stderr) &&
  /\(HTTP (408|429|5\d\d)\)|Unable to establish connection|Connection (reset|aborted|refused)|timed? ?out|Max retries exceeded/i.test(
    stderr,
  );

/** What the official client's failure means. */
export function explainLoginFailure(
  cloud: string,
  words: readonly string[],
  result: { readonly exitCode: number; readonly stderr: string },
): TroveImageError {
  const said = result.stderr.trim().split('\n').at(-1)?.trim().slice(0, 400) ?? '';
  const { code, kind, hint } = classify(said);
  return failure(
    kind,
    code,
    `cloud: openstack ${words.join(' ')} for ${cloud} ended with exit code ${result.exitCode}: ${said || 'it said nothing'}`,
    hint,
  );
}

interface Meaning {
  readonly code: string;
  readonly kind: 'input' | 'publish';
  readonly hint: string;
}

const noSuchCloud: Meaning = {
  code: 'no-such-cloud',
  kind: 'input',
  hint: 'Name a cloud of clouds.yaml in cloud, or set the OS_* variables; trove-image takes what the openstack command takes.',
};
const loginRefused: Meaning = {
  code: 'login-refused',
  kind: 'publish',
  hint: 'Check the application credential (it may have ended) or the password; try: openstack token issue.',
};
const loginFailed = (hint: string): Meaning => ({ code: 'login-failed', kind: 'publish', hint });

function classify(said: string): Meaning {
  if (/Cloud .* was not found|Missing value auth-url|Auth plugin requires|clouds\.yaml/i.test(said))
    return noSuchCloud;
  if (/HTTP 401|HTTP 403|requires authentication|not authorized/i.test(said)) return loginRefused;
  if (/Only an authorized user may issue a new token/.test(said))
    return loginFailed(
      'Logins by a fixed token (admin_token) cannot be used: use an application credential or a password.',
    );
  if (certificateTrouble.test(said))
    return loginFailed(
      "Give the cloud's certificate authority as cacert in clouds.yaml, or in OS_CACERT.",
    );
  return loginFailed('Try the same command from this machine: openstack token issue.');
}

/** The commands of one start of the client, for its standard input. */
export const loginCommands = [
  'configuration show --format json',
  'token issue --format json',
  'catalog list --format json',
] as const;

/** Takes apart what they print one after the other; null unless every one has answered. */
export function readLoginAnswers(stdout: string): readonly unknown[] | null {
  const texts = stdout.match(/^[[{][\s\S]*?^[\]}]$|^\[\]$/gm) ?? [];
  if (texts.length !== loginCommands.length) return null;
  try {
    return texts.map((text) => JSON.parse(text) as unknown);
  } catch {
    return null;
  }
}
