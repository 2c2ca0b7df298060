import { createHash } from 'node:crypto';
import type { GuestEvidence, GuestMachine, Injection } from '../../model/guest.ts';
import type { GuestReport } from '../../model/guest-report.ts';
import type { Check } from '../../model/verify.ts';
import { findMilestones } from './console.ts';

/** Less would not see a guest through its first days. */
export const leastFreeBytes = 256 * 1024 ** 2;
export const leastFreeInodes = 4096;
/** What the guest's clock may differ from ours: it has no server of time, only the machine's own clock. */
export const mostSkewSeconds = 60;

/** What the guest was given, which its answers are compared with. */
export interface Given {
  readonly machine: GuestMachine;
  readonly injection: Injection;
}

type Finding = Omit<Check, 'ms'> & { readonly sinceSeconds?: number };

/** Compares a guest with what Trove needs of it. Without a report only the console is known. */
export function checkGuest(given: Given, evidence: GuestEvidence): readonly Check[] {
  const { report, reportMs } = evidence;
  const seen = [...checkMilestones(evidence), checkReport(evidence)];
  if (report === null) return seen;
  const powerOnMs = reportMs - report.uptimeSeconds * 1000;
  const findings = [
    ...checkCloudInit(report),
    ...given.machine.cards.map((card) => checkCard(card, report)),
    ...Object.entries(given.injection.files).map((file) => checkFile(file, report)),
    checkDocker(report),
    checkPlugin(report),
    checkDataDisk(given.machine, report),
    checkAgent(report),
    ...checkMachine(report, evidence),
    checkSystem(report, evidence),
  ];
  const checks = findings.map(({ sinceSeconds, ...finding }) => ({
    ...finding,
    ms: toMs(sinceSeconds ? powerOnMs + sinceSeconds * 1000 : reportMs),
  }));
  return [...seen, ...checks, checkCalls(given.machine, evidence)];
}

/** What the guest says of its own times may be before power-on by a little. */
const toMs = (ms: number): number => Math.max(0, Math.round(ms));

const needed = { kernel: 'the kernel starts', system: 'the init system starts' } as const;

function checkMilestones({ console, firstReportMs, lastWordMs }: GuestEvidence): readonly Check[] {
  const seen = findMilestones(console);
  return (['kernel', 'system'] as const).map((id) => {
    // a console that is silent by configuration is no fault
    const ms = seen[id] ?? firstReportMs;
    const found = seen[id] === undefined ? 'not seen on the console' : 'seen on the console';
    return { id, expected: needed[id], found, ok: ms !== null, ms: ms ?? lastWordMs };
  });
}

const checkReport = ({ firstReportMs, lastWordMs }: GuestEvidence): Check => ({
  id: 'report',
  expected: 'cloud-init runs what the config drive brings',
  found: firstReportMs === null ? 'the guest has not reported' : 'the guest reports',
  ok: firstReportMs !== null,
  ms: firstReportMs ?? lastWordMs,
});

function checkCloudInit({ cloudInit, units }: GuestReport): readonly Finding[] {
  const { datasource, finished, stages } = cloudInit;
  const errors = stages.flatMap(({ name, errors }) => errors.map((text) => `${name}: ${text}`));
  const end = units.find(({ name }) => name === 'cloud-final.service');
  return [
    {
      id: 'datasource',
      expected: 'ConfigDrive',
      found: datasource || 'none',
      ok: datasource.includes('ConfigDrive'),
    },
    {
      id: 'cloud-init',
      expected: 'all stages finish without errors',
      found: errors.join('; ') || (finished ? 'finished' : 'not finished'),
      ok: finished && errors.length === 0,
      sinceSeconds: end?.sinceSeconds ?? 0,
    },
  ];
}

function checkCard({ name, mac }: GuestMachine['cards'][number], report: GuestReport): Finding {
  const card = report.network.find((each) => each.mac === mac);
  const addresses = card?.addresses.join(' ') ?? '';
  return {
    id: `network-${name}`,
    expected: 'an IPv4 address by DHCP',
    found: card === undefined ? `no card ${mac}` : `${card.name} ${addresses || 'has no address'}`,
    ok: addresses !== '',
  };
}

