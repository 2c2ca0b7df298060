import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { basename, join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { composeAgentCommand, composeAgentRequest } from '../../src/core/agent/request.ts';
import type { AgentEvent, AgentRequest } from '../../src/model/agent.ts';
import { projectDirectory } from '../support/checkout.ts';
import { readResidue } from '../support/residue.ts';
import { type Program, startProgram } from '../support/stand-in/program.ts';

const hostDir = join(projectDirectory, 'host');
const guestAgent = join(projectDirectory, '__tests__/fixtures/guest-agent/guest_agent.py');
const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' };
const MINUTE_MS = 60_000;
/** What the guest would reach the bus by. */
const brokerAddress = '192.0.2.100:5672';
type Ready = Extract<AgentEvent, { event: 'ready' }>;
type Found = Extract<AgentEvent, { event: 'check' }>;

let directory: string;
const running: Program[] = [];

function start(argv: readonly string[]): Program {
  const program = startProgram(argv, { cwd: directory, environment, timeLimitMs: 2 * MINUTE_MS });
  running.push(program);
  return program;
}

/** Starts the program and waits for what the guest's machine is told. */
async function startProof(changes: { isEmbedded: boolean; aliveMs?: number }) {
  const request: AgentRequest = {
    ...{ directory: join(directory, 'agent'), hostDir, brokerAddress },
    owner: { user: 'debian', group: 'root' },
    datastore: {
      ...{ manager: 'mysql', version: '8.0', image: '192.0.2.1:4000/mysql', port: 3306 },
      isEmbedded: changes.isEmbedded,
    },
    limits: { aliveMs: changes.aliveMs ?? MINUTE_MS, preparedMs: MINUTE_MS },
  };
  mkdirSync(request.directory);
  const text = JSON.stringify({ ...JSON.parse(composeAgentRequest(request)), querySeconds: 1 });
  writeFileSync(join(request.directory, 'request.json'), text);
  const program = start(composeAgentCommand(request));
  let said = '';
  program.child.stdout?.on('data', (text: string) => {
    said += text;
  });
  await program.seen(/"event": "ready".*\n/);
  const events = (): readonly AgentEvent[] =>
    said
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as AgentEvent);
  const [ready] = events().filter((event): event is Ready => event.event === 'ready');
  if (ready === undefined) throw new Error(said);
  const end = async (): Promise<readonly Found[]> => {
    expect((await program.ended).status).toBe(0);
    return events().filter((event): event is Found => event.event === 'check');
  };
  return { program, ready, events, end, tell: (name: string) => tell(request.directory, name) };
}

const tell = (place: string, name: string): void => writeFileSync(join(place, name), '');

/** Starts an agent on what was injected; what its guest reaches by forwarding it reaches at once. */
function startAgent(ready: Ready, outcome: string, change = (text: string): string => text): void {
  const place = join(directory, 'conf.d');
  mkdirSync(place);
  for (const [path, content] of Object.entries(ready.injection.files)) {
    const text = content.replace(brokerAddress, `127.0.0.1:${ready.brokerPort}`);
    writeFileSync(join(place, basename(path)), change(text));
  }
  start(['/usr/bin/python3', '-B', guestAgent, place, outcome]);
}

beforeAll(() => {
  const program = join(hostDir, 'agent-proof');
  const argv = ['-I', '-B', program, '--missing', 'mysql'];
  const missing = execFileSync('/usr/bin/python3', argv, { encoding: 'utf8' }).trim();
  if (missing !== '') throw new Error(`not installed: ${missing}`);
});

beforeEach(() => {
  directory = mkdtempSync('/var/tmp/agent-proof-test-');
});

afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    if (child.pid !== undefined && child.exitCode === null) child.kill('SIGKILL');
    await ended;
  }
  const residue = readResidue(basename(directory));
  rmSync(directory, { recursive: true });
  expect(residue).toMatchObject({ processes: [], mounts: [] });
});

/** Whether somebody listens on a port of 127.0.0.1. */
const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () =>
      resolve(false),
    );
    socket.on('connect', () => socket.destroy());
  });
const outcomes = (found: readonly Found[]) => found.map(({ id, ok }) => [id, ok]);

