import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { DatastoreDefaults } from '../../src/model/datastores.ts';
import { projectDirectory } from '../support/checkout.ts';

const program = join(projectDirectory, 'host', 'read-trove-config');
const folder = mkdtempSync(join(tmpdir(), 'trove-config-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;
function makeTree(files: Readonly<Record<string, string>>): string {
  count += 1;
  const tree = join(folder, String(count));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, name)), { recursive: true });
    writeFileSync(join(tree, name), text);
  }
  return tree;
}

function run(...words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync('/usr/bin/python3', ['-I', program, ...words], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  const parse = (text: string) => (text.startsWith('{') ? JSON.parse(text) : text);
  return { status, answer: parse(stdout), error: parse(stderr) };
}
const read = (tree: string, ...more: readonly string[]): Record<string, DatastoreDefaults> =>
  run(tree, ...more).answer.datastores;
/** One field of every datastore. */
const fieldOf = (found: Record<string, DatastoreDefaults>, field: keyof DatastoreDefaults) =>
  Object.fromEntries(Object.entries(found).map(([name, each]) => [name, each[field]]));

/** Options and groups as trove/common/cfg.py writes them. */
const options = `
from oslo_config import cfg
raise SystemExit('nobody runs this')
mysql_group = cfg.OptGroup('mysql', title='MySQL options', help="A group")
mysql_opts = [
    cfg.BoolOpt('icmp', default=False),
    cfg.StrOpt('docker_image', default='mysql', help='Image.'),
    cfg.StrOpt(
        'backup_docker_image',
        default='example/db-backup-mysql:1.1.0',
        help='A long '
             'text.'),
]
redis_group = cfg.OptGroup('redis')
redis_opts = [cfg.StrOpt('mount_point', default='/var/lib/redis')]
postgresql_group = cfg.OptGroup('postgresql')
postgresql_opts = (
    cfg.StrOpt('docker_image', default="postgres"),
    cfg.StrOpt('backup_docker_image', sample_default='your-registry/x'),
)
odd_group = cfg.OptGroup('odd')
odd_opts = [cfg.StrOpt('docker_image', default=f"{name}"), cfg.StrOpt('backup_docker_image', default=None)]
CONF = cfg.CONF
CONF.register_group(mysql_group)
CONF.register_opts(mysql_opts, mysql_group)
CONF.register_opts(redis_opts, redis_group)
CONF.register_opts(opts=postgresql_opts, group=postgresql_group)
CONF.register_opts(odd_opts, odd_group)
CONF.register_opts(common_opts)
`;
const cfg = { 'trove/common/cfg.py': options };
const service = (body: string): string => `
class App(object):
    def other(self):
        return CONF.datastore_version.minor

    def get_backup_image(self, more=None):
        ${body}
`;

describe('the configuration of a Trove', () => {
  it('names each group that has a docker_image, and runs nothing', () => {
    const plain = { minorSuffix: false, versionTag: false };
    expect(read(makeTree(cfg))).toEqual({
      mysql: {
        image: 'mysql',
        backupImage: 'example/db-backup-mysql:1.1.0',
        backupName: plain,
        versions: [],
      },
      odd: { image: null, backupImage: null, backupName: plain, versions: [] },
      postgresql: { image: 'postgres', backupImage: null, backupName: plain, versions: [] },
    });
  });

  it('says how the guest agent names backup images, by its own code', () => {
    const tree = makeTree({
      ...cfg,
      'trove/guestagent/datastore/service.py': service(
        'return f"{image}:{CONF.datastore_version}"',
      ),
      'trove/guestagent/datastore/mysql/service.py': service('return f"{cur.major}.{cur.minor}"'),
      'trove/guestagent/datastore/postgresql/service.py': service('return image'),
    });
    expect(fieldOf(read(tree), 'backupName')).toEqual({
      mysql: { minorSuffix: true, versionTag: true },
      odd: { minorSuffix: false, versionTag: true },
      postgresql: { minorSuffix: false, versionTag: true },
    });
  });

  /** A variable with its default, as devstack writes it. */
  const assign = (name: string, value: string): string => `${name}=\${${name}:-${value}}\n`;
  const plugin = `
function configure_docker_images {
    iniset $TROVE_GUESTAGENT_CONF mysql backup_docker_image \${BACKUP_MYSQL}
    iniset "\${TROVE_GUESTAGENT_CONF}" postgresql backup_docker_image "$BACKUP_POSTGRES"
    iniset $TROVE_CONF odd backup_docker_image \${BACKUP_MYSQL}
    iniset $TROVE_GUESTAGENT_CONF odd backup_docker_image $(rm -rf /)
}`;

  it.each([
    [
      'new',
      assign('TROVE_DATASTORES', '"mysql:8.4 postgresql:18 mysql:8.0 odd"'),
      { mysql: ['8.4', '8.0'], postgresql: ['18'], odd: [] },
    ],
    [
      'old',
      assign('TROVE_DATASTORE_TYPE', '"mysql"') + assign('TROVE_DATASTORE_VERSION', '5.7'),
      { mysql: ['5.7'], postgresql: [], odd: [] },
    ],
    ['no', '# nothing', { mysql: [], postgresql: [], odd: [] }],
  ])(
    'takes versions from devstack in its %s form, and the names that it has nowhere else',
    (_, versions, expected) => {
      const settings = [
        versions,
        'if [[ $X ]]; then\n',
        assign('BACKUP_POSTGRES', '"$GATEWAY:4000/db-backup-postgresql"'),
        `else\n    ${assign('BACKUP_POSTGRES', '"quay.io/x/db-backup-postgresql"')}fi\n`,
        assign('BACKUP_MYSQL', '"other/mysql"'),
      ].join('');
      const found = read(
        makeTree({ ...cfg, 'devstack/settings': settings, 'devstack/plugin.sh': plugin }),
      );
      expect(fieldOf(found, 'versions')).toEqual(expected);
      expect(found.postgresql?.backupImage).toBe('quay.io/x/db-backup-postgresql');
      expect(found.mysql?.backupImage).toBe('example/db-backup-mysql:1.1.0');
      expect(found.odd?.backupImage).toBeNull();
    },
  );

  it('is of no datastore where no group has a docker_image', () => {
    expect(read(makeTree({ 'trove/common/cfg.py': 'CONF = 1\n' }))).toEqual({});
  });
});

describe("an operator's own file", () => {
  it('wins where it names an image, in every form that oslo.config reads', () => {
    const tree = makeTree({
      ...cfg,
      conf: `\uFEFF# a comment
[DEFAULT]
docker_image = nobody's
debug
[mysql]
; another
docker_image: registry.example.org:5000/db/mysql
backup_docker_image =
tcp_ports = 3306,
  33060
[postgresql]
backup_docker_image = "registry.example.org/backup:1"
[mysql]
%(x)s = %
[other]
docker_image = other
`,
    });
    const { mysql, postgresql, odd, other } = read(tree, '--config', join(tree, 'conf'));
    expect([mysql?.image, mysql?.backupImage]).toEqual([
      'registry.example.org:5000/db/mysql',
      'example/db-backup-mysql:1.1.0',
    ]);
    expect(postgresql?.backupImage).toBe('registry.example.org/backup:1');
    expect([odd?.image, other]).toEqual([null, undefined]);
  });

  it.each([
    ['is not there', null],
    ['has no groups', 'docker_image = x\n'],
    ['is no text', Buffer.from([0xff, 0xfe, 0x00])],
  ])('that %s is refused by its name', (_, content) => {
    const tree = makeTree(cfg);
    const conf = join(tree, 'conf');
    if (content !== null) writeFileSync(conf, content);
    const { status, error } = run(tree, '--config', conf);
    expect(status).toBe(1);
    expect(error).toEqual({ error: 'config-unreadable', message: expect.stringContaining(conf) });
  });
});

describe('what is no Trove', () => {
  it.each([
    ['an empty directory', {}, 'no-tree'],
    ['a file that is no Python', { 'trove/common/cfg.py': 'def (' }, 'tree-unreadable'],
    ['a file with a NUL', { 'trove/common/cfg.py': 'a\0b' }, 'tree-unreadable'],
    [
      'nesting without end',
      { 'trove/common/cfg.py': `x = ${'('.repeat(5000)}` },
      'tree-unreadable',
    ],
  ])('is refused: %s', (_, files, code) => {
    const { status, error } = run(makeTree({ readme: '', ...files }));
    expect([status, error.error]).toEqual([1, code]);
  });

  it.each([[[]], [['--wrong']], [['a', 'b']]])('the words %j are refused', (words) => {
    expect(run(...words)).toMatchObject({ status: 1, error: { error: 'usage' } });
  });

  it('a devstack that links elsewhere is no trouble where it leads nowhere', () => {
    const tree = makeTree(cfg);
    symlinkSync('/nonexistent', join(tree, 'devstack'));
    expect(Object.keys(read(tree))).toEqual(['mysql', 'odd', 'postgresql']);
  });
});
