import { describe, expect, it } from '@jest/globals';
import {
  explainOidc,
  findAccessToken,
  findFederationUrl,
  type Probe,
} from '../../../src/core/openstack/explain-oidc.ts';

const nowMs = Date.parse('2026-11-25T17:20:00Z');
const url =
  'https://keystone.example.org/v3/OS-FEDERATION/identity_providers/github/protocols/openid/auth';
/** As `openstack configuration show` prints it, of clouds.yaml and of the environment. */
const ofCloud = {
  auth_type: 'v3oidcaccesstoken',
  'auth.auth_url': 'https://keystone.example.org/v3',
  'auth.identity_provider': 'github',
  'auth.protocol': 'openid',
  'auth.project_name': 'images',
};
const ofEnvironment = {
  auth_type: 'v3oidcaccesstoken',
  auth_url: 'https://keystone.example.org/v3/',
  identity_provider: 'github',
  protocol: 'openid',
};

const claims = {
  iss: 'https://token.actions.githubusercontent.com',
  aud: 'other.example.org',
  repository: 'example/other',
  ref: 'refs/heads/topic',
  exp: nowMs / 1000 + 300,
};
const makeToken = (more: object = {}): string =>
  ['{}', JSON.stringify({ ...claims, ...more }), 'signature']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');

/** Answers as they were recorded from Keystone 22 behind Apache 2.4.71 with mod_auth_openidc 2.4.12. */
const apachePage = '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN">\n<h1>Unauthorized</h1>';
const answer = (status: number, authenticate: string, body: unknown, more = {}): Probe => ({
  kind: 'answer',
  status,
  headers: { ...(authenticate === '' ? {} : { 'www-authenticate': authenticate }), ...more },
  body,
});
const refuse = (code: number, message: string, authenticate = keystone): Probe =>
  answer(code, authenticate, { error: { code, message, title: 'Unauthorized' } });
const keystone = 'Keystone uri="https://keystone.example.org/v3"';
const tell = (claim: string): string =>
  `Bearer error="invalid_token", error_description="wrong claim: ${claim}"`;
const unreadable =
  'Bearer error="invalid_token", error_description="JWT token could not be validated"';
const silent = 'The request you have made requires authentication.';

const explain = (probe: Probe, more: object = {}) =>
  explainOidc({
    ...{ cloud: 'github', configuration: ofCloud, token: makeToken(), nowMs, probe },
    stderr: `${silent} (HTTP 401) (Request-ID: req-1)`,
    ...more,
  });
const message = (wrong: string): string =>
  `cloud: github refuses GitHub's token of this run: ${wrong}.`;

