import { failure, type Problem, TroveImageError } from '../errors.ts';
import type { Commands } from '../ports/commands.ts';
import type { Log } from '../ports/log.ts';

export interface AgentToolsPorts {
  readonly commands: Commands;
  readonly log: Log;
}

export interface AgentToolsRequest {
  readonly hostDir: string;
  /** Datastore that will be asked through its port. */
  readonly manager: string;
  /** Whether what is missing may be installed. */
  readonly install: boolean;
}

/** Sees to the Debian packages that the proof of an agent needs; their services start neither now nor at the next boot. */
export async function provideAgentTools(
  ports: AgentToolsPorts,
  request: AgentToolsRequest,
): Promise<void> {
  const missing = await listMissing(ports, request);
  if (missing.length === 0) return;
  if (!request.install)
    throw new TroveImageError(
      'host',
      missing.map(describeMissing('and install: none forbids to install it')),
    );
  await install(ports, missing, request.hostDir);
  const still = await listMissing(ports, request);
  if (still.length > 0)
    throw new TroveImageError('host', still.map(describeMissing('although installing worked')));
}

async function listMissing(
  { commands }: AgentToolsPorts,
  { hostDir, manager }: AgentToolsRequest,
): Promise<readonly string[]> {
  const python = ['/usr/bin/python3', '-I', '-B'] as const;
  const argv = [...python, `${hostDir}/agent-proof`, '--missing', manager] as const;
  const { exitCode, stdout, stderr } = await commands.run(argv);
  if (exitCode === 0) return stdout.split('\n').filter((line) => line !== '');
  throw failure(
    'host',
    'tool-missing',
    `/usr/bin/python3 cannot be used here: ${stderr.trim().split('\n').at(-1) || `exit code ${exitCode}`}`,
    'Install the package python3.',
  );
}

const describeMissing =
  (why: string) =>
  (name: string): Problem => ({
    code: 'tool-missing',
    message: `The guest agent cannot be called from here: ${name} is not installed, ${why}.`,
    hint: `Install the package ${name} without starting its service, use install: auto, or verify: boot, which does without it.`,
  });

async function install(
  ports: AgentToolsPorts,
  packages: readonly string[],
  hostDir: string,
): Promise<void> {
  ports.log.info(`Installing ${packages.join(' ')}, without starting a service`);
  const lines: string[] = [];
  const onLine = (line: string): void => {
    lines.push(line);
    ports.log.detail(line);
  };
  const argv = [`${hostDir}/agent-packages`, ...packages] as const;
  const { exitCode } = await ports.commands.run(argv, { asRoot: true, onLine });
  if (exitCode === 0) return;
  const said = lines.filter((line) => /^(E|Err|W):/.test(line)).join(' ');
  throw failure(
    'host',
    'apt-failed',
    `apt-get could not install ${packages.join(' ')}: ${said || `exit code ${exitCode}`}`,
    "Check this machine's package sources (python3-trove is in Debian's main and Ubuntu's universe), or install the packages yourself and use install: none.",
  );
}
