import { describe, expect, it } from '@jest/globals';
import { TroveImageError } from '../../src/errors.ts';
import type { AgentRequest } from '../../src/model/agent.ts';
import type { CommandResult, Commands } from '../../src/ports/commands.ts';
import { startAgentProof } from '../../src/stages/agent-proof.ts';
import { fakeFiles, fakeLog } from './fakes.ts';

const directory = '/srv/build/trove-image-AAAAAA/agent';
const request: AgentRequest = {
  ...{ directory, hostDir: '/host', brokerAddress: '10.0.2.100:5672' },
  owner: { user: 'debian', group: 'root' },
  datastore: {
    manager: 'mariadb',
    version: '10.11',
    image: 'mariadb',
    port: 3306,
    isEmbedded: true,
  },
  limits: { aliveMs: 600_000, preparedMs: 900_000 },
};
const injection = {
  files: { '/etc/trove/conf.d/guest_info.conf': '' },
  userData: '#cloud-config\n',
};
const instance = { id: '5d1f', tenantId: '7777' };
const ready = {
  ...{ event: 'ready', instance, brokerPort: 20001, databasePort: 20002 },
  injection: { ...injection, renderedBy: 'trove' },
};
const answers = {
  ...{ event: 'check', id: 'agent-answers', expected: 'an answer', seconds: 145.2 },
  ...{ found: 'True in 0.3 s', ok: true, said: '' },
};
const unhealthy = {
  ...{ event: 'check', id: 'database-healthy', expected: 'healthy', seconds: 190 },
  ...{
    found: 'failed to spawn after 190 s: it failed',
    said: 'it failed\nno such host',
    ok: false,
  },
};

/** A program that says what it is told to, and ends when it is told to. */
function start() {
  const told: string[] = [];
  let say: (line: string) => void = () => undefined;
  let end: (result: Partial<CommandResult>) => void = () => undefined;
  const commands: Commands = {
    run(argv, options) {
      told.push(`${options?.asRoot ? '# ' : ''}${argv.join(' ')}`);
      say = (line) => options?.onLine?.(line);
      return new Promise((resolve) => {
        end = (result) => resolve({ exitCode: 0, stdout: '', stderr: '', ...result });
      });
    },
  };
  const [files, log] = [fakeFiles(), fakeLog()];
  const starting = startAgentProof({ commands, files, log }, request);
  // the request is written before the program runs
  const running = new Promise((resolve) => setImmediate(resolve));
  return {
    ...{ told, files, log, starting, running },
    say: (event: object) => say(JSON.stringify(event)),
    mutter: (line: string) => say(line),
    end: (result: Partial<CommandResult> = {}) => end(result),
  };
}

const problemOf = async (promise: Promise<unknown>) => {
  const error = await promise.then(
    () => null,
    (reason: TroveImageError) => reason,
  );
  expect(error).toBeInstanceOf(TroveImageError);
  return { kind: error?.kind, ...error?.problems[0] };
};

describe('the proof of an agent', () => {
  it('begins with a request that only its owner reads, and a program that runs as root', async () => {
    const { files, told, running } = start();
    await running;
    expect(files.done).toEqual([`write ${directory}/request.json`]);
    expect(told).toEqual([
      `# unshare --mount --pid --fork --kill-child --mount-proc /usr/bin/python3 -I -B /host/agent-proof ${directory}`,
    ]);
  });

  it('gives the wiring of the guest once the bus is there', async () => {
    const { say, starting, running } = start();
    await running;
    say(ready);
    expect((await starting).wiring).toEqual({
      ...{ instance, brokerPort: 20001, injection: { ...injection, renderedBy: 'trove' } },
      databaseForward: { hostPort: 20002, guestPort: 3306 },
    });
  });

  it('tells the program that the power is on, and gives its checks with the causes of those that failed', async () => {
    const { say, mutter, end, starting, files, log, running } = start();
    await running;
    say(ready);
    const proving = (await starting).prove();
    await running;
    expect(files.done).toContain(`write ${directory}/power-on`);
    mutter('a library has something to say');
    say({ event: 'status', status: 'building', seconds: 155 });
    say(answers);
    say(unhealthy);
    end();
    expect(await proving).toEqual({
      checks: [
        {
          id: 'agent-answers',
          expected: 'an answer',
          found: 'True in 0.3 s',
          ok: true,
          ms: 145_200,
        },
        {
          ...{ id: 'database-healthy', expected: 'healthy', ok: false, ms: 190_000 },
          found: 'failed to spawn after 190 s: it failed',
        },
      ],
      causes: [
        expect.objectContaining({
          code: 'database-image-missing',
          lines: ['it failed', 'no such host'],
        }),
      ],
    });
    expect(log.lines).toEqual([
      ' 155 s  the conductor records: building',
      ' 145 s  holds   agent-answers: True in 0.3 s',
      ' 190 s  BROKEN  database-healthy: failed to spawn after 190 s: it failed',
    ]);
  });

  it('stops the program, and a proof that waits has what was known', async () => {
    const { say, end, starting, files, running } = start();
    await running;
    say(ready);
    const companion = await starting;
    const proving = companion.prove();
    const stopping = companion.stop();
    await running;
    expect(files.done).toContain(`write ${directory}/stop`);
    end();
    await stopping;
    expect(await proving).toEqual({ checks: [], causes: [] });
  });

  it.each([
    ['bus-failed', 'RabbitMQ did not start: eaddrinuse'],
    ['conductor-failed', 'trove-conductor did not start: it said nothing'],
  ])(
    'fails as trouble of this machine, with the words of what did not start: %s',
    async (code, message) => {
      const { say, end, starting, running } = start();
      await running;
      say({ event: 'failed', code, message });
      end({ exitCode: 1 });
      expect(await problemOf(starting)).toMatchObject({ kind: 'host', code, message });
    },
  );

  it('fails with the last words of a program that broke before the guest was started', async () => {
    const { mutter, end, starting, running } = start();
    await running;
    mutter('Traceback (most recent call last):');
    mutter("TypeError: get_injected_files() got an unexpected keyword argument 'networks'");
    end({ exitCode: 1 });
    expect(await problemOf(starting)).toMatchObject({
      ...{ kind: 'host', code: 'agent-proof-failed' },
      message: expect.stringContaining('TypeError: get_injected_files()'),
    });
  });

  it.each([
    ['breaks', { exitCode: 1 }],
    ['ends without a check', { exitCode: 0 }],
  ])('never passes for a program that %s while the guest runs', async (_, result) => {
    const { say, end, starting, running } = start();
    await running;
    say(ready);
    const proving = (await starting).prove();
    await running;
    end(result);
    expect(await problemOf(proving)).toMatchObject({ kind: 'host', code: 'agent-proof-failed' });
  });
});
