import { describe, expect, it } from '@jest/globals';
import { conclude } from '../../../src/core/verify/conclude.ts';
import { gather } from '../../../src/core/verify/evidence.ts';
import { chooseLimits } from '../../../src/core/verify/machine.ts';
import type { GuestUnit } from '../../../src/model/guest-report.ts';
import { makeReport } from './report.ts';
import { goodHints } from './support.ts';

const limits = chooseLimits('tcg', null, false);
const how = { limits, hints: goodHints };
const held = [{ id: 'any', expected: '', found: '', ok: true, ms: 0 }];
const broken = [{ ...held[0], ok: false }] as typeof held;

/** A guest that has said these lines on its console, one a second, and then reported. */
function guest(lines: readonly string[], ...reports: ReturnType<typeof makeReport>[]) {
  const gathering = gather(0);
  const said = [
    ...lines.map((line) => ['console', line] as const),
    ...reports.map((report) => ['report', JSON.stringify(report)] as const),
  ];
  for (const [index, [source, line]] of said.entries())
    gathering.write(source, `${line}\n`, (index + 1) * 1000);
  return { gathering, evidence: gathering.read(), ms: said.length * 1000 };
}
const agentWith = (restarts: number) => ({ ...(makeReport().agent as GuestUnit), restarts });

describe('a guest is watched', () => {
  it('until all checks hold and the system is up', () => {
    const { evidence } = guest([], makeReport());
    expect(conclude(evidence, held, how, 2000)).toEqual({ kind: 'passed' });
    expect(conclude(evidence, broken, how, 2000)).toEqual({ kind: 'go on' });
    const system = { state: 'starting', failed: [], jobs: ['docker.service'] };
    const early = guest([], makeReport({ system }));
    expect(conclude(early.evidence, held, how, 2000)).toEqual({ kind: 'go on' });
  });

  it('until it ends by itself, whatever it said before', () => {
    const { gathering } = guest([], makeReport());
    gathering.end({ exitCode: 0, signal: null, said: '' });
    expect(conclude(gathering.read(), held, how, 2000)).toMatchObject({ why: 'ended' });
  });

  it('for a few seconds more when the console tells of its end', () => {
    const { evidence } = guest(['Kernel panic - not syncing: x']);
    expect(conclude(evidence, broken, how, 4999)).toEqual({ kind: 'go on' });
    expect(conclude(evidence, broken, how, 5000)).toMatchObject({ why: 'console' });
  });

  it('until its agent was started again, once the system is up, or twice', () => {
    const system = { state: 'starting', failed: [], jobs: ['cloud-final.service'] };
    const once = guest([], makeReport({ system, agent: agentWith(1) }));
    expect(conclude(once.evidence, broken, how, 2000)).toEqual({ kind: 'go on' });
    const twice = guest([], makeReport({ system, agent: agentWith(2) }));
    expect(conclude(twice.evidence, broken, how, 2000)).toMatchObject({ why: 'agent restarts' });
    const up = guest([], makeReport({ agent: agentWith(1) }));
    expect(conclude(up.evidence, broken, how, 2000)).toMatchObject({ why: 'agent restarts' });
  });

  it('for a time of grace after the system is up, counted from the first time', () => {
    const { evidence } = guest([], makeReport(), makeReport());
    const end = 1000 + limits.graceMs;
    expect(conclude(evidence, broken, how, end - 1)).toEqual({ kind: 'go on' });
    expect(conclude(evidence, broken, how, end)).toMatchObject({ why: 'grace' });
  });

  it('for some seconds only, when it is up and what is wrong will stay so', () => {
    const damage = ['docker', 'datasource', 'file:/etc/x', 'units'].map((id) => [
      { ...held[0], id, ok: false },
    ]) as (typeof held)[];
    const { evidence } = guest([], makeReport());
    for (const checks of damage) {
      expect(conclude(evidence, checks, how, 20_999)).toEqual({ kind: 'go on' });
      expect(conclude(evidence, checks, how, 21_000)).toMatchObject({ why: 'grace' });
    }
    const agent = { ...agentWith(0), enabled: 'disabled', active: 'inactive' };
    const off = guest([], makeReport({ agent }));
    expect(conclude(off.evidence, broken, how, 21_000)).toMatchObject({ why: 'grace' });
  });

  it('without an end when all is well: who waits for more ends it', () => {
    const { evidence } = guest([], makeReport());
    expect(conclude(evidence, held, how, limits.totalMs * 2)).toEqual({ kind: 'passed' });
  });

  it('for the same time after its last word, when it asks for a login and does not report', () => {
    const { evidence, ms } = guest(['Linux version 6', 'guest login: ', 'one more line']);
    const end = ms + limits.graceMs;
    expect(conclude(evidence, broken, how, end - 1)).toEqual({ kind: 'go on' });
    expect(conclude(evidence, broken, how, end)).toMatchObject({ why: 'grace' });
  });

  it('for some seconds only after that, when it has no cloud-init that could report', () => {
    const lost = { limits, hints: { ...goodHints, hasCloudInit: false } };
    const { evidence, ms } = guest(['Linux version 6', 'guest login: ']);
    expect(conclude(evidence, broken, lost, ms + 19_999)).toEqual({ kind: 'go on' });
    expect(conclude(evidence, broken, lost, ms + 20_000)).toMatchObject({ why: 'grace' });
  });

  it('until it has been silent for long', () => {
    const { evidence, ms } = guest(['Linux version 6']);
    const end = ms + limits.silenceMs;
    expect(conclude(evidence, broken, how, end - 1)).toEqual({ kind: 'go on' });
    expect(conclude(evidence, broken, how, end)).toMatchObject({ why: 'silence' });
  });

  it('for some seconds only, when its boot sector is empty and no kernel was seen', () => {
    const dead = { limits, hints: { ...goodHints, hasBootCode: false } };
    const { evidence, ms } = guest(['Booting from Hard Disk...']);
    expect(conclude(evidence, broken, dead, ms + 14_999)).toEqual({ kind: 'go on' });
    expect(conclude(evidence, broken, dead, ms + 15_000)).toMatchObject({ why: 'silence' });
    const alive = guest(['Linux version 6']);
    expect(conclude(alive.evidence, broken, dead, alive.ms + 15_000)).toEqual({ kind: 'go on' });
  });

  it('until its time is over, however much it says', () => {
    const { gathering } = guest(['Linux version 6']);
    gathering.write('console', 'still here\n', limits.totalMs - 1);
    const evidence = gathering.read();
    expect(conclude(evidence, broken, how, limits.totalMs - 1)).toEqual({ kind: 'go on' });
    expect(conclude(evidence, broken, how, limits.totalMs)).toMatchObject({ why: 'time limit' });
  });
});