describe('a refused token of GitHub', () => {
  it.each([
    ['aud', answer(401, tell('aud'), apachePage), 'wrong audience other.example.org'],
    ['repository', refuse(401, silent, tell('repository')), 'wrong repository example/other'],
    ['ref', refuse(401, silent, tell('ref')), 'wrong branch refs/heads/topic'],
    ['iss', answer(401, tell('iss'), apachePage), `wrong issuer ${claims.iss}`],
    [
      'environment',
      answer(401, tell('environment'), apachePage),
      'wrong claim environment (not there)',
    ],
  ])('is told by its claim %s where Apache names that', (_claim, probe, wrong) => {
    expect(explain(probe)).toMatchObject({ code: 'oidc-refused', message: message(wrong) });
  });

  it('is told by all of its claims that are wrong', () => {
    const both = answer(401, `${keystone}, ${tell('repository')}, ${tell('ref')}`, '');
    const wrong = 'wrong repository example/other, wrong branch refs/heads/topic';
    expect(explain(both)).toMatchObject({
      message: message(wrong),
      hint: expect.stringMatching(/from the repository .* from the branch /),
    });
  });

  it('has both that it may be where nobody names one', () => {
    const ofMapping = 'wrong repository example/other, or branch refs/heads/topic';
    expect(explain(refuse(401, silent))?.message).toMatch(ofMapping);
    const ofApache = `wrong audience other.example.org, or issuer ${claims.iss}`;
    expect(explain(answer(401, '', apachePage))?.message).toMatch(ofApache);
    expect(explain(answer(403, '', apachePage))?.message).toMatch(ofApache);
  });

  it('has expired by the clock of the cloud, or by ours where that does not say', () => {
    const token = makeToken({ exp: nowMs / 1000 - 40 });
    const expired = message('it expired 40 s ago, at 2026-11-25T17:19:20.000Z');
    expect(explain(answer(401, unreadable, apachePage), { token })?.message).toBe(expired);
    const date = 'Wed, 25 Nov 2026 17:26:00 GMT';
    const ahead = answer(401, unreadable, apachePage, { date });
    expect(explain(ahead)?.message).toContain('it expired 60 s ago, at 2026-11-25T17:25:00.000Z');
  });

  it('has a signature that the cloud does not know when it has not expired', () => {
    const probe = answer(401, unreadable, apachePage, { date: 'Wed, 25 Nov 2026 17:20:00 GMT' });
    const wrong = `wrong signature: the cloud does not find the key of issuer ${claims.iss}`;
    expect(explain(probe)?.message).toBe(message(wrong));
  });

  it('does not bring lines of its own into the log', () => {
    const token = makeToken({ ref: 'refs/heads/a\n::error::b' });
    expect(explain(answer(401, tell('ref'), apachePage), { token })?.message).toBe(
      message('wrong branch refs/heads/a?::error::b'),
    );
  });
});

describe('a login with a token of GitHub', () => {
  it.each([
    ['provider', refuse(404, 'Could not find Identity Provider: github.', '')],
    ['protocol', refuse(401, 'Attempted to authenticate with an unsupported method.')],
    ['provider that is switched off', refuse(403, 'Identity Provider github is disabled', '')],
    ['module in Apache', answer(401, 'Basic realm="staff"', apachePage)],
  ])('is not set up without a %s', (_what, probe) => {
    const problem = explain(probe);
    expect(problem).toMatchObject({ code: 'oidc-not-set-up' });
    expect(problem?.message).toContain('identity_provider github, protocol openid');
  });

  it('needs a token', () => {
    const stderr = 'Missing value access-token required for auth plugin v3oidcaccesstoken';
    expect(explain({ kind: 'no-answer', reason: '' }, { token: '', stderr })).toMatchObject({
      code: 'oidc-not-set-up',
      hint: expect.stringContaining('oidc-audience'),
    });
  });

  it('needs a role in the project when the token itself was taken', () => {
    const problem = explain(answer(201, '', { token: {} }));
    expect(problem).toMatchObject({ code: 'oidc-no-role' });
    expect(problem?.message).toContain('project images');
  });

  it.each([
    ['another login', explain(refuse(401, silent), { configuration: { auth_type: 'password' } })],
    ['a token that is no JWT', explain(refuse(401, silent), { token: 'opaque' })],
    ['a Keystone that does not answer', explain({ kind: 'no-answer', reason: 'reset' })],
    ['a Keystone that is busy', explain(answer(503, '', 'busy'))],
    ['trouble after the login', explain(answer(201, '', {}), { stderr: 'reset by peer' })],
  ])('is not blamed for %s', (_what, problem) => {
    expect(problem).toBeNull();
  });
});

describe('the settings of such a login', () => {
  it('are found in clouds.yaml and in the environment', () => {
    expect([ofCloud, ofEnvironment].map(findFederationUrl)).toEqual([url, url]);
    expect(findFederationUrl({ ...ofCloud, auth_type: 'password' })).toBeNull();
    expect(findFederationUrl({ auth_type: 'v3oidcaccesstoken' })).toBeNull();
    expect(findFederationUrl(null)).toBeNull();
  });

  it('have the token of the environment before that of clouds.yaml', () => {
    expect(findAccessToken({ access_token: 'first', 'auth.access_token': 'second' })).toBe('first');
    expect(findAccessToken({ 'auth.access_token': 'second' })).toBe('second');
    expect(findAccessToken(ofCloud)).toBe('');
  });
});
