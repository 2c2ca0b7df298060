import { describe, expect, it } from '@jest/globals';
import { linesFromScratchRoot, runInScratchRoot } from './scratch.ts';

const user = '/elements/trove-guest-user/install.d/25-trove-guest-user';
const gaps = '/elements/trove-guest-source/extra-data.d/20-trove-guest-source';
const look = '/elements/trove-guest-source/post-install.d/80-trove-guest-source';
const bring = '/elements/trove-guest-secrets/extra-data.d/15-trove-guest-secrets';
const place = '/elements/trove-guest-secrets/install.d/45-trove-guest-secrets';
const map = '/target/usr/share/pkg-map/guest-agent';

describe('packages that Trove names by Ubuntu’s names', () => {
  const fill = (distribution: string, content: string, after: string) => `
    mkdir -p /target/usr/share/pkg-map; printf '%s' '${content}' > ${map}
    DISTRO_NAME=${distribution} TMP_MOUNT_PATH=/target ${gaps}
    ${after}`;

  it('are left out on Debian where it has none, with a line for each, and the rest stays', () => {
    const upstream =
      '{"distro": {"ubuntu": {"ureadahead": ""}}, "default": {"guest-agent": "guest-agent"}}';
    const lines = linesFromScratchRoot(
      fill(
        'debian',
        upstream,
        `python3 -c 'import json; print(json.dumps(json.load(open("${map}"))))'`,
      ),
    );
    expect(lines.slice(0, -1)).toEqual([
      'Debian has no package ureadahead: it is left out',
      'Debian has no package ubuntu-cloudimage-keyring: it is left out',
    ]);
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual({
      distro: {
        ubuntu: { ureadahead: '' },
        debian: { ureadahead: '', 'ubuntu-cloudimage-keyring': '' },
      },
      default: { 'guest-agent': 'guest-agent' },
    });
  });

  it('stay as the tree maps them, and on Ubuntu', () => {
    const own = '{"distro": {"debian": {"ureadahead": "e4rat"}}}';
    expect(linesFromScratchRoot(fill('debian', own, `grep -c e4rat ${map}`)).at(-1)).toBe('1');
    expect(linesFromScratchRoot(fill('ubuntu', own, `cat ${map}`))).toEqual([own]);
  });

  it('are a clear error where the tree is none of Trove', () => {
    const { exitCode, stderr } = runInScratchRoot(
      `DISTRO_NAME=debian TMP_MOUNT_PATH=/target ${gaps}`,
    );
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringContaining('is trove-path a tree of OpenStack Trove?'),
    ]);
  });
});

describe('a guest whose agent comes from source', () => {
  const prepare = `
    useradd --create-home --user-group guest; echo guest:guest | chpasswd
    printf '#!/bin/sh\n' > /usr/local/bin/guest-agent; chmod 755 /usr/local/bin/guest-agent`;
  const shadow = 'grep ^guest: /etc/shadow | cut -d: -f2';

  it('is named to cloud-init, which would create another user beside it', () => {
    const config = '/etc/cloud/cloud.cfg.d/96_trove_guest_user.cfg';
    const cloud = 'mkdir -p /etc/cloud/cloud.cfg.d';
    const of = (mode: string) =>
      linesFromScratchRoot(`${prepare}; ${cloud}; DEV_MODE=${mode} ${look}; cat ${config}`);
    expect(of('false')).toEqual(
      expect.arrayContaining(['    name: guest', '    lock_passwd: true']),
    );
    expect(of('true')).toEqual(expect.arrayContaining(['    lock_passwd: false']));
    const ours = `${prepare}; ${cloud}; echo ours > ${config}; DEV_MODE=false ${look}; cat ${config}`;
    expect(linesFromScratchRoot(ours)).toEqual(['ours']);
  });

  it('has no password that everybody knows', () => {
    const lock = '/elements/trove-guest-password/post-install.d/81-trove-guest-password';
    expect(linesFromScratchRoot(`${prepare}; ${lock}; ${shadow}`)).toEqual(['!']);
  });

  it.each([
    [
      'unit',
      'printf "#!/bin/sh\nexit 1\n" > /usr/local/sbin/systemctl',
      'guest-agent.service is not enabled',
    ],
    ['program', 'rm /usr/local/bin/guest-agent', 'There is no program guest-agent'],
  ])('is refused without its %s', (_what, damage, message) => {
    const { exitCode, stderr } = runInScratchRoot(`${prepare}; ${damage}; DEV_MODE=false ${look}`);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(message)]);
  });
});

describe('secrets', () => {
  const run = (files: Readonly<Record<string, string>>, after: string, before = '') =>
    linesFromScratchRoot(`
      ${user} >&2; ${before}
      mkdir -m 0700 /secrets; mkdir -p /tmp/in_target.d
      ${Object.entries(files)
        .map(([name, text]) => `printf '%s\n' '${text}' > /secrets/${name}`)
        .join('; ')}
      export TROVE_GUEST_SECRETS=/secrets
      TMP_HOOKS_PATH=/tmp/in_target.d ${bring}; rm -rf /secrets
      ${place}
      ${after}`);

  it('reach the hooks in the chroot for root alone, and are named, never shown', () => {
    const files = {
      id_rsa: 'PRIVATE',
      'id_rsa.pub': 'PUBLIC',
      'controller.conf': 'CONTROLLER=192.0.2.7',
      'root-password': 'hunter22',
    };
    const lines = run(files, `stat -c '%a %U' /tmp/in_target.d/trove-guest-secrets`);
    expect(lines).toEqual([
      'the guest user guest has a private key',
      '/etc/trove/controller.conf names the controller',
      'root has a password, and may log in by ssh',
      '700 root',
    ]);
  });

  it('put the key where ssh accepts it', () => {
    const lines = run(
      { id_rsa: 'PRIVATE', 'id_rsa.pub': 'PUBLIC' },
      `stat -c '%a %U:%G %n' /home/guest/.ssh /home/guest/.ssh/*; cat /home/guest/.ssh/id_rsa`,
    );
    expect(lines.slice(1)).toEqual([
      '700 guest:guest /home/guest/.ssh',
      '600 guest:guest /home/guest/.ssh/id_rsa',
      '644 guest:guest /home/guest/.ssh/id_rsa.pub',
      'PRIVATE',
    ]);
  });

  it('make a password of root that works, whatever characters it has', () => {
    const password = 'a&/\\b$x"%s';
    const lines = run(
      { 'root-password': password },
      `python3 -W ignore -c 'import crypt, sys; h = [l.split(":")[1] for l in open("/etc/shadow") if l.startswith("root:")][0]; print(crypt.crypt(sys.argv[1], h) == h)' '${password}'
       cat /etc/ssh/sshd_config.d/*.conf /etc/cloud/cloud.cfg.d/97*`,
    );
    expect(lines.slice(1)).toEqual([
      'True',
      'PermitRootLogin yes',
      'PasswordAuthentication yes',
      'disable_root: false',
      'ssh_pwauth: true',
    ]);
  });

  it('are nothing where none is given', () => {
    expect(run({}, 'ls -A /home/guest/.ssh /etc/trove /etc/ssh 2>/dev/null || true')).toEqual([]);
  });
});
