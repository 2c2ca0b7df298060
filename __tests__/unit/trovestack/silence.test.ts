import { describe, expect, it } from '@jest/globals';
import { translateTrovestack } from '../../../src/core/trovestack/translate.ts';
import { trovestackVariables } from '../../../src/model/trovestack.ts';

const facts = {
  ...{ home: '/home/stack', user: 'stack', checkout: '/opt/stack/trove', defaultRelease: null },
  hasFile: (path: string) => path.endsWith('/id_rsa'),
};
const translate = (words: string, variables: Readonly<Record<string, string>>, more = {}) =>
  translateTrovestack(words.split(' '), variables, { ...facts, ...more });

interface Beside {
  readonly words?: string;
  readonly [name: string]: string | undefined;
}

describe('a variable that another one, or an argument, outdoes', () => {
  it.each<readonly [string, string, Beside]>([
    ['TROVE_IMAGE_OS', 'debian', { words: 'ubuntu noble false' }],
    ['TROVE_IMAGE_OS_RELEASE', 'jammy', { words: 'ubuntu noble false' }],
    ['GIT_BASE', 'https://a.example.org', { GIT_OPENSTACK: 'https://b.example.org/openstack' }],
    ['GIT_OPENSTACK', 'https://b.example.org/openstack', { TROVE_REPO: 'https://c.example.org/t' }],
    ['TROVE_REPO', 'https://c.example.org/t', { PATH_TROVE: '/srv/trove' }],
    ['TROVE_DATASTORE_TYPE', 'mysql', { DIB_TROVE_DOCKER_IMAGES: 'a:1' }],
    ['TROVE_DATABASE_IMAGE_MARIADB', 'x/y', { TROVE_DATASTORE_TYPE: 'mysql' }],
    ['GUEST_IMAGETYPE', 'raw', { words: 'mysql ubuntu xenial false ubuntu /srv/x.qcow2' }],
    ['SYNC_LOG_TO_CONTROLLER', 'true', {}],
    ['SSH_DIR', '/nowhere', { words: 'ubuntu noble true' }],
    ['DEST', '/srv/stack', {}],
  ])('%s=%s says so', (name, value, { words = 'ubuntu noble true', ...others }) => {
    const more = name === 'SSH_DIR' ? { hasFile: () => false } : {};
    const checkout = name.startsWith('GIT_') ? { checkout: null } : {};
    const { notes } = translate(
      words,
      { ...(others as object), [name]: value },
      { ...more, ...checkout },
    );
    expect(notes.filter((note) => note.startsWith(`${name} has no effect`))).toHaveLength(1);
  });

  it.each([
    ['PATH_TROVE', '/opt/stack/trove'],
    ['HOST_SCP_USERNAME', 'stack'],
    ['SSH_DIR', '/home/stack/.ssh'],
    ['SYNC_LOG_TO_CONTROLLER', 'False'],
    ['GUEST_IMAGESIZE', '5'],
  ])('says nothing where %s=%s is so anyway', (name, value) => {
    expect(translate('ubuntu noble true', { [name]: value }).notes).toEqual([]);
  });

  it('says nothing where devstack switches on what is on', () => {
    const devstack = {
      TROVE_DATASTORE_TYPE: 'mysql',
      TROVE_DATASTORE_VERSION: '8.4',
      TROVE_EMBED_DATASTORE_IMAGES: 'True',
      TROVE_BUILD_BACKUP_IMAGES: 'True',
    };
    expect(translate('ubuntu noble true', devstack).notes).toEqual([]);
  });
});

describe('all variables of the table at once', () => {
  const everything = Object.fromEntries(
    trovestackVariables.map(({ name }) => [name, `/v/${name}`]),
  );

  it.each(['ubuntu noble true', 'ubuntu noble false', 'mysql ubuntu xenial true'])(
    'leave none without an input, a line, a note or a refusal, for %s',
    (words) => {
      const { inputs, notes, refusals } = translate(words, everything);
      const said = [...notes, ...refusals.map(({ message }) => message)].join('\n');
      const texts = Object.values(inputs).join('\n');
      const silent = trovestackVariables.filter(
        ({ name }) =>
          !new RegExp(`/v/${name}(\\n|$)`).test(texts) &&
          !new RegExp(`^${name}\\b`, 'm').test(said),
      );
      expect(silent.map(({ name }) => name)).toEqual([]);
    },
  );
});

describe('a variable that would show a secret, or become another one', () => {
  it.each([
    ['DIB_DEV_USER_PASSWORD', 'hunter2222', 'looks like a secret'],
    ['DIB_APT_TOKEN', 'hunter2222', 'looks like a secret'],
    ['DATASTORE_DOWNLOAD_OPTS', '--password=hunter2222', 'is refused'],
    ['DIB_REPOLOCATION_guest_agent', 'https://x:hunter2222@git.example.org/t', 'in a URL'],
    ['DIB_REPOLOCATION_guest_agent', 'https://hunter2222@git.example.org/t', 'in a URL'],
    ['TROVE_REPO', 'https://x:hunter2222@git.example.org/t', 'in a URL'],
    ['GIT_BASE', 'ssh://x:hunter2222@git.example.org', 'in a URL'],
    ['DIB_DISTRIBUTION_MIRROR', 'http://x:hunter2222@archive.example.org', 'in a URL'],
    ['DIB_BLOCK_DEVICE_CONFIG', '- local_loop:\nLD_PRELOAD=hunter2222', 'several lines'],
    ['DIB_BOOTLOADER_DEFAULT_CMDLINE', 'quiet #hunter2222', 'begins a comment'],
  ])('%s=%j is refused without its value', (name, value, part) => {
    const { refusals, notes } = translate('ubuntu noble false', { [name]: value });
    expect(refusals).toMatchObject([
      { code: 'trovestack-variable', message: expect.stringContaining(part) },
    ]);
    expect(refusals[0]?.message.startsWith(name)).toBe(true);
    expect(JSON.stringify([refusals, notes])).not.toContain('hunter2222');
  });

  it.each([
    ['DIB_REPOLOCATION_guest_agent', 'ssh://git@git.example.org/trove'],
    ['DIB_TROVE_DOCKER_IMAGES', `registry.example.org:5000/mysql@sha256:${'0'.repeat(64)}`],
    ['DIB_APT_CONF_DIR', '/etc/apt#1'],
    ['OS_AUTH_URL', 'https://x:y@keystone.example.org'],
  ])('%s=%s is none', (name, value) => {
    expect(translate('ubuntu noble false', { [name]: value }).refusals).toEqual([]);
  });

  it('is not taken for a variable when no shell could have set it', () => {
    const { inputs, notes } = translate('ubuntu noble false', { 'DIB_A\u001b[2J': 'x' });
    expect(inputs).not.toHaveProperty('environment');
    expect(notes).toEqual([]);
  });
});

describe('files of options that trovestack ran', () => {
  it.each([
    '/home/stack/.trovestack.options.rc',
    '/opt/stack/trove/integration/scripts/options.rc',
  ])('%s is named where it is there', (path) => {
    const { notes } = translate(
      'ubuntu noble false',
      {},
      { hasFile: (each: string) => each === path },
    );
    expect(notes).toEqual([expect.stringContaining(`${path} is not read`)]);
  });
});
