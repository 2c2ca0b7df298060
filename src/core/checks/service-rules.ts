import type { Expectations, Rule } from './rule.ts';

const system = '/etc/systemd/system';

/** The unit of the agent, and the file or directory that says how it starts. */
const agents: Readonly<
  Record<
    Expectations['agent'],
    { readonly unit: string; readonly where: string; readonly docker: boolean }
  >
> = {
  package: {
    unit: 'trove-guestagent.service',
    where: `${system}/trove-guestagent.service.d`,
    docker: true,
  },
  source: { unit: 'guest-agent.service', where: `${system}/guest-agent.service`, docker: true },
  // the datastore itself is installed; its agent is configured in the way of its time
  'per-datastore': { unit: 'guest-agent.service', where: '', docker: false },
};

/** What Trove relies on in every guest. */
export const serviceRules: readonly Rule[] = [
  {
    rule: 'services-enabled',
    summary: 'docker, the guest agent and ssh start at boot',
    find: (evidence, { agent }) =>
      [...(agents[agent].docker ? ['docker.service'] : []), agents[agent].unit, 'ssh.service']
        .filter((unit) => !evidence.enabledUnits.has(unit))
        .map((unit) => ({
          path: `/etc/systemd/system/multi-user.target.wants/${unit}`,
          reason: `${unit} is not enabled`,
        })),
  },
  {
    rule: 'agent-configuration',
    summary: 'the guest agent reads /etc/trove/conf.d, which Trove injects into',
    find: (evidence, { agent }) => {
      if (agent === 'per-datastore') return [];
      const { where } = agents[agent];
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
