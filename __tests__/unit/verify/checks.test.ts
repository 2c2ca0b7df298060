import { describe, expect, it } from '@jest/globals';
import { checkGuest } from '../../../src/core/verify/checks.ts';
import { gather } from '../../../src/core/verify/evidence.ts';
import { explain } from '../../../src/core/verify/explain.ts';
import { guestInfoPath } from '../../../src/core/verify/injection.ts';
import type { GuestReport } from '../../../src/model/guest-report.ts';
import { makeReport } from './report.ts';
import { given, goodHints } from './support.ts';

const powerOnMs = 1_790_000_000_000;
const reportMs = 120_000;

/** What is known of a guest that came up, reported this, and whose agent has called. */
function know(report: GuestReport, calls = true) {
  const gathering = gather(powerOnMs);
  gathering.write('console', 'Linux version 6.1\n', 15_000);
  gathering.write('console', '[ 9.1] systemd[1]: systemd 252 running in system mode\n', 28_000);
  gathering.write('report', `${JSON.stringify(report)}\n`, reportMs);
  const call = { epochMs: powerOnMs + 110_000, greeting: '414d515000000901' };
  if (calls) gathering.write('broker', `${JSON.stringify(call)}\n`, 110_200);
  return gathering.read();
}
const report = (changes: Partial<GuestReport> = {}) =>
  makeReport({ epochSeconds: (powerOnMs + reportMs) / 1000, ...changes });
const good = report();
const agent = { ...good.agent } as NonNullable<GuestReport['agent']>;
const [info, config] = good.files as [GuestReport['files'][0], GuestReport['files'][0]];
const [vda, vdb] = good.disks as [GuestReport['disks'][0], GuestReport['disks'][0]];
const [root] = good.space as [GuestReport['space'][0]];
const errors = (...texts: readonly string[]) => ({
  ...good.cloudInit,
  stages: [{ name: 'init', started: true, finished: true, errors: texts }],
});

describe('a guest that has all that Trove needs', () => {
  const checks = checkGuest(given, know(good));

  it('holds every check', () => {
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(checks.map(({ id }) => id)).toEqual([
      ...['kernel', 'system', 'report', 'datasource', 'cloud-init'],
      ...['network-tenant', 'network-management'],
      ...[`file:${info.path}`, `file:${config.path}`],
      ...['docker', 'network-plugin', 'data-disk', 'agent'],
      ...['free-space', 'clock', 'random', 'units', 'agent-calls'],
    ]);
  });

  it('tells when each came to be, after power-on', () => {
    const times = Object.fromEntries(checks.map(({ id, ms }) => [id, ms]));
    // the kernel of this report began 20 s after power-on
    expect(times).toMatchObject({
      ...{ kernel: 15_000, system: 28_000, report: reportMs, 'cloud-init': 100_000 },
      ...{ docker: 80_000, agent: 90_000, 'agent-calls': 110_000, clock: reportMs },
    });
  });

  it('may have a console that is silent', () => {
    const gathering = gather(powerOnMs);
    gathering.write('report', `${JSON.stringify(good)}\n`, reportMs);
    const [kernel, system] = checkGuest(given, gathering.read());
    expect([kernel, system]).toMatchObject([{ ok: true }, { ok: true }]);
  });
});