describe('the proof of a guest agent, with RabbitMQ and Trove’s conductor', () => {
  it(
    'lets an agent that ends in a healthy database hold, and asks the database through its port',
    async () => {
      const { ready, tell, end, events } = await startProof({ isEmbedded: true });
      // as it waits in the queue before the power is on, so it does before the agent is there
      startAgent(ready, 'healthy');
      tell('power-on');
      const found = await end();
      expect(outcomes(found)).toEqual([
        ['agent-answers', true],
        ['agent-prepare', true],
        ['database-healthy', true],
        ['database-query', false],
      ]);
      // nobody has led the port to a database
      expect(found[3]?.found).toMatch(/ECONNREFUSED/);
      const statuses = events().flatMap((event) =>
        event.event === 'status' ? [event.status] : [],
      );
      expect(statuses.at(-1)).toBe('healthy');
      expect(await listens(ready.brokerPort)).toBe(false);
    },
    2 * MINUTE_MS,
  );

  it(
    'wants a failure with its reason on record where no database is in the guest',
    async () => {
      const { ready, tell, end } = await startProof({ isEmbedded: false });
      startAgent(ready, 'failed');
      tell('power-on');
      const found = await end();
      expect(outcomes(found)).toEqual([
        ['agent-answers', true],
        ['agent-prepare', true],
        ['prepare-failure-recorded', true],
      ]);
      expect(found[2]?.found).toMatch(
        /^failed to spawn after \d+ s: .*no such image: 192\.0\.2\.1:4000\/mysql/s,
      );
    },
    2 * MINUTE_MS,
  );

  it(
    'does not hear an agent that has the key of another instance',
    async () => {
      const { ready, tell, end } = await startProof({ isEmbedded: false, aliveMs: 12_000 });
      startAgent(ready, 'healthy', (text) =>
        text.replace(/instance_rpc_encr_key=.*/, `instance_rpc_encr_key=${'0'.repeat(32)}`),
      );
      tell('power-on');
      expect(outcomes(await end())).toEqual([['agent-answers', false]]);
    },
    2 * MINUTE_MS,
  );

  it(
    'has Trove itself render what is injected, for one bus and one owner',
    async () => {
      const { ready, tell, program } = await startProof({ isEmbedded: false });
      const { files, userData } = ready.injection;
      expect(Object.keys(files)).toEqual([
        '/etc/trove/conf.d/guest_info.conf',
        '/etc/trove/conf.d/trove-guestagent.conf',
      ]);
      const [info = '', config = ''] = Object.values(files);
      expect(info).toMatch(new RegExp(`^guest_id=${ready.instance.id}$`, 'm'));
      expect(info).toMatch(/^instance_rpc_encr_key=.{32}$/m);
      expect(config).toMatch(
        /^transport_url = rabbit:\/\/[^:]+:[0-9a-f]{32}@192\.0\.2\.100:5672\//m,
      );
      expect(config).toMatch(/^\[mysql\]\ndocker_image = 192\.0\.2\.1:4000\/mysql$/m);
      expect(userData).toMatch(/^#cloud-config\nwrite_files:\n/);
      expect(userData.match(/owner: debian:root/g)).toHaveLength(2);
      tell('stop');
      expect((await program.ended).status).toBe(0);
      expect(await listens(ready.brokerPort)).toBe(false);
    },
    2 * MINUTE_MS,
  );

  it.each([
    ['its standard input does', (program: Program) => program.child.stdin?.end()],
    ['it is killed', (program: Program) => program.child.kill('SIGKILL')],
  ])(
    'ends with all that it started when %s',
    async (_, end) => {
      const { ready, program } = await startProof({ isEmbedded: true });
      expect(await listens(ready.brokerPort)).toBe(true);
      end(program);
      await program.ended;
      for (let tries = 0; tries < 50 && (await listens(ready.brokerPort)); tries += 1)
        await new Promise((resolve) => setTimeout(resolve, 100));
      expect(await listens(ready.brokerPort)).toBe(false);
    },
    2 * MINUTE_MS,
  );
});

describe('what the proof lacks', () => {
  it('is named as Debian packages', () => {
    const cover = 'for place in "$@"; do mount -t tmpfs none "$place"; done';
    const ask = `/usr/bin/python3 -I -B '${hostDir}/agent-proof' --missing postgresql`;
    const modules = ['trove', 'psycopg2'].map((name) => `/usr/lib/python3/dist-packages/${name}`);
    const argv = ['-eu', '-c', `${cover}; ${ask}`, 'cover', '/usr/lib/rabbitmq', ...modules];
    const said = execFileSync('unshare', ['--mount', 'sh', ...argv], { encoding: 'utf8' });
    expect(said.split('\n')).toEqual(['rabbitmq-server', 'python3-trove', 'python3-psycopg2', '']);
  });
});
