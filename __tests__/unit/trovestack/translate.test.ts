import { describe, expect, it } from '@jest/globals';
import { renderCommand } from '../../../src/core/trovestack/command.ts';
import {
  type TrovestackFacts,
  translateTrovestack,
} from '../../../src/core/trovestack/translate.ts';
import { inputTable } from '../../../src/model/input-table.ts';
import { oldDatastores, trovestackVariables } from '../../../src/model/trovestack.ts';
import { mistakesOf } from '../support/inputs.ts';

const facts: TrovestackFacts = {
  home: '/home/stack',
  user: 'stack',
  checkout: '/opt/stack/trove',
  defaultRelease: null,
  hasFile: (path) => path.endsWith('/id_rsa'),
};
const translate = (words: string, variables: Readonly<Record<string, string>> = {}, more = {}) =>
  translateTrovestack(words.split(' ').filter(Boolean), variables, { ...facts, ...more });

describe('the arguments of trovestack', () => {
  it('are those of today when the first is an operating system, and when there is none', () => {
    expect(translate('').inputs).toEqual({
      'guest-os': 'ubuntu',
      'guest-release': 'jammy',
      'guest-username': 'ubuntu',
      'guest-agent': 'source',
      'dev-mode': 'true',
      'trove-path': '/opt/stack/trove',
      'controller-user': 'stack',
      'controller-trove-path': '/opt/stack/trove',
      'ssh-dir': '/home/stack/.ssh',
      'output-dir': '/home/stack/images',
    });
    expect(translate('debian bookworm false agent out/x.raw').inputs).toMatchObject({
      'guest-os': 'debian',
      'guest-release': 'bookworm',
      'dev-mode': 'false',
      'guest-username': 'agent',
      output: 'out/x.raw',
    });
  });

  it.each(oldDatastores)('are those of Train when the first is the datastore %s', (datastore) => {
    const { generation, inputs } = translate(`${datastore} ubuntu xenial false ubuntu`);
    expect(generation).toBe('train');
    expect(inputs).toMatchObject({
      datastores: datastore,
      'guest-release': 'xenial',
      'image-size': '4',
      'image-name': `trove-ubuntu-xenial-${datastore}`,
    });
  });

  it.each([
    ['False', 'false'],
    ['TRUE', 'true'],
    ['true', 'true'],
  ])('have the development mode %s in any case', (word, expected) => {
    expect(translate(`ubuntu noble ${word}`).inputs['dev-mode']).toBe(expected);
  });

  it.each([
    ['oracle', 'neither an operating system'],
    ['fedora 28', 'guests of fedora are not built'],
    ['mysql centos', 'guests of centos are not built'],
    ['ubuntu noble yes', 'took anything but true for false'],
    ['ubuntu noble true ubuntu /x.qcow2 more', 'one argument too many'],
    ['mysql ubuntu xenial true ubuntu /x more', 'one argument too many'],
  ])('%s are refused with a sentence', (words, part) => {
    expect(translate(words).refusals).toMatchObject([
      { code: 'trovestack-argument', message: expect.stringContaining(part) },
    ]);
  });

  it('take the format of an old path from GUEST_IMAGETYPE', () => {
    const words = 'mysql ubuntu xenial false ubuntu /srv/mysql';
    expect(translate(words, { GUEST_IMAGETYPE: 'raw' }).inputs).toMatchObject({
      'output-dir': '/srv',
      'image-name': 'mysql',
      formats: 'raw',
    });
    expect(translate(`${words}.qcow2`).inputs).toMatchObject({ output: '/srv/mysql.qcow2' });
  });
});

