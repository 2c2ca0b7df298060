import { describe, expect, it } from '@jest/globals';
import {
  chooseAgentLimits,
  composeAgentCommand,
  composeAgentRequest,
} from '../../../src/core/agent/request.ts';
import type { AgentRequest } from '../../../src/model/agent.ts';

const request: AgentRequest = {
  ...{ directory: '/srv/build/trove-image-AAAAAA/agent', hostDir: '/opt/trove image/host' },
  owner: { user: 'debian', group: 'root' },
  brokerAddress: '10.0.2.100:5672',
  datastore: {
    manager: 'mariadb',
    version: '10.11',
    image: 'mariadb',
    port: 3306,
    isEmbedded: true,
  },
  limits: { aliveMs: 600_000, preparedMs: 900_000 },
};

describe('the request to the program that proves an agent', () => {
  it('names datastore, owner, bus and limits, and an end of all after them', () => {
    expect(JSON.parse(composeAgentRequest(request))).toEqual({
      datastore: { manager: 'mariadb', version: '10.11', image: 'mariadb' },
      isEmbedded: true,
      owner: { user: 'debian', group: 'root' },
      brokerAddress: '10.0.2.100:5672',
      databasePort: 3306,
      ...{ aliveSeconds: 600, preparedSeconds: 900, querySeconds: 120, seconds: 1500 },
    });
  });

  it('is run in a process namespace that ends with it, by a command that names the workspace', () => {
    const argv = composeAgentCommand(request);
    expect(argv[0]).toBe('unshare');
    expect(argv).toEqual(expect.arrayContaining(['--pid', '--kill-child']));
    expect(argv.slice(-2)).toEqual(['/opt/trove image/host/agent-proof', request.directory]);
  });
});

describe('the limits of an agent', () => {
  it.each([
    ['kvm', { aliveMs: 200_000, preparedMs: 300_000 }],
    ['tcg', { aliveMs: 600_000, preparedMs: 900_000 }],
  ] as const)('are three times what was measured with %s', (accelerator, limits) => {
    expect(chooseAgentLimits(accelerator, null)).toEqual(limits);
  });

  it.each([
    [1000, 880_000],
    [60, 30_000],
  ])('leave time for the query of the %d s that a person gives', (seconds, preparedMs) => {
    expect(chooseAgentLimits('kvm', seconds)).toEqual({ aliveMs: preparedMs, preparedMs });
  });
});
