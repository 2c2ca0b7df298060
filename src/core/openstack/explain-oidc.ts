import type { Problem } from '../../errors.ts';

/** A login with a token of GitHub that did not come about. */
export interface RefusedToken {
  /** Name for people. */
  readonly cloud: string;
  /** What `openstack configuration show` says. */
  readonly configuration: unknown;
  /** The token; empty: none was there. */
  readonly token: string;
  /** Of the client that was refused. */
  readonly stderr: string;
  /** What the federation URL says to the same token. */
  readonly probe: Probe;
  readonly nowMs: number;
}

/** An answer of a service, as the port gives it; header names are lower case. */
export type Probe =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: unknown;
    }
  | { readonly kind: 'no-answer'; readonly reason: string };

type Raw = Readonly<Record<string, unknown>>;

/** Where a cloud with auth_type v3oidcaccesstoken takes tokens, by POST with `Authorization: Bearer`; null for other logins. */
export function findFederationUrl(configuration: unknown): string | null {
  if (asRecord(configuration).auth_type !== 'v3oidcaccesstoken') return null;
  const read = (name: string): string => readSetting(configuration, name);
  const [host, provider, protocol] = [
    read('auth_url'),
    read('identity_provider'),
    read('protocol'),
  ];
  if (host === '') return null;
  return `${host.replace(/\/+$/, '')}/OS-FEDERATION/identity_providers/${provider}/protocols/${protocol}/auth`;
}

/** The token that the client would send, of which the environment decides before clouds.yaml; empty: none. */
export const findAccessToken = (configuration: unknown): string =>
  readSetting(configuration, 'access_token');

/** Says which claim of a token a cloud does not take; null when its refusal has other reasons. */
export function explainOidc(refused: RefusedToken): Problem | null {
  if (findFederationUrl(refused.configuration) === null) return null;
  if (refused.token === '') return explainMissing(refused);
  const claims = readClaims(refused.token);
  if (claims === null || refused.probe.kind === 'no-answer') return null;
  const { status } = refused.probe;
  if (status >= 200 && status < 300) return explainProject(refused);
  if (![401, 403, 404].includes(status)) return null;
  return explainSetup(refused, refused.probe) ?? explainClaims(refused, claims, refused.probe);
}

const explainMissing = ({ cloud }: RefusedToken): Problem => ({
  code: 'oidc-not-set-up',
  message: `cloud: ${cloud} has auth_type v3oidcaccesstoken, and there is no token for it.`,
  hint: "Set oidc-audience, and GitHub's token is taken; or give one in OS_ACCESS_TOKEN.",
});

/** The token was good: what was refused came after it. */
function explainProject({ cloud, configuration, stderr }: RefusedToken): Problem | null {
  if (!/\(HTTP 40[134]\)/.test(stderr)) return null;
  const read = (name: string): string => readSetting(configuration, name);
  const project = quote(read('project_name') || read('project_id') || '(none)');
  return {
    code: 'oidc-no-role',
    message: `cloud: ${cloud} takes GitHub's token, and does not let its user into the project ${project}.`,
    hint: 'Check project_name and its domain in clouds.yaml; the group that the mapping names needs a role in that project.',
  };
}

type Answer = Extract<Probe, { readonly kind: 'answer' }>;

/** Keystone does not know what the configuration names. */
function explainSetup({ cloud, configuration }: RefusedToken, answer: Answer): Problem | null {
  const said = readMessage(answer.body);
  const isUnknown =
    answer.status === 404 || /unsupported method|is disabled/i.test(said) || isForeign(answer);
  if (!isUnknown) return null;
  const read = (name: string): string => quote(readSetting(configuration, name));
  const where = `identity_provider ${read('identity_provider')}, protocol ${read('protocol')}`;
  return {
    code: 'oidc-not-set-up',
    message:
      `cloud: ${cloud} has no login with tokens at auth_url ${read('auth_url')}, ${where}: ${answer.status} ${quote(said)}`.trim(),
    hint: 'Check these three in clouds.yaml (auth_url ends in /v3), and what docs/publishing-with-oidc.md says about Keystone and Apache.',
  };
}

