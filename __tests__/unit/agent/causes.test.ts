import { describe, expect, it } from '@jest/globals';
import { type AgentCheck, explainAgent } from '../../../src/core/agent/causes.ts';

const datastore = {
  ...{ manager: 'mariadb', version: '10.11', image: '192.0.2.1/mariadb', port: 3306 },
  isEmbedded: true,
};
const check = (id: string, said: string, ok = false): AgentCheck => ({
  ...{ id, found: said.split('\n')[0] ?? '', ok, said },
});
const codes = (...checks: readonly AgentCheck[]): readonly string[] =>
  explainAgent(checks, datastore).map(({ code }) => code);

describe('causes of an agent that did not do as it should', () => {
  it.each([
    ['agent-answers', 'no answer', 'agent-silent'],
    ['agent-prepare', 'new', 'prepare-unheard'],
    ['prepare-failure-recorded', 'building after 900 s', 'prepare-hangs'],
    ['database-query', 'OperationalError: timed out', 'database-silent'],
    ['database-healthy', 'building after 900 s', 'database-unhealthy'],
    [
      'database-healthy',
      'failed to spawn after 18 s: docker.errors.ImageNotFound: pull access denied for mariadb',
      'database-image-missing',
    ],
    [
      'database-healthy',
      'failed to spawn after 18 s: Get "https://registry.example.org/v2/": dial tcp: lookup registry.example.org: Temporary failure',
      'database-image-missing',
    ],
  ])('%s, which found %s, is %s', (id, found, code) => {
    expect(codes(check(id, found))).toEqual([code]);
  });

  it('are none for checks that hold', () => {
    expect(codes(check('agent-answers', 'True in 0.3 s', true))).toEqual([]);
  });

  it('name the datastore and the image that the agent wants, and show the last lines of what it said', () => {
    const said = Array.from({ length: 40 }, (_, number) => `line ${number}`).join('\n');
    const [cause] = explainAgent([check('database-healthy', `no such host\n${said}`)], datastore);
    expect(cause?.message).toContain('192.0.2.1/mariadb:10.11');
    expect(cause?.lines).toHaveLength(12);
    expect(cause?.lines.at(-1)).toBe('line 39');
  });
});
