import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import {
  chooseConstraints,
  detectLayout,
  listDatastoreElements,
  readSeries,
} from '../../../src/core/trove/tree.ts';
import { troveElements } from '../../../src/model/trove.ts';
import { linesFromScratchRoot, runInScratchRoot } from '../../elements/scratch.ts';
import { projectDirectory } from '../../support/checkout.ts';
import {
  commitAgentCode,
  commitHook,
  commitRealAgent,
  leaveUncommitted,
  makeTroveTree,
  readRecord,
  recordPath,
  type TroveTreeOptions,
} from '../../support/trove-tree.ts';

const directory = mkdtempSync(join(tmpdir(), 'trove-tree-test-'));
afterAll(() => rmSync(directory, { recursive: true }));

let count = 0;
const make = (options?: TroveTreeOptions) => {
  count += 1;
  return makeTroveTree(join(directory, String(count)), options);
};
const git = (path: string, ...words: readonly string[]): string =>
  execFileSync('git', ['-C', path, ...words], { encoding: 'utf8' }).trim();

describe('a tree in the shape of Trove', () => {
  const describeTree = (options: TroveTreeOptions) => {
    const { path } = make(options);
    const read = (name: string): string => readFileSync(join(path, name), 'utf8');
    const source = read(`${troveElements}/guest-agent/source-repository-guest-agent`);
    const texts = { gitreview: read('.gitreview'), tox: read('tox.ini'), sourceRepository: source };
    const elements = readdirSync(join(path, troveElements));
    return {
      layout: detectLayout(elements, 'ubuntu'),
      series: readSeries(texts),
      constraints: chooseConstraints(texts),
      datastores: listDatastoreElements(elements, 'ubuntu'),
      code: source.split('\n').find((line) => line.startsWith('guest-agent ')),
    };
  };

  it('is what the project takes for a tree of master', () => {
    expect(describeTree({})).toEqual({
      layout: 'containers',
      series: 'master',
      constraints:
        'https://opendev.org/openstack/requirements/raw/branch/master/upper-constraints.txt',
      datastores: [],
      code: 'guest-agent git /opt/guest-agent https://opendev.org/openstack/trove master',
    });
  });

  it('is what the project takes for one of the old form', () => {
    expect(describeTree({ branch: 'stable/train', form: 'per-datastore' })).toEqual({
      layout: 'per-datastore',
      series: 'stable/train',
      constraints: 'https://releases.openstack.org/constraints/upper/train',
      datastores: ['mysql', 'redis'],
      code: 'guest-agent git /opt/guest-agent https://opendev.org/openstack/trove stable/train',
    });
  });

  it('says which datastores it has, and from which images', () => {
    const program = join(projectDirectory, 'host', 'read-trove-config');
    const answer = execFileSync('/usr/bin/python3', ['-I', program, make().path]);
    const backupName = { minorSuffix: false, versionTag: true };
    expect(JSON.parse(String(answer)).datastores).toEqual({
      mysql: {
        ...{ image: 'mysql', versions: ['8.4'], backupName },
        backupImage: 'registry.example.org/trove/db-backup-mysql',
      },
      postgresql: {
        ...{ image: 'postgres', versions: ['18'], backupName },
        backupImage: 'registry.example.org/trove/db-backup-postgresql',
      },
    });
  });

  it.each(['containers', 'per-datastore'] as const)(
    'has hooks of the form %s that can run, in git too',
    (form) => {
      const files = git(make({ form }).path, 'ls-files', '--stage', '--', troveElements);
      const hooks = files
        .split('\n')
        .filter((line) => /\.d\/(.*\/)?\d\d-[^/]*$|\/bin\//.test(line));
      expect(hooks.length).toBeGreaterThan(5);
      expect(hooks.filter((line) => !line.startsWith('100755 '))).toEqual([]);
    },
  );

  it('has elements that diskimage-builder finds, with those that they need', () => {
    const { path } = make();
    const found = execFileSync('/usr/bin/python3', ['-c', listClosure], {
      encoding: 'utf8',
      env: { PATH: '/usr/bin:/bin', ELEMENTS_PATH: join(path, troveElements) },
    }).split(' ');
    for (const name of ['ubuntu-guest', 'source-repositories', 'svc-map', 'trove-tree-record'])
      expect(found).toContain(name);
  });
});

/** Prints the closure of the elements, as disk-image-create resolves it. */
const listClosure = `
import os
from diskimage_builder import element_dependencies, paths
os.environ['ELEMENTS_PATH'] += ':' + paths.get_path('elements')
found = element_dependencies.get_elements(['ubuntu-minimal', 'guest-agent', 'ubuntu-docker'], os.environ['ELEMENTS_PATH'])
print(' '.join(name for name, _ in found), end='')
`;

const writeWheel = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as wheel:
    wheel.writestr('trove/cmd/guest.py', 'def main(): pass\\n')
    wheel.writestr('trove-18.0.0.dist-info/METADATA', 'Name: trove\\nRequires-Dist: oslo.config\\nRequires-Dist: pbr\\n')
`;

describe('its commits', () => {
  it('are the same for the same options, whatever git is told on this machine', () => {
    const [first, second] = [make({ branch: 'stable/2025.1' }), make({ branch: 'stable/2025.1' })];
    expect(first.commit).toMatch(/^[0-9a-f]{40}$/);
    expect(second.commit).toBe(first.commit);
    expect(git(first.path, 'rev-parse', 'stable/2025.1', 'HEAD').split('\n')).toEqual([
      first.commit,
      first.commit,
    ]);
    expect(make().commit).not.toBe(first.commit);
  });

  it('change the code of the agent alone, or a hook alone', () => {
    const tree = make();
    const changed = () => git(tree.path, 'diff', '--name-only', 'HEAD~1', 'HEAD');
    expect(commitAgentCode(tree, 'second')).toBe(git(tree.path, 'rev-parse', 'HEAD'));
    expect(changed()).toBe('trove/guestagent/code.py');
    commitHook(tree, 'touch /etc/second\n');
    expect(changed()).toBe(`${troveElements}/guest-agent/post-install.d/99-clean-apt`);
    expect(git(tree.path, 'status', '--porcelain')).toBe('');
  });

  it('take the code of a real Trove from its wheel, with what it requires', () => {
    const tree = make();
    const wheel = join(directory, 'trove-18.0.0-py3-none-any.whl');
    execFileSync('/usr/bin/python3', ['-c', writeWheel, wheel]);
    expect(commitRealAgent(tree, wheel)).toBe(git(tree.path, 'rev-parse', 'HEAD'));
    expect(git(tree.path, 'ls-files', 'trove')).toBe('trove/cmd/guest.py');
    expect(readFileSync(join(tree.path, 'requirements.txt'), 'utf8')).toBe('oslo.config\npbr\n');
  });

  it('leave out what is left uncommitted', () => {
    const tree = make();
    leaveUncommitted(tree);
    expect(git(tree.path, 'status', '--porcelain')).toBe('M trove/guestagent/code.py');
    expect(git(tree.path, 'rev-parse', 'HEAD')).toBe(tree.commit);
  });

  it('are none without git', () => {
    const tree = make({ git: false });
    expect([tree.commit, existsSync(join(tree.path, '.git'))]).toEqual([null, false]);
  });
});

describe('its hooks', () => {
  const hooks = '/tmp/in_target.d';
  /** A scratch root in which the hooks are where diskimage-builder puts them. */
  const withHooks = (script: string): string => {
    const { path } = make();
    const pack = spawnSync('sh', ['-c', 'tar cz -C "$0"/*/*/*/elements . | base64', path]);
    return `mkdir ${hooks}; printf '%s' '${pack.stdout}' | base64 -d | tar xz -C /tmp
      for element in trove-tree-record guest-agent ubuntu-guest root-passwd; do
        cp -a /tmp/$element/*/ ${hooks}/
      done
      (cd ${hooks}/install.d && ln -s guest-agent-source-install/* .)
      groupadd sudo
      ${script}`;
  };
  const user = 'GUEST_USERNAME=guest';

  it('write down what they saw, empty values too, in their order', () => {
    const lines = linesFromScratchRoot(
      withHooks(`
        ${user} DEV_MODE=false SYNC_LOG_TO_CONTROLLER= ${hooks}/install.d/11-user
        ${user} DEV_MODE=false SSH_DIR='/a b=c' ${hooks}/install.d/12-ssh-key-dev
        cat ${recordPath}`),
    );
    expect(readRecord(lines.join('\n'))).toEqual([
      {
        hook: 'install.d/11-user',
        variables: { GUEST_USERNAME: 'guest', DEV_MODE: 'false', SYNC_LOG_TO_CONTROLLER: '' },
      },
      {
        hook: 'install.d/12-ssh-key-dev',
        variables: { GUEST_USERNAME: 'guest', DEV_MODE: 'false', SSH_DIR: '/a b=c' },
      },
    ]);
  });

  it('write into the guest when they run outside of it', () => {
    const lines = linesFromScratchRoot(
      withHooks(`
        mkdir -p /guest/etc
        TMP_MOUNT_PATH=/guest ${hooks}/extra-data.d/70-trove-docker-images
        cat /guest${recordPath}`),
    );
    expect(lines).toEqual(['extra-data.d/70-trove-docker-images\tGUEST_USERNAME=guest']);
  });

  it('give the guest user its own name as password, as Trove does', () => {
    const check =
      'import crypt; h = open("/etc/shadow").read().split("guest:")[1].split(":")[0]; print(crypt.crypt("guest", h) == h)';
    expect(
      linesFromScratchRoot(
        withHooks(`${user} ${hooks}/install.d/11-user; python3 -W ignore -c '${check}'`),
      ),
    ).toEqual(['True']);
  });

  const install = `${hooks}/install.d/31-guest-agent-install`;
  it.each([
    ['SYNC_LOG_TO_CONTROLLER', `DEV_MODE=false ${install}`],
    ['HOST_SCP_USERNAME', `DEV_MODE=true SYNC_LOG_TO_CONTROLLER=False ${install}`],
    ['HOST_SCP_USERNAME', `SYNC_LOG_TO_CONTROLLER=False ${install}`],
    ['DEV_MODE', `${hooks}/extra-data.d/11-ssh-key-dev`],
    ['SSH_DIR', `DEV_MODE=true ${hooks}/extra-data.d/11-ssh-key-dev`],
    ['DIB_PASSWORD', `${hooks}/post-install.d/99-setup`],
    [
      'DIB_TROVE_DOCKER_IMAGES',
      `DIB_TROVE_DOCKER_IMAGES=a ${hooks}/extra-data.d/70-trove-docker-images`,
    ],
  ])('fail where %s is not what it has to be: %s', (variable, command) => {
    // neither the environment of Python nor what is in it is what is tested here
    const prepare = `useradd guest; mkdir -p /opt/guest-agent-venv/bin
      ln -s /bin/true /opt/guest-agent-venv/bin/pip; ln -sf true /usr/bin/python3`;
    const { exitCode, stderr } = runInScratchRoot(withHooks(`${prepare}; ${command}`));
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(variable)]);
  });
});
