import { failure, type TroveImageError } from '../../errors.ts';

/** Trouble of the network or of Keystone itself: the same call may work a moment later. */
export const mayPass = (stderr: string): boolean =>
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
  const [code, kind, hint] = classify(said);
  return failure(
    kind,
    code,
    `cloud: openstack ${words.join(' ')} for ${cloud} ended with exit code ${result.exitCode}: ${said || 'it said nothing'}`,
    hint,
  );
}

function classify(said: string): readonly [string, 'input' | 'publish', string] {
  if (
    /Cloud .* was not found|Missing value auth-url|Auth plugin requires|clouds\.yaml/i.test(said)
  ) {
    return [
      'no-such-cloud',
      'input',
      'Name a cloud of clouds.yaml in cloud, or set the OS_* variables; trove-image takes what the openstack command takes.',
    ];
  }
  if (/HTTP 401|HTTP 403|requires authentication|not authorized/i.test(said)) {
    return [
      'login-refused',
      'publish',
      'Check the application credential (it may have expired) or the password; try: openstack token issue.',
    ];
  }
  if (/certificate|SSL/i.test(said)) {
    return [
      'login-failed',
      'publish',
      "Give the cloud's certificate authority as cacert in clouds.yaml, or in OS_CACERT.",
    ];
  }
  return [
    'login-failed',
    'publish',
    'Try the same command from this machine: openstack token issue.',
  ];
}