/** Keystone itself was asked for a password, or for nothing: no mod_auth_openidc has read the token. */
const isForeign = ({ headers }: Answer): boolean =>
  /error="invalid_request"|^(Basic|Digest|Negotiate) /i.test(headers['www-authenticate'] ?? '');

function explainClaims({ cloud, nowMs }: RefusedToken, claims: Raw, answer: Answer): Problem {
  const served = Date.parse(answer.headers.date ?? '');
  const [wrong, hint] = findWrong(claims, answer, Number.isNaN(served) ? nowMs : served);
  return {
    code: 'oidc-refused',
    message: `cloud: ${cloud} refuses GitHub's token of this run: ${wrong}.`,
    hint,
  };
}

const hints = {
  iss: "The cloud's Apache requires another issuer (`Require claim iss:`): for github.com it is token.actions.githubusercontent.com.",
  aud: "Give as oidc-audience what the cloud's Apache requires (`Require claim aud:`).",
  repository:
    "Publish from the repository that the cloud's mapping names, or have its administrator add this one.",
  ref: "Publish from the branch that the cloud's mapping names, or have its administrator add this one.",
} as const;
const names = { iss: 'issuer', aud: 'audience', repository: 'repository', ref: 'branch' } as const;

/** What is wrong, as sure as the answer allows, and what to do about it. */
function findWrong(claims: Raw, answer: Answer, nowMs: number): readonly [string, string] {
  const show = (name: string): string => `${nameClaim(name)} ${quote(claims[name])}`;
  const endMs = Number(claims.exp) * 1000;
  if (endMs <= nowMs) {
    const age = Math.round((nowMs - endMs) / 1000);
    return [
      `it expired ${age} s ago, at ${new Date(endMs).toISOString()}`,
      'Run the job again. If that does not help, compare the clocks of the cloud and of this machine.',
    ];
  }
  const said = answer.headers['www-authenticate'] ?? '';
  const told = [...said.matchAll(/error_description="wrong claim: (\w+)"/g)].map(
    ([, name = '']) => name,
  );
  if (told.length > 0) {
    const hint = told.map((name) => hints[name as keyof typeof hints] ?? '').filter(Boolean);
    const fallback = 'Ask the administrator of the cloud which value this claim has to have.';
    return [`wrong ${told.map(show).join(', wrong ')}`, hint.join(' ') || fallback];
  }
  if (/error="invalid_token"/.test(said)) {
    return [
      `wrong signature: the cloud does not find the key of ${show('iss')}`,
      "The cloud's Apache has to reach the issuer's keys (OIDCOAuthServerMetadataURL); its log says what it does not like.",
    ];
  }
  if (readMessage(answer.body) === '') {
    return [
      `wrong ${show('aud')}, or ${show('iss')}: its Apache does not say which`,
      `${hints.aud} With the lines of docs/publishing-with-oidc.md it says which claim is wrong.`,
    ];
  }
  return [
    `wrong ${show('repository')}, or ${show('ref')}: its mapping does not say which`,
    `${hints.repository} With the lines of docs/publishing-with-oidc.md its Apache says which claim is wrong.`,
  ];
}

const nameClaim = (name: string): string =>
  name in names ? names[name as keyof typeof names] : `claim ${name}`;

/** What a JWT says of itself; null for other tokens. Nothing is verified here: that is what the cloud does. */
function readClaims(token: string): Raw | null {
  try {
    const text = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8');
    const claims: unknown = JSON.parse(text);
    return typeof claims === 'object' && claims !== null ? (claims as Raw) : null;
  } catch {
    return null;
  }
}

/** Of clouds.yaml settings are below `auth`, of the environment beside it. */
function readSetting(configuration: unknown, name: string): string {
  const settings = asRecord(configuration);
  const value = settings[name] ?? settings[`auth.${name}`];
  return typeof value === 'string' ? value : '';
}

const readMessage = (body: unknown): string => {
  const { message } = asRecord(asRecord(body).error);
  return typeof message === 'string' ? message : '';
};

/** On one line, whatever it is. */
function quote(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '(not there)');
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
}

const asRecord = (value: unknown): Raw =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Raw) : {};
