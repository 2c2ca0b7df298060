import type { Rule } from './rule.ts';

/** What Trove relies on in every guest. */
export const serviceRules: readonly Rule[] = [
  {
    rule: 'services-enabled',
    summary: 'docker, the guest agent and ssh start at boot',
    find: (evidence) =>
      ['docker.service', 'trove-guestagent.service', 'ssh.service']
        .filter((unit) => !evidence.enabledUnits.has(unit))
        .map((unit) => ({
          path: `/etc/systemd/system/multi-user.target.wants/${unit}`,
          reason: `${unit} is not enabled`,
        })),
  },
  {
    rule: 'agent-configuration',
    summary: 'the guest agent reads /etc/trove/conf.d, which Trove injects into',
    find: (evidence) => {
      const directory = evidence.entry('/etc/trove/conf.d');
      const reads = evidence
        .textsMatching(/^\/etc\/systemd\/system\/trove-guestagent\.service\.d\//)
        .some(({ text }) => /^ExecStart=.*--config-dir[= ]\/etc\/trove\/conf\.d/m.test(text));
      return [
        ...(directory?.[1] === 'd' ? [] : [{ path: '/etc/trove/conf.d', reason: 'is missing' }]),
        ...(reads
          ? []
          : [
              {
                path: '/etc/systemd/system/trove-guestagent.service.d',
                reason: 'the unit does not read /etc/trove/conf.d',
              },
            ]),
      ];
    },
  },
  {
    rule: 'datasources',
    summary: 'cloud-init reads the config drive and the metadata service',
    find: (evidence) => {
      const lists = evidence
        .textsMatching(/^\/etc\/cloud\/cloud\.cfg\.d\//)
        .flatMap(({ text }) =>
          [...text.matchAll(/^datasource_list:\s*\[([^\]]*)\]/gm)].map((match) => match[1] ?? ''),
        );
      const last = lists.at(-1) ?? '';
      return ['ConfigDrive', 'OpenStack']
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