describe('a guest of which one thing is wrong', () => {
  it.each<[string, Partial<GuestReport>, readonly string[], string]>([
    [
      'took its data from elsewhere',
      { cloudInit: { ...good.cloudInit, datasource: 'DataSourceNone' } },
      ['datasource'],
      'boot-no-datasource',
    ],
    [
      'has errors of cloud-init',
      { cloudInit: errors('bad') },
      ['cloud-init'],
      'boot-cloud-init-failed',
    ],
    [
      'has a card without an address',
      { network: good.network.map((card, i) => (i === 0 ? { ...card, addresses: [] } : card)) },
      ['network-tenant'],
      'boot-no-network',
    ],
    [
      'has no second card',
      { network: good.network.slice(0, 1) },
      ['network-management'],
      'boot-no-network',
    ],
    [
      'did not get a file',
      { files: [{ ...info, found: false, sha256: '' }, config] },
      [`file:${guestInfoPath}`],
      'boot-not-injected',
    ],
    [
      'has an empty file in its place',
      { files: [{ ...info, sha256: 'e3b0c44298fc1c14' }, config] },
      [`file:${guestInfoPath}`],
      'boot-not-injected',
    ],
    [
      'keeps the agent out',
      { files: [{ ...info, refusal: '/etc/trove is drwx------ root:root' }, config] },
      [`file:${guestInfoPath}`],
      'boot-wrong-ownership',
    ],
    [
      'has a docker that does not answer',
      { docker: { ...good.docker, answers: false, refusal: 'does not run' } },
      ['docker'],
      'boot-docker-broken',
    ],
    ['has no agent', { agent: null }, ['agent'], 'boot-agent-missing'],
    [
      'does not start its agent',
      { agent: { ...agent, enabled: 'disabled', active: 'inactive', sub: 'dead' } },
      ['agent'],
      'boot-agent-disabled',
    ],
    [
      'has an agent that was started again, and runs just now',
      { agent: { ...agent, restarts: 1 } },
      ['agent'],
      'boot-agent-crashes',
    ],
    [
      'has an agent that ended',
      { agent: { ...agent, active: 'inactive', sub: 'dead' } },
      ['agent'],
      'boot-agent-stopped',
    ],
    [
      'has a plugin that does not answer',
      { plugin: { installed: true, answers: false, refusal: 'it has no socket' } },
      ['network-plugin'],
      'boot-no-plugin',
    ],
    ['sees no data disk', { disks: [vda] }, ['data-disk'], 'boot-no-data-disk'],
    [
      'sees another data disk',
      { disks: [vda, { ...vdb, bytes: 1 }] },
      ['data-disk'],
      'boot-no-data-disk',
    ],
    [
      'has few bytes free',
      { space: [{ ...root, freeBytes: 255 * 1024 ** 2 }] },
      ['free-space'],
      'boot-disk-full',
    ],
    [
      'has few inodes free',
      { space: [{ ...root, freeInodes: 9 }] },
      ['free-space'],
      'boot-disk-full',
    ],
    ['has a wrong clock', { epochSeconds: powerOnMs / 1000 + 3600 }, ['clock'], 'boot-wrong-clock'],
    ['has no source of randomness', { rng: '' }, ['random'], 'boot-no-random'],
    [
      'has a failed unit',
      {
        system: { state: 'degraded', failed: ['a.service'], jobs: [] },
        logs: { 'a.service': ['x'] },
      },
      ['units'],
      'boot-service-failed',
    ],
  ])('since it %s', (_, changes, broken, code) => {
    const evidence = know(report(changes));
    const checks = checkGuest(given, evidence);
    expect(checks.filter(({ ok }) => !ok).map(({ id }) => id)).toEqual(broken);
    const causes = explain(evidence, checks, goodHints, 'grace');
    expect(causes.map((cause) => cause.code)).toEqual([code]);
  });

  it('since its agent has not called', () => {
    const evidence = know(good, false);
    const checks = checkGuest(given, evidence);
    expect(checks.filter(({ ok }) => !ok).map(({ id }) => id)).toEqual(['agent-calls']);
    expect(explain(evidence, checks, goodHints, 'grace')).toMatchObject([
      { code: 'boot-agent-silent', lines: ['Started trove-guestagent.service.'] },
    ]);
  });
});

