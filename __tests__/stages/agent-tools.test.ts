import { describe, expect, it } from '@jest/globals';
import type { TroveImageError } from '../../src/errors.ts';
import { provideAgentTools } from '../../src/stages/agent-tools.ts';
import { fakeCommands, fakeLog } from './fakes.ts';

const request = { hostDir: '/host', manager: 'postgresql', install: true };
const ask = '/usr/bin/python3 -I -B /host/agent-proof --missing postgresql';
const install = '# /host/agent-packages rabbitmq-server python3-trove';

/** A machine that lacks these packages, and then those. */
function machine(first: string, later = '', failing: object = {}) {
  let isFirst = true;
  const commands = fakeCommands([[/agent-packages/, failing]]);
  return {
    ...{ log: fakeLog(), started: commands.started },
    commands: {
      async run(...call: Parameters<typeof commands.run>) {
        const result = await commands.run(...call);
        if (!call[0].includes('--missing')) return result;
        const stdout = isFirst ? first : later;
        isFirst = false;
        return { ...result, stdout };
      },
    },
  };
}

const problemsOf = (promise: Promise<void>) =>
  promise.then(
    () => [],
    (error: TroveImageError) => error.problems,
  );

describe('the packages that the proof of an agent needs', () => {
  it('are not touched when nothing is missing', async () => {
    const ports = machine('\n');
    await provideAgentTools(ports, request);
    expect(ports.started).toEqual([ask]);
  });

  it('are installed by the program that lets no service start, and looked for again', async () => {
    const ports = machine('rabbitmq-server\npython3-trove\n');
    await provideAgentTools(ports, request);
    expect(ports.started).toEqual([ask, install, ask]);
  });

  it('are all named, with what to do, when nothing may be installed', async () => {
    const ports = machine('rabbitmq-server\npython3-trove\n');
    const problems = await problemsOf(provideAgentTools(ports, { ...request, install: false }));
    expect(ports.started).toEqual([ask]);
    expect(problems.map(({ code }) => code)).toEqual(['tool-missing', 'tool-missing']);
    expect(problems[1]).toMatchObject({
      message: expect.stringMatching(/python3-trove is not installed, and install: none/),
      hint: expect.stringMatching(/Install the package python3-trove .*verify: boot/),
    });
  });

  it('are named when installing did not bring them', async () => {
    const ports = machine('python3-trove\n', 'python3-trove\n');
    const problems = await problemsOf(provideAgentTools(ports, request));
    expect(problems).toMatchObject([{ code: 'tool-missing' }]);
    expect(problems[0]?.message).toContain('although installing worked');
  });

  it('cannot be had where apt-get says why', async () => {
    const lines = ['Reading package lists...', 'E: Unable to locate package python3-trove'];
    const ports = machine('python3-trove\n', '', { exitCode: 100, lines });
    const problems = await problemsOf(provideAgentTools(ports, request));
    expect(problems).toMatchObject([{ code: 'apt-failed' }]);
    expect(problems[0]?.message).toContain('E: Unable to locate package python3-trove');
    expect(problems[0]?.hint).toContain('universe');
  });
});