function checkFile([path, content]: readonly [string, string], report: GuestReport): Finding {
  const sha256 = createHash('sha256').update(content).digest('hex');
  const file = report.files.find((each) => each.path === path);
  const facts = `${file?.mode} ${file?.owner}`;
  const fault = !file?.found
    ? 'is not there'
    : file.sha256 !== sha256
      ? `${facts}, with other content`
      : file.refusal;
  return {
    id: `file:${path}`,
    expected: 'as injected, and the agent may read it',
    found: fault || facts,
    ok: fault === '',
  };
}

function checkDocker({ docker, units }: GuestReport): Finding {
  const unit = units.find(({ name }) => name === 'docker.service');
  return {
    id: 'docker',
    expected: 'docker answers',
    found: docker.answers
      ? `${docker.version}, ${docker.driver}, ${docker.images} images`
      : `${docker.refusal} (docker.service is ${unit?.active ?? 'not there'})`,
    ok: docker.answers,
    sinceSeconds: unit?.sinceSeconds ?? 0,
  };
}

function checkPlugin({ plugin }: GuestReport): Finding {
  return {
    id: 'network-plugin',
    expected: "Trove's network plugin for docker answers, where there is one",
    found: plugin.answers ? 'answers' : plugin.installed ? plugin.refusal : 'there is none',
    ok: plugin.answers || !plugin.installed,
  };
}

function checkDataDisk({ dataDiskBytes }: GuestMachine, { disks }: GuestReport): Finding {
  // Trove's option device_path names it
  const disk = disks.find(({ name }) => name === 'vdb');
  const mounts = disk?.mounts.join(' ') || 'not mounted';
  return {
    id: 'data-disk',
    expected: `/dev/vdb of ${dataDiskBytes} bytes`,
    found: disk ? `/dev/vdb of ${disk.bytes} bytes, ${mounts}` : 'no /dev/vdb',
    ok: disk?.bytes === dataDiskBytes && !disk.readOnly,
  };
}

function checkAgent({ agent }: GuestReport): Finding {
  return {
    id: 'agent',
    expected: 'enabled, running, never restarted',
    found:
      agent === null
        ? 'there is no unit of a guest agent'
        : `${agent.name}: ${agent.enabled}, ${agent.active} (${agent.sub}), ${agent.restarts} restarts`,
    ok: agent?.active === 'active' && agent.enabled === 'enabled' && agent.restarts === 0,
    sinceSeconds: agent?.sinceSeconds ?? 0,
  };
}

function checkMachine(report: GuestReport, { skewSeconds }: GuestEvidence): readonly Finding[] {
  const short = report.space.filter(
    ({ path, freeBytes, freeInodes }) =>
      path === '/' && (freeBytes < leastFreeBytes || freeInodes < leastFreeInodes),
  );
  const root = report.space.find(({ path }) => path === '/');
  return [
    {
      id: 'free-space',
      expected: `at least ${leastFreeBytes} bytes and ${leastFreeInodes} inodes free on /`,
      found: `${root?.freeBytes ?? 0} bytes and ${root?.freeInodes ?? 0} inodes`,
      ok: root !== undefined && short.length === 0,
    },
    {
      id: 'clock',
      expected: `within ${mostSkewSeconds} s of this machine's`,
      found: `${skewSeconds.toFixed(1)} s off`,
      ok: Math.abs(skewSeconds) <= mostSkewSeconds,
    },
    {
      id: 'random',
      expected: 'virtio_rng feeds the kernel',
      found: report.rng || 'no hardware source',
      ok: report.rng.startsWith('virtio_rng'),
    },
  ];
}

function checkSystem({ system }: GuestReport, { settledMs }: GuestEvidence): Finding {
  const failed = system.failed.join(' ');
  const jobs = system.jobs.length > 0 ? `waits for ${system.jobs.join(' ')}` : 'is not up';
  return {
    id: 'units',
    expected: 'the system is up, no unit failed',
    found: failed ? `failed: ${failed}` : settledMs === null ? jobs : system.state,
    ok: system.failed.length === 0 && settledMs !== null,
  };
}

const checkCalls = ({ brokerAddress }: GuestMachine, evidence: GuestEvidence): Check => ({
  id: 'agent-calls',
  expected: `the agent speaks AMQP to ${brokerAddress}`,
  found: evidence.greetingMs === null ? 'nobody has called' : 'it has called',
  ok: evidence.greetingMs !== null,
  ms: toMs(evidence.greetingMs ?? evidence.lastWordMs),
});
