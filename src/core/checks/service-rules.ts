import type { Expectations, Rule } from './rule.ts';

const system = '/etc/systemd/system';

interface Agent {
  readonly unit: string;
  /** The file or directory that says how it starts; null: in the way of its time. */
  readonly where: string | null;
}

function describeAgent({ agent, isDevelopment }: Expectations): Agent {
  switch (agent) {
    case 'package':
      return { unit: 'trove-guestagent.service', where: `${system}/trove-guestagent.service.d` };
    case 'source':
      return { unit: 'guest-agent.service', where: `${system}/guest-agent.service` };
    case 'per-datastore':
      return { unit: isDevelopment ? 'trove-guest.service' : 'guest-agent.service', where: null };
  }
}

/** What Trove relies on in every guest. */
export const serviceRules: readonly Rule[] = [
  {
    rule: 'services-enabled',
    summary: 'docker, the guest agent and ssh start at boot',
    find: (evidence, expected) => {
      const units = [
        // the datastore itself is installed where there is no docker
        ...(expected.agent === 'per-datastore' ? [] : ['docker.service']),
        describeAgent(expected).unit,
        // Ubuntu 24.04 starts ssh by its socket
        ...(evidence.enabledUnits.has('ssh.socket') ? [] : ['ssh.service']),
      ];
      return units
        .filter((unit) => !evidence.enabledUnits.has(unit))
        .map((unit) => ({
          path: `${system}/multi-user.target.wants/${unit}`,
          reason: `${unit} is not enabled`,
        }));
    },
  },
  {
    rule: 'agent-configuration',
    summary: 'the guest agent reads /etc/trove/conf.d, which Trove injects into',
    find: (evidence, expected) => {
      const { where } = describeAgent(expected);
      if (where === null) return [];
      const directory = evidence.entry('/etc/trove/conf.d');
      const reads = evidence
        .textsMatching(/^\/etc\/systemd\/system\//)
        .filter(({ path }) => path === where || path.startsWith(`${where}/`))
        .some(({ text }) => /^ExecStart=.*--config-dir[= ]\/etc\/trove\/conf\.d/m.test(text));
      return [
        ...(directory?.[1] === 'd' ? [] : [{ path: '/etc/trove/conf.d', reason: 'is missing' }]),
        ...(reads
          ? []
          : [
              {
                path: where,
                reason: 'the unit does not read /etc/trove/conf.d',
              },
            ]),
      ];
    },
  },
  {
    rule: 'datasources',
    summary: 'cloud-init reads the config drive and the metadata service',
    find: (evidence, { agent }) => {
      const lists = evidence
        .textsMatching(/^\/etc\/cloud\/cloud\.cfg\.d\//)
        .flatMap(({ text }) =>
          [...text.matchAll(/^datasource_list:\s*\[([^\]]*)\]/gm)].map((match) => match[1] ?? ''),
        );
      const last = lists.at(-1) ?? '';
      return ['ConfigDrive', ...(agent === 'per-datastore' ? [] : ['OpenStack'])]
        .filter((name) => !last.includes(name))
        .map((name) => ({
          path: '/etc/cloud/cloud.cfg.d',
          reason: `${name} is not among the datasources`,
        }));
    },
  },
  {
    rule: 'root-file-system',
    summary: 'fstab names the root file system',
    find: (evidence) =>
      /^[^#\s]\S*\s+\/\s/m.test(evidence.text('/etc/fstab') ?? '')
        ? []
        : [{ path: '/etc/fstab', reason: 'has no line for /' }],
  },
];
