import type { AgentLimits, AgentRequest } from '../../model/agent.ts';
import type { Accelerator } from '../../model/verify.ts';

/** Three times what a good image was measured to take. */
const usualLimits: Readonly<Record<Accelerator, AgentLimits>> = {
  kvm: { aliveMs: 200_000, preparedMs: 300_000 },
  tcg: { aliveMs: 600_000, preparedMs: 900_000 },
};
/** The agent may call a database healthy that is still starting. */
const querySeconds = 120;
/** For the broker to start, for the guest to be made ready, and for the questions to a database. */
const aroundSeconds = 600;

/** How long an agent may take; `seconds` is what a person asked for, for all of the guest, and leaves time for the query. */
export function chooseAgentLimits(accelerator: Accelerator, seconds: number | null): AgentLimits {
  if (seconds === null) return usualLimits[accelerator];
  const preparedMs = Math.max(seconds - querySeconds, seconds / 2) * 1000;
  return { aliveMs: preparedMs, preparedMs };
}

/** The file that `host/agent-proof` reads. */
export function composeAgentRequest({
  owner,
  brokerAddress,
  datastore,
  limits,
}: AgentRequest): string {
  const { manager, version, image, port, isEmbedded } = datastore;
  const [aliveSeconds, preparedSeconds] = [limits.aliveMs / 1000, limits.preparedMs / 1000];
  return JSON.stringify({
    datastore: { manager, version, image },
    ...{ isEmbedded, owner, brokerAddress, aliveSeconds, preparedSeconds, querySeconds },
    databasePort: port,
    seconds: preparedSeconds + aroundSeconds,
  });
}

/** The command that runs it: everything that it starts ends with it. */
export const composeAgentCommand = ({
  directory,
  hostDir,
}: AgentRequest): readonly [string, ...string[]] => [
  'unshare',
  ...['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'],
  ...['/usr/bin/python3', '-I', '-B'],
  `${hostDir}/agent-proof`,
  directory,
];
