import {
  type ClientAnswers,
  listConfiguredSecrets,
  needsNoLogin,
  readAccess,
  readTls,
} from '../core/openstack/access.ts';
import { explainOidc, findAccessToken, findFederationUrl } from '../core/openstack/explain-oidc.ts';
import {
  explainLoginFailure,
  loginCommands,
  mayPass,
  readLoginAnswers,
} from '../core/openstack/login.ts';
import { failure, type Problem, TroveImageError } from '../errors.ts';
import type { CloudAccess, Tls } from '../model/publication.ts';
import { secretName } from '../model/secrets.ts';
import type { Api } from '../ports/api.ts';
import type { CloudClient } from '../ports/cloud-client.ts';
import type { Sleep } from '../ports/machine.ts';

export interface LoginPorts {
  readonly client: CloudClient;
  readonly sleep: Sleep;
  /** HTTP to the Keystone of a cloud. */
  openApi(tls: Tls): Pick<Api, 'call'>;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Hides a value in everything that is printed from here on. */
  mask(secret: string): void;
}

/** One cloud, as the official client is told of it. */
export interface LoginTarget {
  /** Name of clouds.yaml; empty: what the environment says. */
  readonly name: string;
  /** What the client gets beside the environment of the caller. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What a cloud is called in messages. */
export const labelCloud = ({ name }: LoginTarget): string =>
  name === '' ? 'the cloud of the environment' : name;

/** Lets the official client log in, and finds out how Glance, Trove and Nova are reached. */
export async function logIn(ports: LoginPorts, target: LoginTarget): Promise<CloudAccess> {
  const answers = (await askAtOnce(ports, target)) ?? (await askOneByOne(ports, target));
  for (const secret of listConfiguredSecrets(answers.configuration, secretName)) ports.mask(secret);
  const access = readAccess(labelCloud(target), answers);
  if (access.token !== '') ports.mask(access.token);
  return access;
}

/** One start of the client, which takes a second, for all questions; null when it did not answer them all. */
async function askAtOnce(
  { client }: LoginPorts,
  { name, environment }: LoginTarget,
): Promise<ClientAnswers | null> {
  // with an option on its command line it would not read its standard input
  const cloud: Readonly<Record<string, string>> = name === '' ? {} : { OS_CLOUD: name };
  const input = `${loginCommands.join('\n')}\n`;
  const { stdout } = await client.run([], { ...environment, ...cloud }, input);
  const answers = readLoginAnswers(stdout);
  if (answers === null) return null;
  const [configuration, token, catalog] = answers;
  return { configuration, token, catalog };
}

async function askOneByOne(ports: LoginPorts, target: LoginTarget): Promise<ClientAnswers> {
  const ask = (words: readonly string[]): Promise<unknown> => askClient(ports, target, words);
  const configuration = await ask(['configuration', 'show']);
  if (needsNoLogin(configuration)) return { configuration, token: null, catalog: null };
  for (const secret of listConfiguredSecrets(configuration, secretName)) ports.mask(secret);
  const token = await askClient(ports, target, ['token', 'issue'], (stderr) =>
    explainToken(ports, target, configuration, stderr),
  );
  return { configuration, token, catalog: await ask(['catalog', 'list']) };
}

/** The same access with a new token. */
export async function renewToken(
  ports: LoginPorts,
  target: LoginTarget,
  access: CloudAccess,
): Promise<CloudAccess> {
  if (access.token === '') return access;
  const token = await askClient(ports, target, ['token', 'issue'], async (stderr) =>
    explainToken(ports, target, await askClient(ports, target, ['configuration', 'show']), stderr),
  );
  const { id = '', expires = '' } = token as { readonly id?: string; readonly expires?: string };
  ports.mask(id);
  const expiresAtMs = Date.parse(expires);
  return { ...access, token: id, expiresAtMs: Number.isNaN(expiresAtMs) ? null : expiresAtMs };
}

/** A refused token of GitHub: the client does not tell what Keystone's own gate says of it. */
async function explainToken(
  ports: LoginPorts,
  target: LoginTarget,
  configuration: unknown,
  stderr: string,
): Promise<Problem | null> {
  const url = findFederationUrl(configuration);
  if (url === null) return null;
  const token = findAccessToken(configuration);
  const headers = { Authorization: `Bearer ${token}` };
  const probe =
    token === ''
      ? ({ kind: 'no-answer', reason: 'there is no token' } as const)
      : await ports.openApi(readTls(configuration)).call({ method: 'POST', url, headers });
  const cloud = labelCloud(target);
  return explainOidc({ cloud, configuration, token, stderr, probe, nowMs: ports.now() });
}

const tries = 4;

async function askClient(
  { client, sleep }: LoginPorts,
  target: LoginTarget,
  words: readonly string[],
  explain: (stderr: string) => Promise<Problem | null> = async () => null,
): Promise<unknown> {
  const cloud = target.name === '' ? [] : ['--os-cloud', target.name];
  for (let attempt = 1; ; attempt += 1) {
    const result = await client.run([...cloud, ...words, '--format', 'json'], target.environment);
    if (result.exitCode === 0) return readJson(result.stdout, words);
    if (attempt < tries && mayPass(result.stderr)) {
      await sleep(attempt * 2000);
      continue;
    }
    // an explanation that fails hides nothing
    const problem = await explain(result.stderr).catch(() => null);
    if (problem !== null) throw new TroveImageError('publish', [problem]);
    throw explainLoginFailure(labelCloud(target), words, result);
  }
}

function readJson(text: string, words: readonly string[]): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw failure(
      'publish',
      'login-failed',
      `openstack ${words.join(' ')} did not print JSON.`,
      'Check the version of python-openstackclient: trove-image needs 5.0 or newer.',
    );
  }
}
