import { explainAgent } from '../core/agent/causes.ts';
import { readAgentEvent } from '../core/agent/events.ts';
import { composeAgentCommand, composeAgentRequest } from '../core/agent/request.ts';
import { failure } from '../errors.ts';
import type { AgentEvent, AgentRequest } from '../model/agent.ts';
import type { GuestCompanion } from '../model/guest.ts';
import type { Check } from '../model/verify.ts';
import type { Commands } from '../ports/commands.ts';
import type { Files } from '../ports/files.ts';
import type { Log } from '../ports/log.ts';

export interface AgentPorts {
  readonly commands: Commands;
  readonly files: Files;
  readonly log: Log;
}

/**
 * Starts a message bus and Trove's conductor, and makes an instance: `prepare` waits in its queue when its database is
 * embedded. What is proven is the agent of the guest that is then started with this wiring.
 */
export async function startAgentProof(
  ports: AgentPorts,
  request: AgentRequest,
): Promise<GuestCompanion> {
  const { directory, datastore } = request;
  await ports.files.write(`${directory}/request.json`, composeAgentRequest(request), 0o600);
  const { ready, ended } = run(ports, request);
  let isStopped = false;
  const { databasePort, instance, injection, brokerPort } = await ready;
  return {
    wiring: {
      ...{ instance, injection, brokerPort },
      databaseForward: { hostPort: databasePort, guestPort: datastore.port },
    },
    async prove() {
      await ports.files.write(`${directory}/power-on`, '');
      const steps = await ended;
      if (steps.length === 0 && !isStopped) throw describeCrash([], 0);
      return { checks: steps.map(toCheck), causes: explainAgent(steps, datastore) };
    },
    async stop() {
      isStopped = true;
      await ports.files.write(`${directory}/stop`, '');
      await ended.catch(() => undefined);
    },
  };
}

type Ready = Extract<AgentEvent, { event: 'ready' }>;

/** Runs the program: what it says once the guest may be started, and its checks once it has ended. */
function run(ports: AgentPorts, request: AgentRequest) {
  const steps: CheckStep[] = [];
  const said: string[] = [];
  const failures: Error[] = [];
  let becomeReady: (ready: Ready) => void = () => undefined;
  const isReady = new Promise<Ready>((resolve) => {
    becomeReady = resolve;
  });
  const onLine = (line: string): void => {
    const event = readAgentEvent(line);
    if (event === null) said.push(line);
    else if (event.event === 'ready') becomeReady(event);
    else if (event.event === 'failed') failures.push(describeFailure(event));
    else ports.log.info(describeStep(event));
    if (event?.event === 'check') steps.push(event);
  };
  const program = ports.commands.run(composeAgentCommand(request), { asRoot: true, onLine });
  const ended = program.then(({ exitCode, stderr }) => {
    const [failed] = failures;
    if (failed !== undefined) throw failed;
    if (exitCode !== 0) throw describeCrash([...said, stderr.trim()], exitCode);
    return steps;
  });
  const neverReady = ended.then(() => Promise.reject(describeCrash(said, 0)));
  return { ready: Promise.race([isReady, neverReady]), ended };
}

type CheckStep = Extract<AgentEvent, { event: 'check' }>;
type Step = CheckStep | Extract<AgentEvent, { event: 'status' }>;

function describeStep(step: Step): string {
  const at = `${step.seconds.toFixed(0).padStart(4)} s`;
  if (step.event === 'status') return `${at}  the conductor records: ${step.status}`;
  return `${at}  ${step.ok ? 'holds ' : 'BROKEN'}  ${step.id}: ${step.found}`;
}

const toCheck = ({ id, expected, found, ok, seconds }: CheckStep): Check => ({
  ...{ id, expected, found, ok },
  ms: Math.round(seconds * 1000),
});

const describeFailure = ({ code, message }: Extract<AgentEvent, { event: 'failed' }>): Error =>
  failure(
    'host',
    code,
    message,
    'Its last lines say what it lacks: memory, space or a port of 127.0.0.1.',
  );

const describeCrash = (said: readonly string[], exitCode: number): Error =>
  failure(
    'host',
    'agent-proof-failed',
    `host/agent-proof ended with exit code ${exitCode}: ${said.filter((line) => line !== '').at(-1) ?? 'it said nothing'}`,
    'The Trove of this machine may be one that it does not know: say so in an issue, with its version.',
  );
