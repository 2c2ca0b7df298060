import { describe, expect, it } from '@jest/globals';
import { linesFromScratchRoot, runInScratchRoot } from './scratch.ts';

const user = '/elements/trove-guest-user/install.d/25-trove-guest-user';
const agent = '/elements/trove-guest-agent-package/install.d/40-trove-guest-agent-package';
const plugin = '/elements/trove-guest-agent-package/install.d/41-trove-guest-network-plugin';
const unit = '/etc/systemd/system/trove-guestagent.service.d/10-trove-guest.conf';

function configureAgent(before: string, after: string): string[] {
  return linesFromScratchRoot(`
    ${user} >&2; mkdir -p /etc/logrotate.d /etc/trove/conf.d; : > /systemctl.log
    ${before}
    ${agent}
    ${after}`);
}

describe('the packaged guest agent', () => {
  it('runs as the guest user with docker’s group and reads the injected files', () => {
    const lines = configureAgent('', `cat ${unit}`);
    expect(lines).toEqual(
      expect.arrayContaining([
        'User=guest',
        'Group=guest',
        'SupplementaryGroups=docker',
        'ExecStart=',
        'ExecStart=/usr/bin/trove-guestagent --config-dir=/etc/trove/conf.d',
      ]),
    );
    expect(lines).toContain(
      'ExecStartPre=+/bin/chown -R guest:root /etc/trove /var/log/trove /opt/trove-guestagent',
    );
  });

  it('waits for both names of cloud-init’s network stage, never for the final one', () => {
    const order = configureAgent('', `grep ^After= ${unit}`);
    expect(order).toEqual(['After=cloud-init.service cloud-init-network.service docker.service']);
  });

  it('owns its directories, as does no other user', () => {
    const paths = '/etc/trove /etc/trove/conf.d /var/log/trove /opt/trove-guestagent';
    const lines = configureAgent('chmod 750 /etc/trove', `stat -c '%a %U:%G %n' ${paths}`);
    expect(lines).toEqual(paths.split(' ').map((path) => `755 guest:root ${path}`));
  });

  it('is enabled', () => {
    const lines = configureAgent('', 'cat /systemctl.log');
    expect(lines).toEqual(['enable trove-guestagent.service']);
  });

  it('keeps no empty file where an injected one is looked for, but keeps a full one', () => {
    const file = '/etc/trove/conf.d/guest_info.conf';
    expect(configureAgent(`: > ${file}`, 'ls /etc/trove/conf.d')).toEqual([]);
    expect(configureAgent(`echo x > ${file}`, `cat ${file}`)).toEqual(['x']);
  });

  it('has its log rotated once: by the package where it does, else by us', () => {
    const packaged = `echo '/var/log/trove/*.log { daily }' > /etc/logrotate.d/trove-common`;
    expect(configureAgent(packaged, 'ls /etc/logrotate.d')).toEqual(['trove-common']);
    const ours = configureAgent('', 'cat /etc/logrotate.d/*');
    expect(ours[0]).toBe('/var/log/trove/*.log {');
  });
});

describe('docker’s network plugin', () => {
  const module = '/usr/lib/python3/dist-packages/trove';

  it('is run where this release of Trove has it', () => {
    const lines = linesFromScratchRoot(`
      mount -t tmpfs modules /usr/lib/python3/dist-packages
      mkdir -p ${module}/cmd
      touch ${module}/__init__.py ${module}/cmd/__init__.py ${module}/cmd/network_driver.py
      ${plugin}
      grep ^Before= /etc/systemd/system/trove-docker-plugin.service
      cat /etc/docker/plugins/docker-hostnic.spec /systemctl.log`);
    expect(lines).toEqual([
      'Before=docker.service',
      'unix:///run/docker/docker-hostnic.sock',
      'enable trove-docker-plugin.service',
    ]);
  });

  it('is left out, with the reason, where it has not', () => {
    const lines = linesFromScratchRoot(`
      mount -t tmpfs modules /usr/lib/python3/dist-packages
      mkdir -p ${module}/cmd; touch ${module}/__init__.py ${module}/cmd/__init__.py
      ${plugin}
      cat /systemctl.log; find /etc/docker /etc/systemd -type f 2>/dev/null || true`);
    expect(lines).toEqual(['this release of Trove has no network plugin']);
  });
});

describe('an agent that cannot start', () => {
  const imports = '/elements/trove-guest-agent-package/install.d/42-trove-guest-agent-imports';
  const datastore = '/usr/lib/python3/dist-packages/trove/guestagent/datastore';
  const common = `${datastore}/mysql_common/service.py`;
  const prepare = `
    mount -t tmpfs modules /usr/lib/python3/dist-packages
    for name in mysql mariadb postgres mysql_common; do
      mkdir -p ${datastore}/$name; touch ${datastore}/$name/manager.py
    done
    printf 'import re\\nhome = re.escape("x")\\n' > ${common}
    echo 'import trove.guestagent.datastore.mysql_common.service' > ${datastore}/mysql/manager.py`;

  it('is repaired where the cause is the import that Ubuntu’s update of Trove 17 lost', () => {
    const lines = linesFromScratchRoot(`
      ${prepare}; echo 'config = os.path.realpath("/etc/mysql/my.cnf")' >> ${common}
      ${imports}; ${imports}; cat ${common}`);
    expect(lines).toEqual([
      `repaired ${common}: it used the module os without importing it`,
      'import os',
      'import re',
      'home = re.escape("x")',
      'config = os.path.realpath("/etc/mysql/my.cnf")',
    ]);
  });

  it('fails the build for any other cause, with the reason', () => {
    const run = runInScratchRoot(`
      ${prepare}; echo 'import missing_library' > ${datastore}/postgres/manager.py; ${imports}`);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain("No module named 'missing_library'");
    expect(run.stderr).toContain('cannot load trove.guestagent.datastore.postgres.manager');
  });

  it('is not what a sound package has', () => {
    expect(linesFromScratchRoot(`${prepare}; ${imports}; cat ${common}`)).toEqual([
      'import re',
      'home = re.escape("x")',
    ]);
  });
});
