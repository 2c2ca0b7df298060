import { randomBytes, randomUUID } from 'node:crypto';
import { composeAgentConfig, renderInjection } from '../core/verify/injection.ts';
import type { GuestWiring, Injection, TroveInstance } from '../model/guest.ts';
import type { Workspace } from '../model/plan.ts';
import type { Commands } from '../ports/commands.ts';
import type { Files } from '../ports/files.ts';
import type { Log } from '../ports/log.ts';

export interface InjectPorts {
  readonly commands: Commands;
  readonly files: Files;
  readonly log: Log;
}

const limitSeconds = '60';
/** Exit code of `host/guest-inject` where Trove is not installed, or not as it is known. */
const noTrove = 69;

/** What is injected into a guest that nobody serves: the broker that it is told of does not answer. */
export async function injectAlone(
  ports: InjectPorts,
  workspace: Workspace,
  owner: string,
  how: { readonly brokerAddress: string; readonly hostDir: string },
): Promise<GuestWiring> {
  const instance = inventInstance();
  const agentConfig = composeAgentConfig(`rabbit://trove:verify@${how.brokerAddress}/`);
  const own = renderInjection(instance, agentConfig, owner);
  const theirs = await renderByTrove(
    ports,
    workspace,
    { instance, agentConfig, owner },
    how.hostDir,
  );
  const injection = theirs ?? own;
  const by = injection.renderedBy === 'trove' ? "Trove's own code" : 'trove-image as Trove 18 does';
  ports.log.info(`Injected files, rendered by ${by}: ${Object.keys(injection.files).join(' ')}`);
  return { instance, injection, brokerPort: null, databaseForward: null };
}

/** An instance that no Trove knows of. */
const inventInstance = (): TroveInstance => ({
  id: randomUUID(),
  tenantId: randomBytes(16).toString('hex'),
  datastoreManager: 'mysql',
  datastoreVersion: '8.0',
  rpcKey: randomBytes(16).toString('hex'),
});

async function renderByTrove(
  ports: InjectPorts,
  workspace: Workspace,
  wanted: object,
  hostDir: string,
): Promise<Injection | null> {
  const path = `${workspace.path}/out/injection.json`;
  await ports.files.write(path, JSON.stringify(wanted), 0o600);
  const limit = ['timeout', '--kill-after=2', limitSeconds] as const;
  const python = ['/usr/bin/python3', '-I', `${hostDir}/guest-inject`, path] as const;
  const { exitCode, stdout, stderr } = await ports.commands.run([...limit, ...python]);
  await ports.files.removeFile(path);
  if (exitCode === 0) {
    const rendered = JSON.parse(stdout) as Pick<Injection, 'files' | 'userData'>;
    return { ...rendered, renderedBy: 'trove' };
  }
  if (exitCode !== noTrove) {
    ports.log.warning({
      code: 'trove-did-not-render',
      message: `Trove is installed, but did not render the files to inject: ${stderr.trim().split('\n').at(-1)}`,
      hint: 'The files are rendered as Trove 18 does. Repair or remove the packages of Trove on this machine.',
    });
  }
  return null;
}