describe('a variable that trovestack knew', () => {
  const samples: Readonly<Record<string, string>> = {
    GUEST_IMAGESIZE: '8',
    SYNC_LOG_TO_CONTROLLER: 'True',
    DIB_TROVE_DOCKER_IMAGES: 'mysql:8.4',
    DIB_DISTRIBUTION_MIRROR: 'http://archive.example.org/ubuntu',
    CONTROLLER_IP: '192.0.2.7',
    GUEST_IMAGETYPE: 'raw',
    TROVE_ROOT_PASSWORD: 'example-password',
    TROVE_IMAGE_OS: 'debian',
    TROVE_IMAGE_OS_RELEASE: 'trixie',
  };

  it.each(trovestackVariables)(
    '$name is an input, a line of environment, a note or a refusal',
    ({ name, fate }) => {
      const value = samples[name] ?? '/some/value';
      const before = translate('', {}, { checkout: null });
      const { inputs, notes, refusals } = translate('', { [name]: value }, { checkout: null });
      const said = [...notes, ...refusals.map(({ message }) => message)].some((line) =>
        line.startsWith(name),
      );
      if (fate === 'environment') expect(inputs.environment).toBe(`${name}=${value}`);
      else if (fate === 'refused')
        expect(refusals.map(({ message }) => message).join()).toContain(name);
      else if (fate === 'no effect') expect(said).toBe(true);
      else if (!said) expect(inputs[fate.input]).not.toBe(before.inputs[fate.input]);
    },
  );

  it('is in the table once, with a sentence', () => {
    const names = trovestackVariables.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
    for (const { now } of trovestackVariables) expect(now).toMatch(/\.$/);
  });

  it('maps to inputs that there are', () => {
    const inputs = inputTable.map(({ name }) => name);
    for (const { fate } of trovestackVariables)
      if (typeof fate === 'object') expect(inputs).toContain(fate.input);
  });

  it.each([
    ['SSH_DIR', 'ubuntu noble false', 'SSH_DIR has no effect without development mode'],
    ['SYNC_LOG_TO_CONTROLLER', 'ubuntu noble false', 'without development mode'],
    ['TROVE_BRANCH', 'ubuntu', 'TROVE_BRANCH has no effect: Used where there is no checkout'],
  ])('%s that changes nothing says so', (name, words, part) => {
    expect(translate(words, { [name]: 'True' }).notes.join('\n')).toContain(part);
  });

  it('names repository and branch where there is no checkout', () => {
    const variables = { GIT_BASE: 'https://git.example.org', TROVE_BRANCH: 'stable/2025.1' };
    expect(translate('ubuntu', variables, { checkout: null }).inputs).toMatchObject({
      'trove-repository': 'https://git.example.org/openstack/trove',
      'trove-ref': 'stable/2025.1',
    });
  });

  it('of OpenStack clients is dropped, and named without its value', () => {
    const { notes, inputs } = translate('ubuntu', { OS_PASSWORD: 'hunter2222' });
    expect(notes.join()).toContain('OS_PASSWORD: dropped');
    expect(JSON.stringify([notes, inputs])).not.toContain('hunter2222');
  });

  it('of diskimage-builder that nobody names goes on to it', () => {
    expect(translate('ubuntu', { DIB_GRUB_TIMEOUT: '5', UNKNOWN: 'x' }).inputs.environment).toBe(
      'DIB_GRUB_TIMEOUT=5',
    );
  });

  it('of diskimage-builder that the build sets itself is refused by the check of inputs', () => {
    const { inputs } = translate('ubuntu noble false', { DIB_OFFLINE: '1' });
    expect(
      mistakesOf(inputs)
        .map(({ message }) => message)
        .join(),
    ).toContain('DIB_OFFLINE is set by the build itself');
  });

  it('says what is missing when there is no key', () => {
    const { inputs, notes } = translate('ubuntu', {}, { hasFile: () => false });
    expect(inputs).not.toHaveProperty('ssh-dir');
    expect(notes.join()).toContain('There is no key for the controller');
  });

  it('builds the release that the checkout builds by default', () => {
    expect(translate('', {}, { defaultRelease: 'focal' }).inputs['guest-release']).toBe('focal');
    expect(translate('ubuntu noble', {}, { defaultRelease: 'focal' }).inputs['guest-release']).toBe(
      'noble',
    );
  });

  it('asks for the address of the controller where the old form took its own', () => {
    expect(translate('mysql').notes.join()).toContain('CONTROLLER_IP is not set');
    expect(translate('mysql', { CONTROLLER_IP: '192.0.2.7' }).notes).toEqual([]);
  });

  it('takes the constraints of a devstack that is there', () => {
    const hasFile = () => true;
    const place = (variables: Readonly<Record<string, string>>) =>
      translate('ubuntu', variables, { hasFile }).inputs['upper-constraints'];
    expect(place({})).toBe('/opt/stack/requirements/upper-constraints.txt');
    expect(place({ DEST: '/srv' })).toBe('/srv/requirements/upper-constraints.txt');
    expect(place({ DIB_REPOLOCATION_upper_constraints: 'file:///uc.txt' })).toBe('file:///uc.txt');
  });
});

