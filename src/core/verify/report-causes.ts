import type { GuestReport } from '../../model/guest-report.ts';
import type { Cause, Check } from '../../model/verify.ts';

/** What a rule says of a guest: the lines that show it, and what is wrong in this one. */
interface Finding {
  readonly message: string;
  readonly lines: readonly string[];
}
interface ReportRule {
  readonly code: string;
  readonly hint: string;
  readonly find: (report: GuestReport, failed: ReadonlyMap<string, Check>) => Finding | null;
}

/** Units whose failure has a cause of its own. */
const ownCauses =
  /^(docker|containerd|trove-guestagent|guest-agent|trove-guest)\.service$|^docker\.socket$/;

const logOf = (report: GuestReport, ...units: readonly string[]): readonly string[] =>
  units.flatMap((unit) => report.logs[unit] ?? []);

/** Why a guest that reports is not as Trove needs it; what leads to the rest comes first. */
export const reportRules: readonly ReportRule[] = [
  {
    code: 'boot-disk-full',
    hint: 'Let image-size be larger, or the image hold less: containers, logs and updates need room from the first day.',
    find: (report, failed) => {
      const check = failed.get('free-space');
      const lines = report.space.map(
        ({ path, bytes, freeBytes, freeInodes }) =>
          `${path}: ${freeBytes} of ${bytes} bytes and ${freeInodes} inodes free`,
      );
      return check ? { message: `The root file system is full: ${check.found}.`, lines } : null;
    },
  },
  {
    code: 'boot-no-datasource',
    hint: 'Let datasource_list in /etc/cloud/cloud.cfg.d hold ConfigDrive and OpenStack.',
    find: ({ cloudInit }, failed) =>
      failed.has('datasource')
        ? {
            message: `cloud-init took its data from ${cloudInit.datasource || 'nowhere'}, not from the config drive.`,
            lines: [],
          }
        : null,
  },
  {
    code: 'boot-no-network',
    hint: 'cloud-init renders the network from network_data.json: one of its renderers (netplan, networkd, eni) has to be there, enabled, and not switched off by `network: {config: disabled}`.',
    find: ({ network, logs }, failed) => {
      const cards = ['network-tenant', 'network-management'].flatMap((id) => failed.get(id) ?? []);
      if (cards.length === 0) return null;
      const waiting = Object.keys(logs).filter((unit) => /network/.test(unit));
      return {
        message: `The guest has no network: ${cards.map(({ found }) => found).join(', ')}.`,
        lines: [
          ...network.map(
            ({ name, state, addresses }) => `${name}: ${state} ${addresses.join(' ')}`,
          ),
          ...waiting.flatMap((unit) => logs[unit] ?? []),
        ],
      };
    },
  },
  {
    code: 'boot-not-injected',
    hint: "cloud-init's module write_files has to be in cloud_init_modules, and the owner that Trove names (injected_config_owner) has to exist in the guest.",
    find: ({ files, cloudInit }, failed) => {
      const missing = files.filter(
        ({ path, refusal }) => refusal === '' && failed.has(`file:${path}`),
      );
      if (missing.length === 0) return null;
      const found = missing.map(({ path }) => `${path} ${failed.get(`file:${path}`)?.found}`);
      return {
        message: `What Trove injects did not arrive: ${found.join(', ')}.`,
        lines: cloudInit.stages.flatMap(({ name, errors }) =>
          errors.map((text) => `${name}: ${text}`),
        ),
      };
    },
  },
  {
    code: 'boot-wrong-ownership',
    hint: 'The user of the agent has to read everything below /etc/trove: the unit of the agent gives the directory to it before each start (ExecStartPre=+/bin/chown).',
    find: (report, failed) => {
      const refused = report.files.filter(
        ({ path, refusal }) => refusal !== '' && failed.has(`file:${path}`),
      );
      if (refused.length === 0) return null;
      const lines = refused.map(
        ({ path, mode, owner, refusal }) => `${path} (${mode} ${owner}): ${refusal}`,
      );
      return {
        message: `${report.agent?.user || 'The agent'} may not read what Trove injects: ${refused[0]?.refusal}.`,
        lines: [...lines, ...logOf(report, report.agent?.name ?? '')],
      };
    },
  },
  {
    code: 'boot-docker-broken',
    hint: 'The lines are of its journal. Mostly /etc/docker/daemon.json, a missing kernel module, or iptables.',
    find: (report, failed) => {
      const check = failed.get('docker');
      return check
        ? {
            message: `docker does not work: ${check.found}.`,
            lines: logOf(report, 'docker.service', 'containerd.service'),
          }
        : null;
    },
  },
  {
    code: 'boot-agent-missing',
    hint: 'Build with the element of the guest agent; its unit is trove-guestagent.service from the package, guest-agent.service from source.',
    find: ({ agent }) =>
      agent === null ? { message: 'The image has no unit of a guest agent.', lines: [] } : null,
  },
  {
    code: 'boot-agent-disabled',
    hint: 'Enable the unit in the image: systemctl enable, in a hook after the package is installed.',
    find: ({ agent }) =>
      agent !== null && agent.enabled !== 'enabled' && agent.restarts === 0
        ? {
            message: `${agent.name} does not start at boot: it is ${agent.enabled}.`,
            lines: [`${agent.name}: ${agent.enabled}, ${agent.active} (${agent.sub})`],
          }
        : null,
  },
  {
    code: 'boot-agent-crashes',
    hint: 'The lines are of its journal: the last exception says what is missing. systemd never calls such a unit failed; it starts it again for ever.',
    find: (report) => {
      const { agent } = report;
      if (agent === null || (agent.restarts === 0 && agent.active !== 'failed')) return null;
      return {
        message: `${agent.name} does not stay up: ${agent.restarts} restarts, exit status ${agent.exitStatus}.`,
        lines: logOf(report, agent.name),
      };
    },
  },
  {
    code: 'boot-agent-stopped',
    hint: 'Its unit waits for something that does not come, or has ended. The lines are of its journal.',
    find: (report, failed) =>
      failed.has('agent') && report.agent?.enabled === 'enabled' && report.agent.restarts === 0
        ? {
            message: `${report.agent.name} does not run: it is ${report.agent.active} (${report.agent.sub}).`,
            lines: logOf(report, report.agent.name),
          }
        : null,
  },
  {
    code: 'boot-agent-silent',
    hint: 'It runs but does not call the broker that trove-guestagent.conf names: look at /var/log/trove in the guest, and give it more time (--timeout) on a slow machine.',
    find: (report, failed) =>
      failed.has('agent-calls') && !failed.has('agent')
        ? {
            message: `${report.agent?.name} runs, but has not called the message bus.`,
            lines: logOf(report, report.agent?.name ?? ''),
          }
        : null,
  },
  {
    code: 'boot-no-plugin',
    hint: 'Since Bobcat Trove puts the database on the network of the user through this plugin: its socket and its service have to be enabled.',
    find: ({ plugin }, failed) =>
      failed.has('network-plugin')
        ? {
            message: `Trove's network plugin for docker does not answer: ${plugin.refusal}`,
            lines: [],
          }
        : null,
  },
  {
    code: 'boot-no-data-disk',
    hint: "Trove puts the database's files on the second virtio disk (device_path): the guest needs the driver virtio_blk, and its own disks must not take the name.",
    find: ({ disks }, failed) =>
      failed.has('data-disk')
        ? {
            message: `The guest does not see its data disk: ${failed.get('data-disk')?.found}.`,
            lines: disks.map(
              ({ name, bytes, mounts }) => `${name}: ${bytes} bytes ${mounts.join(' ')}`,
            ),
          }
        : null,
  },
  {
    code: 'boot-cloud-init-failed',
    hint: 'The lines are what its stages reported: correct the configuration that they name.',
    find: ({ cloudInit }, failed) => {
      const lines = cloudInit.stages.flatMap(({ name, errors }) =>
        errors.map((text) => `${name}: ${text}`),
      );
      return failed.has('cloud-init') && lines.length > 0
        ? { message: 'cloud-init had errors.', lines }
        : null;
    },
  },
  {
    code: 'boot-service-failed',
    hint: 'The lines are of its journal. Repair it, or do not enable what this guest does not need.',
    find: (report) => {
      const units = report.system.failed.filter((unit) => !ownCauses.test(unit));
      return units.length > 0
        ? { message: `Failed: ${units.join(', ')}.`, lines: logOf(report, ...units) }
        : null;
    },
  },
  {
    code: 'boot-wrong-clock',
    hint: 'The guest sets its clock wrongly: it has to take the hardware clock for UTC (/etc/adjtime). Messages of an agent whose clock is off are dropped.',
    find: (_report, failed) =>
      failed.has('clock')
        ? { message: `The guest's clock is ${failed.get('clock')?.found}.`, lines: [] }
        : null,
  },
  {
    code: 'boot-no-random',
    hint: 'The kernel needs the driver virtio_rng; without it a guest may wait for randomness at its first boot.',
    find: ({ rng }, failed) =>
      failed.has('random')
        ? { message: `The guest does not use virtio_rng, but ${rng || 'nothing'}.`, lines: [] }
        : null,
  },
];

/** All causes that a report shows for the checks that failed. */
export function explainReport(report: GuestReport, checks: readonly Check[]): readonly Cause[] {
  const failed = new Map(checks.filter(({ ok }) => !ok).map((check) => [check.id, check]));
  const causes = reportRules.flatMap(({ code, hint, find }) => {
    const found = find(report, failed);
    return found === null ? [] : [{ code, hint, ...found }];
  });
  // a guest that is given up for something else has not had the time to call
  const others = causes.filter(({ code }) => code !== 'boot-agent-silent');
  return others.length > 0 ? others : causes;
}
