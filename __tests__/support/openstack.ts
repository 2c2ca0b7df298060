import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { projectDirectory } from './checkout.ts';
import type { GithubOidc } from './github-oidc.ts';
import { startProgram } from './stand-in/program.ts';

/** A real Keystone, Glance and Trove on loopback, in a directory of their own. */
export interface Openstack {
  readonly directory: string;
  /** Path of a clouds.yaml with the clouds `admin`, `publisher` (an application credential), `member`, and `github` with oidc. */
  readonly cloudsYaml: string;
  /** Trove's needs the id of a project: see `tokens`. */
  readonly urls: Readonly<Record<'keystone' | 'glance' | 'trove', string>> & {
    /** Keystone behind Apache, with oidc. */
    readonly apache?: string;
  };
  /** The words that a command of trove-manage comes after. */
  readonly troveManage: readonly string[];
  /** A new login to a cloud of clouds.yaml. */
  tokens(cloud: string): Promise<Login>;
  /** What runs now. */
  services(): Promise<Readonly<Record<string, ServiceProcesses>>>;
  /** Ends a service at once and with all of its processes, as a machine that loses power does. */
  kill(service: string): Promise<void>;
  /** Starts what does not run; services with other settings than before start anew. */
  up(settings?: Settings): Promise<void>;
  stop(): Promise<void>;
}

export interface Login {
  readonly token: string;
  readonly projectId: string;
  /** Public endpoints by the type of the service: `identity`, `image`, `database`. */
  readonly endpoints: Readonly<Record<string, string>>;
}

export interface ServiceProcesses {
  /** The process whose end ends all others. */
  readonly leader: number;
  readonly pids: readonly number[];
  readonly megabytes: number;
}

/** Values such as `glance:DEFAULT.user_storage_quota=1000`, as the flag --set takes them. */
export type Settings = readonly string[];

export interface OpenstackOptions {
  /** RabbitMQ and trove-conductor, too. */
  readonly bus?: boolean;
  /** Apache, too, which lets jobs of GitHub log in: with tokens for the audience keystone.example.org, from the branch main of example/trove-images. */
  readonly oidc?: Pick<GithubOidc, 'issuer' | 'caPath'>;
  /** When it ends by itself; half an hour unless given. */
  readonly hours?: number;
  readonly settings?: Settings;
}

interface Described {
  readonly cloudsYaml: string;
  readonly urls: Openstack['urls'];
  readonly services: Readonly<Record<string, ServiceProcesses>>;
  readonly troveManage: readonly string[];
}

interface Cloud {
  readonly auth_type: 'password' | 'v3applicationcredential';
  readonly auth: Readonly<Record<string, string>>;
}

interface TokenAnswer {
  readonly token: {
    readonly project: { readonly id: string };
    readonly catalog: readonly {
      readonly type: string;
      readonly endpoints: readonly { readonly interface: string; readonly url: string }[];
    }[];
  };
}

const program = join(projectDirectory, 'scripts', 'openstack');
const TIME_LIMIT_MS = 300_000;

/** Installs what a stack needs; why this machine cannot have one, or null when it can. */
export function explainMissingOpenstack({ bus = false, oidc = false } = {}): string | null {
  const words = ['install', ...(bus ? ['--bus'] : []), ...(oidc ? ['--oidc'] : [])];
  const done = spawnSync(program, words, { encoding: 'utf8', timeout: 900_000 });
  if (done.status === 0) return null;
  if (done.status === 3) return done.stderr.trim();
  throw new Error(`openstack install: exit code ${done.status}\n${done.stderr}`);
}

/** Starts a stack: in about 5 s when one was started before on this machine, else in about 15 s. */
export async function startOpenstack(options: OpenstackOptions = {}): Promise<Openstack> {
  const parent = mkdtempSync(join(tmpdir(), 'openstack-test-'));
  const directory = join(parent, 'stack');
  const { oidc, bus, hours = 0.5 } = options;
  const login = oidc ? ['--oidc', oidc.issuer, '--oidc-ca', oidc.caPath] : [];
  const flags = ['--hours', String(hours), ...(bus ? ['--bus'] : []), ...login];
  const up = (settings: Settings = []): Promise<string> => {
    const set = settings.flatMap((setting) => ['--set', setting]);
    return runOpenstack(['up', '--state', directory, '--json', ...flags, ...set]);
  };
  const stop = async (): Promise<void> => {
    await runOpenstack(['down', '--state', directory]);
    rmdirSync(parent);
  };
  try {
    const { cloudsYaml, urls, troveManage } = JSON.parse(await up(options.settings)) as Described;
    const services = async (): Promise<Described['services']> =>
      JSON.parse(await runOpenstack(['status', '--state', directory, '--json'])).services;
    return {
      ...{ directory, cloudsYaml, urls, troveManage, services, stop },
      async up(settings) {
        await up(settings);
      },
      async kill(service) {
        const found = (await services())[service];
        if (found === undefined) throw new Error(`${service} does not run`);
        for (const pid of found.pids) endProcess(pid);
        while ((await services())[service] !== undefined);
      },
      async tokens(name) {
        const { clouds } = parse(readFileSync(cloudsYaml, 'utf8'));
        return logIn(urls.keystone, clouds[name]);
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Runs the command, as a user of this machine would; what it prints. Rejects when it fails, with what it says. */
export async function runOpenstack(words: readonly string[]): Promise<string> {
  const environment = Object.fromEntries(
    ['HOME', 'PATH', 'XDG_CACHE_HOME'].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const options = { cwd: projectDirectory, environment, timeLimitMs: TIME_LIMIT_MS };
  const done = await startProgram([program, ...words], options).ended;
  if (done.status !== 0)
    throw new Error(`openstack ${words.join(' ')}: exit code ${done.status}\n${done.stderr}`);
  return done.stdout;
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function logIn(keystone: string, cloud: Cloud): Promise<Login> {
  const answer = await fetch(`${keystone}/auth/tokens`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ auth: describeLogin(cloud) }),
  });
  if (!answer.ok) throw new Error(`Keystone answers ${answer.status}: ${await answer.text()}`);
  const { token } = (await answer.json()) as TokenAnswer;
  const endpoints = token.catalog.flatMap(({ type, endpoints }) =>
    endpoints.filter((one) => one.interface === 'public').map(({ url }) => [type, url] as const),
  );
  return {
    token: answer.headers.get('X-Subject-Token') ?? '',
    projectId: token.project.id,
    endpoints: Object.fromEntries(endpoints),
  };
}

function describeLogin({ auth_type, auth }: Cloud): object {
  if (auth_type === 'v3applicationcredential') {
    const { application_credential_id: id, application_credential_secret: secret } = auth;
    const credential = { id, secret };
    return {
      identity: { methods: ['application_credential'], application_credential: credential },
    };
  }
  const { username: name, password, project_name } = auth;
  const domain = { id: 'default' };
  return {
    identity: { methods: ['password'], password: { user: { name, password, domain } } },
    scope: { project: { name: project_name, domain } },
  };
}
