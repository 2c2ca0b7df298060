import { describe, expect, it } from '@jest/globals';
import { composeEnvironment } from '../../../src/core/image/run.ts';
import type { ContainerImage } from '../../../src/model/datastores.ts';
import type { TroveTree } from '../../../src/model/trove.ts';
import { hostFacts } from '../support/host.ts';
import type { RawInputs } from '../support/inputs.ts';
import { ownElements, planOf } from '../support/plan.ts';

const commit = 'c0ffee'.padEnd(40, '0');
const trove: TroveTree = {
  path: '/cache/trove/1-c0ffee',
  origin: 'https://opendev.org/openstack/trove',
  ref: 'stable/2025.1',
  series: 'stable/2025.1',
  code: { repository: '/cache/trove/1.git', commit },
  isDirty: false,
  layout: 'containers',
  elements: ['guest-agent', 'ubuntu-docker'],
  constraints: 'https://example.org/uc.txt',
};
const mysql: ContainerImage = {
  datastore: 'mysql',
  version: '8.4',
  role: 'database',
  source: 'r.example.org/mysql:8.4',
  target: 'mysql:8.4',
  digest: `sha256:${'1'.repeat(64)}`,
  manifestDigest: `sha256:${'2'.repeat(64)}`,
  configDigest: `sha256:${'3'.repeat(64)}`,
  sizeBytes: 200e6,
};
const ubuntu = { 'guest-os': 'ubuntu' } as const;
const content = {
  trove,
  sourceElements: ['guest-agent', 'ubuntu-docker', 'trove-guest-source'],
  sourceVariables: { DEV_MODE: 'false' },
};
const workspace = { name: 'trove-image-AbC123', path: '/var/tmp/trove-image-AbC123' };
const environmentOf = (raw: RawInputs, more = {}) =>
  composeEnvironment(
    planOf({ ...ubuntu, ...raw }, {}, { ...content, ...more }),
    hostFacts(),
    workspace,
    null,
    null,
  );

describe('a guest from source', () => {
  const plan = planOf(
    { ...ubuntu, 'image-name': 'trove-{branch}-guest-{os}-{release}[-dev]' },
    {},
    content,
  );

  it('has Trove’s elements between the system and ours', () => {
    expect(plan.elements).toEqual([
      'base',
      'vm',
      'ubuntu-minimal',
      'block-device-mbr',
      'guest-agent',
      'ubuntu-docker',
      'trove-guest-source',
      'trove-image-layers',
    ]);
  });

  it('finds them after those of the user and ours', () => {
    expect(planOf({ ...ubuntu, 'elements-path': '/own' }, {}, content).elementsPath).toEqual([
      '/own',
      ownElements,
      '/cache/trove/1-c0ffee/integration/scripts/files/elements',
    ]);
  });

  it('is named by its branch', () => {
    expect(plan.imageName).toBe('trove-stable-2025.1-guest-ubuntu-noble');
  });

  it('is cloned from the repository on this machine, with constraints that were read once', () => {
    expect(environmentOf({})).toMatchObject({
      DEV_MODE: 'false',
      DIB_REPOLOCATION_guest_agent: '/cache/trove/1.git',
      DIB_REPOLOCATION_upper_constraints:
        'file:///var/tmp/trove-image-AbC123/upper-constraints.txt',
    });
    expect(environmentOf({})).not.toHaveProperty('TROVE_GUEST_SECRETS');
  });

  it('is cloned from where its elements say when the tree has no commit', () => {
    expect(environmentOf({}, { trove: { ...trove, code: null } })).not.toHaveProperty(
      'DIB_REPOLOCATION_guest_agent',
    );
  });

  it('has no path of this machine in what its content is described by', () => {
    expect(JSON.stringify(plan.environment)).not.toMatch(/\/cache|\/var\/tmp/);
  });

  it.each([
    ['https://pypi.example.org/simple', { PIP_INDEX_URL: 'https://pypi.example.org/simple' }],
    [
      'http://127.0.0.1:8000/simple',
      { PIP_INDEX_URL: 'http://127.0.0.1:8000/simple', PIP_TRUSTED_HOST: '127.0.0.1' },
    ],
    ['http://[::1]:8000', { PIP_INDEX_URL: 'http://[::1]:8000', PIP_TRUSTED_HOST: '[::1]' }],
  ])('takes its dependencies from the index %s', (url, expected) => {
    const { environment } = planOf({ ...ubuntu, 'python-index': url }, {}, content);
    expect(
      Object.fromEntries(Object.entries(environment).filter(([name]) => name.startsWith('PIP_'))),
    ).toEqual(expected);
  });

  it('of the old form starts from the distribution’s cloud image', () => {
    const old = { ...content, trove: { ...trove, layout: 'per-datastore' as const } };
    expect(planOf(ubuntu, {}, old).elements.slice(0, 3)).toEqual(['base', 'vm', 'ubuntu']);
  });

  it('needs more room than one with the package', () => {
    const bytes = (agent: string) =>
      planOf({ ...ubuntu, 'guest-release': 'jammy', 'guest-agent': agent }).needs.workBytes;
    expect(bytes('source')).toBeGreaterThan(bytes('package'));
  });
});

describe('what must not be in every image', () => {
  it.each([
    [{ 'dev-mode': 'true' }, []],
    [{ 'dev-mode': 'true', 'ssh-dir': '/keys' }, ['ssh-dir']],
    [{ 'root-password': 'hunter2222' }, ['root-password']],
  ])('is told by name for %j', (raw, names) => {
    const plan = planOf({ ...ubuntu, ...raw }, {}, content);
    expect(plan.holdsSecrets).toEqual(names);
    expect(plan.elements).toContain('trove-guest-secrets');
    expect(environmentOf(raw)).toMatchObject({ TROVE_GUEST_SECRETS: `${workspace.path}/secrets` });
  });

  it('is nowhere in the plan or the environment itself', () => {
    const raw = {
      'dev-mode': 'true',
      'ssh-dir': '/keys',
      'root-password': 'hunter2222',
      'registry-login': 'r.example.org alice s3cret99',
    };
    const text = JSON.stringify([planOf({ ...ubuntu, ...raw }, {}, content), environmentOf(raw)]);
    for (const secret of ['hunter2222', 's3cret99']) expect(text).not.toContain(secret);
  });
});

describe('container images', () => {
  const plan = planOf({ 'guest-release': 'bookworm' }, {}, { containerImages: [mysql] });

  it('are an ingredient by their digests', () => {
    expect(plan.elements).toContain('trove-guest-container-images');
    expect(plan.environment).toMatchObject({
      TROVE_GUEST_CONTAINER_IMAGES: `mysql:8.4@${mysql.manifestDigest}@${mysql.configDigest}`,
    });
  });

  it('take room in the tree', () => {
    const without = planOf({ 'guest-release': 'bookworm' });
    expect(plan.needs.imageBytes - without.needs.imageBytes).toBe(600e6);
  });
});
