import { describe, expect, it } from '@jest/globals';
import { listSourceElements, listSourceVariables } from '../../../src/core/trove/elements.ts';
import type { TroveTree } from '../../../src/model/trove.ts';
import { problemsOf } from '../support/inputs.ts';

const commit = 'c0ffee'.padEnd(40, '0');
const tree: TroveTree = {
  path: '/srv/trove',
  origin: '/srv/trove',
  ref: 'master',
  series: 'master',
  code: { repository: '/srv/trove', commit },
  isDirty: false,
  layout: 'containers',
  elements: ['guest-agent', 'ubuntu-docker', 'ubuntu-guest'],
  constraints: 'https://opendev.org/c.txt',
};
const old: TroveTree = {
  ...tree,
  series: 'stable/train',
  layout: 'per-datastore',
  elements: ['guest-agent', 'ubuntu-guest', 'ubuntu-mysql', 'ubuntu-redis', 'ubuntu-xenial-mysql'],
};
const wish = {
  os: 'ubuntu',
  release: 'noble',
  version: '24.04',
  datastores: [],
  isDevelopment: false,
};
const development = {
  sshDir: '/home/stack/.ssh',
  controllerAddress: '192.0.2.7',
  controllerUser: 'stack',
  controllerTrovePath: '/opt/stack/trove',
  syncGuestLogs: true,
};

describe('the elements of a guest from source', () => {
  it('are those of Trove for ubuntu, in its order, and ours for what they leave open', () => {
    expect(listSourceElements(tree, wish)).toEqual([
      'cloud-init-datasources',
      'pip-cache',
      'guest-agent',
      'ubuntu-docker',
      'trove-guest-source',
      'trove-guest-password',
    ]);
  });

  it('have ours in place of docker and user for debian', () => {
    const debian = { ...wish, os: 'debian', release: 'trixie' };
    expect(listSourceElements(tree, debian)).toEqual([
      'trove-guest',
      'guest-agent',
      'trove-guest-source',
      'trove-guest-password',
    ]);
  });

  it('are those of the one datastore in a tree of the old form', () => {
    const mysql = { ...wish, release: 'xenial', datastores: ['mysql:5.7'] };
    expect(listSourceElements(old, mysql)).toEqual([
      'pip-and-virtualenv',
      'pip-cache',
      'guest-agent',
      'ubuntu-mysql',
      'ubuntu-xenial-mysql',
      'trove-guest-clean',
      'trove-guest-password',
    ]);
    expect(
      listSourceElements(old, { ...mysql, datastores: ['redis'], isDevelopment: true }),
    ).toEqual(['ubuntu-guest', 'ubuntu-xenial-guest', 'ubuntu-redis', 'trove-guest-clean']);
  });

  it.each([[[]], [['mysql', 'redis']], [['oracle']]])(
    'are refused in a tree of the old form for the datastores %j, with those that it has',
    (datastores) => {
      const problems = problemsOf(() => listSourceElements(old, { ...wish, datastores }));
      expect(problems).toMatchObject([
        { code: 'old-trove-tree', hint: expect.stringContaining('mysql, redis') },
      ]);
    },
  );
});

describe('the variables of a guest from source', () => {
  it('say that nothing comes from a controller', () => {
    expect(listSourceVariables(tree, wish, null)).toEqual({
      DEV_MODE: 'false',
      SYNC_LOG_TO_CONTROLLER: 'False',
      DIB_CLOUD_INIT_ETC_HOSTS: 'localhost',
      DIB_REPOREF_guest_agent: commit,
      DISTRO_NAME: 'ubuntu',
    });
  });

  it('name the controller of a development image, and no key', () => {
    const variables = listSourceVariables(tree, wish, development);
    expect(variables).toMatchObject({
      DEV_MODE: 'true',
      SYNC_LOG_TO_CONTROLLER: 'True',
      HOST_SCP_USERNAME: 'stack',
      ESCAPED_PATH_TROVE: '\\/opt\\/stack\\/trove',
    });
    expect(JSON.stringify(variables)).not.toContain('/home/stack/.ssh');
  });

  it('leave the commit to the element where the tree has none', () => {
    expect(listSourceVariables({ ...tree, code: null }, wish, null)).not.toHaveProperty(
      'DIB_REPOREF_guest_agent',
    );
  });

  it('are those of the cloud image in a tree of the old form', () => {
    const xenial = { ...wish, release: 'xenial', version: '16.04', datastores: ['mysql'] };
    expect(listSourceVariables(old, xenial, null)).toEqual({
      BASE_IMAGE_FILE: 'ubuntu-16.04-server-cloudimg-amd64-root.tar.gz',
      DIB_CLOUD_IMAGES: 'https://cloud-images.ubuntu.com/releases/xenial/release/',
      DIB_CLOUD_INIT_DATASOURCES: 'ConfigDrive',
      DIB_REPOREF_guest_agent: commit,
      RELEASE: 'xenial',
    });
    expect(listSourceVariables(old, xenial, development)).toMatchObject({
      CONTROLLER_IP: '192.0.2.7',
      HOST_USERNAME: 'stack',
      TROVE_BRANCH: 'stable/train',
      DEST: '/opt/stack',
    });
  });
});