describe('what a guest says', () => {
  it('is a report only if it has the form of one', () => {
    const gathering = gather(0);
    const { units: _units, ...incomplete } = makeReport();
    for (const line of ['{', 'null', '[]', '{"format":1}', JSON.stringify(incomplete)])
      gathering.write('report', `${line}\n`, 1000);
    expect(gathering.read()).toMatchObject({ report: null, firstReportMs: null, lastWordMs: 1000 });
  });

  it('is put together from pieces', () => {
    const gathering = gather(0);
    const text = `${JSON.stringify(makeReport())}\n`;
    gathering.write('report', text.slice(0, 100), 1000);
    expect(gathering.read().report).toBeNull();
    gathering.write('report', text.slice(100), 2000);
    expect(gathering.read()).toMatchObject({
      firstReportMs: 2000,
      reportMs: 2000,
      settledMs: 2000,
    });
  });

  it('is settled again from the time on at which nothing waits any more', () => {
    const system = { state: 'starting', failed: [], jobs: ['x.service'] };
    const { evidence } = guest([], makeReport(), makeReport({ system }), makeReport());
    expect(evidence).toMatchObject({ firstReportMs: 1000, settledMs: 3000 });
  });

  it('tells how far its clock is off', () => {
    const gathering = gather(1_000_000_000_000);
    const report = makeReport({ epochSeconds: 1_000_000_100 });
    gathering.write('report', `${JSON.stringify(report)}\n`, 30_000);
    expect(gathering.read().skewSeconds).toBeCloseTo(70);
  });

  it('is a call of the agent when it is AMQP, at the time at which that was written down', () => {
    const gathering = gather(1_000_000);
    const call = (greeting: string, epochMs: number) =>
      gathering.write('broker', `${JSON.stringify({ epochMs, greeting })}\n`, 90_000);
    call('474554202f204854', 1_050_000);
    expect(gathering.read().greetingMs).toBeNull();
    call('414d515000000901', 1_060_000);
    call('414d515000000901', 1_070_000);
    expect(gathering.read().greetingMs).toBe(60_000);
  });
});
