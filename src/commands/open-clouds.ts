import { failure } from '../errors.ts';
import type { CloudLogin, Tls } from '../model/publication.ts';
import { authorize, authorizeOnce, createSession } from '../stages/authorize.ts';
import { type LoginTarget, labelCloud, logIn, renewToken } from '../stages/log-in.ts';
import type { Cloud } from '../stages/look-at-cloud.ts';
import { installPackages } from '../stages/prepare.ts';
import type { PublishPorts, PublishSettings } from './publish-ports.ts';

/** A cloud with a login, and how it is opened again when the run itself is cancelled. */
export interface OpenCloud extends Cloud {
  readonly label: string;
  /** The same with another signal. */
  under(signal: AbortSignal): Cloud;
}

/** Logs in to every cloud that is asked for; `body` may use them while it runs. */
export async function withClouds<T>(
  ports: PublishPorts,
  settings: PublishSettings,
  body: (clouds: readonly OpenCloud[]) => Promise<T>,
): Promise<T> {
  const { login } = settings.request.publication;
  await provideClient(ports);
  return withCloudsYaml(ports, login, settings.temporaryDir, async (environment) => {
    ports.log.chapter('Log in');
    const names = login.clouds.length > 0 ? login.clouds : [''];
    const targets = names.map((name) => ({ name, environment }));
    return body(await Promise.all(targets.map((target) => open(ports, settings, target))));
  });
}

async function open(
  ports: PublishPorts,
  { request: { publication }, signal }: PublishSettings,
  target: LoginTarget,
): Promise<OpenCloud> {
  const { stallMs, login } = publication;
  const withToken = async (): Promise<LoginTarget> => ({
    ...target,
    environment: { ...target.environment, ...(await requestToken(ports, login)) },
  });
  const loginPorts = {
    ...ports,
    now: ports.clock.now,
    openApi: (tls: Tls) => ports.openApi(tls, { stallMs, signal }),
  };
  const access = await logIn(loginPorts, await withToken());
  ports.log.info(`Logged in to ${labelCloud(target)}, project ${access.projectId || '(none)'}`);
  const session = createSession(access, async (old) => {
    ports.log.info(`Renewing the token of ${labelCloud(target)}`);
    return renewToken(loginPorts, await withToken(), old);
  });
  const under = (other: AbortSignal): Cloud => {
    const api = ports.openApi(access.tls, { stallMs, signal: other });
    return {
      get access() {
        return session.access;
      },
      glance: authorize(api, session, ports.clock.now),
      trove: authorizeOnce(api, session),
      sleep: ports.sleep,
    };
  };
  return Object.assign(under(signal), { label: labelCloud(target), under });
}

/** The official client, from the distribution's package where it is missing. */
async function provideClient(ports: PublishPorts): Promise<void> {
  if ((await ports.client.run(['--version'], {})).exitCode !== 127) return;
  ports.log.chapter('Prepare the machine');
  await installPackages(ports, ['python3-openstackclient']);
}

/** The clouds.yaml of the input, for the client of this run only. */
async function withCloudsYaml<T>(
  { files }: PublishPorts,
  { cloudsYaml }: CloudLogin,
  temporaryDir: string,
  body: (environment: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  if (cloudsYaml === '') return body({});
  const directory = files.chooseUniqueName(`${temporaryDir}/trove-image-clouds-`);
  const path = `${directory}/clouds.yaml`;
  await files.makePrivateDirectory(directory);
  try {
    await files.write(path, `${cloudsYaml}\n`, 0o600);
    return await body({ OS_CLIENT_CONFIG_FILE: path });
  } finally {
    await files.removeFile(path);
    await files.removeDirectory(directory);
  }
}

/** GitHub's token of this run; it ends within minutes, so each login asks for a new one. */
async function requestToken(
  { requestIdToken, mask }: PublishPorts,
  { oidcAudience }: CloudLogin,
): Promise<Readonly<Record<string, string>>> {
  if (oidcAudience === '') return {};
  if (requestIdToken === null) {
    throw failure(
      'input',
      'no-oidc',
      "oidc-audience: GitHub's token is given to workflow jobs with the permission id-token: write only, and this is none.",
      'Add `permissions: id-token: write` to the job, or use a login of clouds.yaml.',
    );
  }
  const token = await requestIdToken(oidcAudience);
  mask(token);
  return { OS_ACCESS_TOKEN: token };
}
