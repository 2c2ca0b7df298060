import { describe, expect, it } from '@jest/globals';
import {
  explainLoginFailure,
  loginCommands,
  mayPass,
  readLoginAnswers,
} from '../../../src/core/openstack/login.ts';
import {
  catalogOfTwoRegions,
  issuedToken,
  passwordConfiguration,
  printJson,
} from '../support/client-answers.ts';

/** What the client of Debian 12 says on standard error, and what that is. */
const discovery =
  'Failed to discover available identity versions when contacting https://127.0.0.1:29443/v3. Attempting to parse version from URL.\n';
const down = `${discovery}Unable to establish connection to http://127.0.0.1:9/v3/auth/tokens: HTTPConnectionPool(host='127.0.0.1', port=9): Max retries exceeded with url: /v3/auth/tokens (Caused by NewConnectionError('<urllib3.connection.HTTPConnection object at 0x7f09cbf1c550>: Failed to establish a new connection: [Errno 111] Connection refused'))\n`;
const badCertificate = `${discovery}SSL exception connecting to https://127.0.0.1:29443/v3/auth/tokens: HTTPSConnectionPool(host='127.0.0.1', port=29443): Max retries exceeded with url: /v3/auth/tokens (Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate (_ssl.c:992)')))\n`;

const failures: readonly {
  readonly what: string;
  readonly stderr: string;
  readonly code: string;
  readonly kind: string;
  readonly hint: RegExp;
  readonly passes: boolean;
}[] = [
  {
    what: 'an unknown cloud',
    stderr: 'Cloud nope was not found.\n',
    ...{ code: 'no-such-cloud', kind: 'input', hint: /clouds\.yaml/, passes: false },
  },
  {
    what: 'no login at all',
    stderr: 'Missing value auth-url required for auth plugin password\n',
    ...{ code: 'no-such-cloud', kind: 'input', hint: /OS_\*/, passes: false },
  },
  {
    what: 'a wrong password',
    stderr:
      'The request you have made requires authentication. (HTTP 401) (Request-ID: req-50cd)\n',
    ...{ code: 'login-refused', kind: 'publish', hint: /application credential/, passes: false },
  },
  {
    what: 'no role in the project',
    stderr: 'User 482c has no access to project 4084 (HTTP 401) (Request-ID: req-50cd)\n',
    ...{ code: 'login-refused', kind: 'publish', hint: /application credential/, passes: false },
  },
  {
    what: 'a token of an application credential',
    stderr:
      'You are not authorized to perform the requested action: Using a delegated token to create another token is not allowed.. (HTTP 403) (Request-ID: req-50cd)\n',
    ...{ code: 'login-refused', kind: 'publish', hint: /application credential/, passes: false },
  },
  {
    what: 'a fixed token',
    stderr: 'Only an authorized user may issue a new token.\n',
    ...{ code: 'login-failed', kind: 'publish', hint: /admin_token/, passes: false },
  },
  {
    what: 'a Keystone that is down',
    stderr: down,
    ...{ code: 'login-failed', kind: 'publish', hint: /token issue/, passes: true },
  },
  {
    what: 'a Keystone that is busy',
    stderr: `${discovery}Service Unavailable (HTTP 503)\n`,
    ...{ code: 'login-failed', kind: 'publish', hint: /token issue/, passes: true },
  },
  {
    what: 'a Keystone that wants a pause',
    stderr: 'Too Many Requests (HTTP 429)\n',
    ...{ code: 'login-failed', kind: 'publish', hint: /token issue/, passes: true },
  },
  {
    what: 'a bad certificate, though the client has tried often',
    stderr: badCertificate,
    ...{ code: 'login-failed', kind: 'publish', hint: /cacert/, passes: false },
  },
  {
    what: 'a bundle of certificates that is not there',
    stderr: 'Could not find a suitable TLS CA certificate bundle, invalid path: /no.pem\n',
    ...{ code: 'login-failed', kind: 'publish', hint: /cacert/, passes: false },
  },
  {
    what: 'nothing said',
    stderr: ' \n',
    ...{ code: 'login-failed', kind: 'publish', hint: /token issue/, passes: false },
  },
];

describe('a login that fails', () => {
  const explain = (stderr: string) =>
    explainLoginFailure('publisher', ['token', 'issue'], { exitCode: 1, stderr });

  it.each(failures.map((each) => [each.what, each] as const))(
    'is told apart: %s',
    (_, { stderr, code, kind, hint, passes }) => {
      const error = explain(stderr);
      expect(error.kind).toBe(kind);
      expect(error.problems).toMatchObject([{ code, hint: expect.stringMatching(hint) }]);
      expect(mayPass(stderr)).toBe(passes);
    },
  );

  it('says what was called and quotes the last line only, cut to a length that can be read', () => {
    expect(explain('a warning\n  Cloud nope was not found.  \n').message).toBe(
      'cloud: openstack token issue for publisher ended with exit code 1: Cloud nope was not found.',
    );
    expect(explain(' ').message).toMatch(/: it said nothing$/);
    expect(explain('x'.repeat(9000)).message.length).toBeLessThan(500);
  });

  it.each([
    'Connection reset by peer',
    'Connection aborted.',
    'read timed out',
    'Gateway Timeout (HTTP 504)',
  ])('may pass: %s', (stderr) => {
    expect(mayPass(stderr)).toBe(true);
  });
});

describe('the answers of one start of the client', () => {
  const answers = [passwordConfiguration, issuedToken, catalogOfTwoRegions];

  it('are taken apart, one for each command', () => {
    expect(loginCommands).toHaveLength(answers.length);
    expect(readLoginAnswers(printJson(...answers))).toEqual(answers);
  });

  it('are taken apart when there is nothing in one of them', () => {
    const empty = [passwordConfiguration, issuedToken, []];
    expect(readLoginAnswers(printJson(...empty))).toEqual(empty);
  });

  it('may hold values that look like the end of one', () => {
    const odd = [{ a: ']\n}\n' }, { b: ['}'], c: {} }, [[], {}, ['[']]];
    expect(readLoginAnswers(printJson(...odd))).toEqual(odd);
  });

  it.each([
    ['a command has failed', printJson(passwordConfiguration)],
    ['there is one too many', printJson(...answers, issuedToken)],
    ['nothing came', ''],
    ['it is a table', '+-----+\n| Key |\n+-----+\n'],
    ['it ends in the middle', printJson(...answers).slice(0, -40)],
    ['it is no JSON', `${printJson(passwordConfiguration, issuedToken)}[\nno JSON\n]\n`],
  ])('are none when %s', (_, text) => {
    expect(readLoginAnswers(text)).toBeNull();
  });
});
