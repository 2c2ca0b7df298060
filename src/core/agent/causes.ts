import type { ServedDatastore } from '../../model/agent.ts';
import type { Cause, Check } from '../../model/verify.ts';

const mostLines = 12;

/** A check of the agent with all that was said to it. */
export type AgentCheck = Pick<Check, 'id' | 'ok' | 'found'> & { readonly said: string };

/** What is wrong, and what to do, for each check of the agent that failed. */
export const explainAgent = (
  checks: readonly AgentCheck[],
  datastore: ServedDatastore,
): readonly Cause[] =>
  checks
    .filter(({ ok }) => !ok)
    .map((check) => ({ ...explain(check, datastore), lines: readLines(check) }));

const readLines = ({ found, said }: AgentCheck): readonly string[] => {
  const lines = said.split('\n').filter((line) => line.trim() !== '');
  return lines.length === 0 ? [found] : lines.slice(-mostLines);
};

function explain(
  { id, found, said }: AgentCheck,
  { manager, version, image }: ServedDatastore,
): Omit<Cause, 'lines'> {
  const name = `${manager} ${version}`;
  switch (id) {
    case 'agent-answers':
      return {
        code: 'agent-silent',
        message: 'The guest agent did not answer over the message bus.',
        hint: 'Look at the unit of the agent and at what it was injected, in the report of the guest: it has to read its configuration, reach the bus, and have the key of its instance.',
      };
    case 'agent-prepare':
      return {
        code: 'prepare-unheard',
        message: `The guest agent answers, but of prepare for ${name} nothing was recorded.`,
        hint: 'The agent and the Trove of this machine may be too far apart: compare their versions, and read the log of the agent.',
      };
    case 'database-healthy':
      return describeUnhealthy(`${found}\n${said}`, name, `${image}:${version}`);
    case 'prepare-failure-recorded':
      return {
        code: 'prepare-hangs',
        message: `prepare for ${name} neither ended nor failed.`,
        hint: 'Without the container image in the guest it has to fail, and the failure to be recorded: read the log of the agent and of docker.',
      };
    default:
      return {
        code: 'database-silent',
        message: `${name} counts as healthy, and did not answer through its port.`,
        hint: 'Look at the port that docker publishes, at ip_forward and at iptables in the guest.',
      };
  }
}

function describeUnhealthy(said: string, name: string, image: string): Omit<Cause, 'lines'> {
  if (
    /No such image|pull access denied|manifest unknown|Client\.Timeout|no such host|i\/o timeout|lookup /i.test(
      said,
    )
  )
    return {
      code: 'database-image-missing',
      message: `The guest agent wants to pull ${image}, which is not in the guest under this name.`,
      hint: 'Embed it with datastores, by the name and version of the datastore version in Trove; trove-config gives the names of your site.',
    };
  return {
    code: 'database-unhealthy',
    message: `prepare for ${name} did not end in a healthy database.`,
    hint: 'Start an instance of it and read what its container says: docker logs database.',
  };
}