describe('a guest of which several things are wrong', () => {
  it('is not blamed for an agent that has had no time to call', () => {
    const evidence = know(report({ rng: '' }), false);
    const causes = explain(evidence, checkGuest(given, evidence), goodHints, 'grace');
    expect(causes.map(({ code }) => code)).toEqual(['boot-no-random']);
  });

  it('shows first what led to the rest', () => {
    const evidence = know(
      report({
        space: [{ ...root, freeBytes: 0 }],
        files: [{ ...info, sha256: 'e3b0c44298fc1c14' }, config],
        agent: { ...agent, restarts: 4, active: 'activating', sub: 'auto-restart' },
        system: { state: 'degraded', failed: ['docker.service', 'b.service'], jobs: [] },
        docker: { ...good.docker, answers: false, refusal: 'does not run' },
        logs: { 'docker.service': ['no space'], 'b.service': ['b'] },
      }),
      false,
    );
    const causes = explain(evidence, checkGuest(given, evidence), goodHints, 'agent restarts');
    expect(causes.map(({ code }) => code)).toEqual([
      'boot-disk-full',
      'boot-not-injected',
      'boot-docker-broken',
      'boot-agent-crashes',
      'boot-service-failed',
    ]);
    // docker has a cause of its own
    expect(causes.at(-1)).toMatchObject({ message: 'Failed: b.service.', lines: ['b'] });
  });

  it('says what it waits for when its time is over', () => {
    const system = { state: 'starting', failed: [], jobs: ['slow.service'] };
    const evidence = know(report({ system }));
    const causes = explain(evidence, checkGuest(given, evidence), goodHints, 'time limit');
    expect(causes).toMatchObject([
      { code: 'boot-hangs', message: expect.stringContaining('It waits for slow.service.') },
    ]);
  });
});

describe('a guest that does not report', () => {
  const login = ['Linux version 6.1', 'guest login: '];
  const explainConsoleOf = (
    lines: readonly string[],
    hints = goodHints,
    why = 'grace' as const,
  ) => {
    const gathering = gather(0);
    gathering.write('console', `${lines.join('\n')}\n`, 1000);
    const evidence = gathering.read();
    return explain(evidence, checkGuest(given, evidence), hints, why);
  };

  it('has no cloud-init, when its files say so', () => {
    const hints = { ...goodHints, hasCloudInit: false };
    expect(explainConsoleOf(login, hints)).toMatchObject([{ code: 'boot-no-cloud-init' }]);
  });

  it('has no source of data, when cloud-init is silent or says so', () => {
    const hints = { ...goodHints, datasources: 'NoCloud, None' };
    const none =
      '[ 9.9] cloud-init[5]: Cloud-init v. 22 finished. Datasource DataSourceNone. Up 9 s';
    for (const lines of [login, [...login, none]])
      expect(explainConsoleOf(lines, hints)).toMatchObject([
        { code: 'boot-no-datasource', message: expect.stringContaining('[NoCloud, None]') },
      ]);
  });

  it('has a cloud-init that failed, when it spoke of a source', () => {
    const lines = ["cloud-init[3]: Cloud-init v. 22 running 'init'", ...login];
    expect(explainConsoleOf(lines)).toMatchObject([{ code: 'boot-cloud-init-failed' }]);
  });

  it('has a full disk, when its console says so', () => {
    const lines = [...login, 'cloud-init[3]: OSError: [Errno 28] No space left on device'];
    expect(explainConsoleOf(lines)).toMatchObject([{ code: 'boot-disk-full' }]);
  });

  it('hangs, when it did not come to a login', () => {
    expect(explainConsoleOf(['Linux version 6.1'], goodHints, 'silence' as never)).toMatchObject([
      { code: 'boot-hangs', lines: ['Linux version 6.1'] },
    ]);
  });

  it('has no boot loader, when its boot sector is empty and no kernel was seen', () => {
    const hints = { ...goodHints, hasBootCode: false };
    expect(explainConsoleOf(['Booting from Hard Disk...'], hints)).toMatchObject([
      { code: 'boot-no-bootloader', lines: ['Booting from Hard Disk...'] },
    ]);
  });
});