describe('what devstack embeds', () => {
  const mysql = { TROVE_DATASTORE_TYPE: 'mysql', TROVE_DATASTORE_VERSION: '8.4' };
  const published = 'quay.io/openstack.trove';

  it.each([
    [mysql, `${published}/mysql:8.4 ${published}/db-backup-mysql:8.4`],
    [{ ...mysql, TROVE_BUILD_BACKUP_IMAGES: 'False' }, `${published}/mysql:8.4`],
    [
      {
        ...mysql,
        TROVE_BUILD_BACKUP_IMAGES: 'False',
        TROVE_DATABASE_IMAGE_MYSQL: '172.24.4.1:4000/trove-datastores/mysql',
      },
      `${published}/mysql:8.4=172.24.4.1:4000/trove-datastores/mysql:8.4`,
    ],
    [
      { TROVE_DATASTORE_TYPE: 'postgresql', TROVE_DATASTORE_VERSION: '18' },
      `${published}/postgres:18 ${published}/db-backup-postgresql:18`,
    ],
    [{ ...mysql, TROVE_EMBED_DATASTORE_IMAGES: 'False' }, undefined],
    [{ TROVE_DATASTORE_TYPE: 'mysql' }, undefined],
    [{ ...mysql, DIB_TROVE_DOCKER_IMAGES: 'a:1=b:1' }, 'a:1=b:1'],
  ])('for %j is %s', (variables, expected) => {
    expect(translate('ubuntu', variables).inputs['container-images']).toBe(expected);
  });
});

describe('the same command', () => {
  it('has what differs from the defaults, quoted for a shell', () => {
    const { inputs } = translate('ubuntu noble false ubuntu /srv/guest.qcow2', {
      DIB_LOCAL_ELEMENTS_PATH: '/srv/elements',
      DIB_CLOUD_INIT_DATASOURCES: 'ConfigDrive, OpenStack',
      DIB_GRUB_TIMEOUT: '5',
    });
    expect(renderCommand(inputs, inputTable)).toBe(
      "trove-image build --guest-os ubuntu --guest-release noble --guest-agent source --guest-username ubuntu --trove-path /opt/stack/trove --elements-path /srv/elements --environment 'DIB_CLOUD_INIT_DATASOURCES=ConfigDrive, OpenStack' --environment DIB_GRUB_TIMEOUT=5 --output /srv/guest.qcow2",
    );
  });

  it('names secrets by their variable, never shows them', () => {
    const { inputs } = translate('ubuntu noble true', { TROVE_ROOT_PASSWORD: 'hunter2222' });
    const command = renderCommand(inputs, inputTable);
    expect(command).toMatch(/^TROVE_IMAGE_ROOT_PASSWORD=\*\*\* trove-image build .* --dev-mode/);
    expect(command).not.toContain('hunter2222');
  });

  it('quotes what a shell would act on', () => {
    expect(renderCommand({ packages: "it's $(id)" }, inputTable)).toBe(
      "trove-image build --packages 'it'\\''s $(id)'",
    );
  });
});
