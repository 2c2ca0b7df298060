import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { planBuild } from '../../../src/core/image/plan.ts';
import { composeEnvironment } from '../../../src/core/image/run.ts';
import { readInputs } from '../../../src/core/inputs/read.ts';
import { listSourceElements, listSourceVariables } from '../../../src/core/trove/elements.ts';
import { translateTrovestack } from '../../../src/core/trovestack/translate.ts';
import { guestReleases } from '../../../src/model/releases.ts';
import { type TroveTree, troveElements } from '../../../src/model/trove.ts';
import { hostFacts } from '../support/host.ts';
import { caller } from '../support/inputs.ts';

/** What the real trovestack of five branches gave to disk-image-create for a wish; paths made neutral. */
interface Recording {
  readonly generation: 'master' | '2025.1' | '2023.1' | 'train' | 'ussuri';
  readonly arguments: readonly string[];
  readonly wished: Readonly<Record<string, string>>;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const file = join(import.meta.dirname, '../../fixtures/recordings/trovestack.json');
const recordings = JSON.parse(readFileSync(file, 'utf8')) as readonly Recording[];
const ownElements = '/opt/trove-image/elements';
const workspace = { name: 'trove-image-AbC123', path: '/w' };
const optionsWithValue = ['-a', '-o', '-t', '--image-size', '--image-cache'];

/** Differences that are stated in docs/coming-from-trovestack.md, by the number they have there. */
const stated = {
  /** 1: elements that are ours, beside those of Trove. */
  added: [
    'block-device-mbr',
    'trove-guest-source',
    'trove-guest-password',
    'trove-guest-clean',
    'trove-image-layers',
    'trove-guest-secrets',
    'trove-guest-container-images',
  ],
  /** 2: openstack-ci-mirrors switches verification off; 3: root's password is set by an element of ours. */
  removed: ['openstack-ci-mirrors', 'root-passwd'],
  /** 4: these are told to the build in other ways, or have no effect. */
  notGiven: [
    'DIB_PASSWORD',
    'DIB_TROVE_DOCKER_IMAGES',
    'HOST_SCP_USERNAME',
    'ESCAPED_PATH_TROVE',
    'SSH_DIR',
    'GUEST_CACHEDIR',
    'GUEST_IMAGESIZE',
    'GUEST_IMAGETYPE',
    'DIB_LOCAL_ELEMENTS_PATH',
    'DATASTORE_PKG_LOCATION',
  ],
  /** 9, 11, 12 and 17: more is set, whatever is asked for. */
  more: [
    ...['PATH', 'HOME', 'USER', 'LANG', 'PYTHONHASHSEED', 'TROVE_GUEST_SECRETS', 'CONTROLLER_IP'],
    // exported before the recorded function begins
    'RELEASE',
    ...['DIB_IMAGE_CACHE', 'DIB_LOCKFILES', 'DIB_MANIFEST_SAVE_DIR', 'DIB_NO_TIMESTAMP'],
    ...['DIB_DEBUG_TRACE', 'DIB_PYTHON_VERSION', 'DIB_GRUB_TIMEOUT', 'DIB_UBUNTU_KERNEL'],
    ...['DIB_DISTRIBUTION_MIRROR', 'DIB_UBUNTU_MIRROR_DISTS', 'DIB_DEBIAN_COMPONENTS'],
    ...['DIB_DEBIAN_DEBOOTSTRAP_SCRIPT', 'DIB_APT_MINIMAL_CREATE_INTERFACES'],
    ...['SYNC_LOG_TO_CONTROLLER', 'DIB_REPOLOCATION_upper_constraints'],
    ...['DIB_REPOLOCATION_guest_agent', 'DIB_REPOREF_guest_agent'],
  ],
} as const;

const isOld = ({ generation }: Recording): boolean =>
  generation === 'train' || generation === 'ussuri';

function treeOf(recording: Recording): TroveTree {
  const elements = isOld(recording)
    ? [
        'guest-agent',
        'ubuntu-guest',
        'ubuntu-xenial-guest',
        'ubuntu-mysql',
        'ubuntu-xenial-mysql',
        'ubuntu-bionic-mysql',
        'ubuntu-redis',
        'ubuntu-xenial-redis',
        'ubuntu-mariadb',
        'ubuntu-xenial-mariadb',
        'ubuntu-postgresql',
        'ubuntu-xenial-postgresql',
      ]
    : ['guest-agent', 'root-passwd', 'ubuntu-docker', 'ubuntu-guest'];
  const elsewhere = 'DIB_REPOLOCATION_guest_agent' in recording.wished;
  return {
    path: '/opt/stack/trove',
    origin: '/opt/stack/trove',
    ref: 'master',
    series: recording.wished.TROVE_BRANCH ?? 'master',
    code: elsewhere ? null : { repository: '/opt/stack/trove', commit: 'COMMIT' },
    isDirty: false,
    layout: isOld(recording) ? 'per-datastore' : 'containers',
    elements,
    constraints: 'https://example.org/uc.txt',
  };
}

function buildAs(recording: Recording) {
  const words =
    isOld(recording) && recording.arguments.length === 0 ? ['mysql'] : recording.arguments;
  const facts = {
    ...{ home: '/home/stack', user: 'stack', checkout: '/opt/stack/trove' },
    hasFile: (path: string) => path.endsWith('/id_rsa'),
    // what the script of that branch says
    defaultRelease: recording.generation === '2023.1' ? 'focal' : null,
  };
  const { inputs: raw, refusals } = translateTrovestack(words, recording.wished, facts);
  expect(refusals).toEqual([]);
  const inputs = readInputs(raw, { ...caller, cwd: '/work' });
  const trove = treeOf(recording);
  const wish = {
    ...{ os: inputs.guestOs, release: inputs.guestRelease },
    version: guestReleases.find(({ codename }) => codename === inputs.guestRelease)?.version ?? '',
    datastores: inputs.datastores,
    isDevelopment: inputs.development !== null,
  };
  const plan = planBuild(inputs, hostFacts(), ownElements, {
    trove,
    sourceElements: listSourceElements(trove, wish),
    sourceVariables: listSourceVariables(trove, wish, inputs.development),
  });
  return {
    inputs,
    plan,
    environment: composeEnvironment(plan, hostFacts(), workspace, null, null),
  };
}

/** argv taken apart: options by name, and the elements behind them. */
function parseArgv(argv: readonly string[]) {
  const options: Record<string, string> = {};
  const words = [...argv];
  while (words[0]?.startsWith('-')) {
    const name = words.shift() as string;
    options[name] = optionsWithValue.includes(name) ? (words.shift() as string) : '';
  }
  return { options, elements: words };
}

// Trove has no elements for debian: what trovestack asks for there does not exist
const rows = recordings.filter((each) => each.arguments[0] !== 'debian');
const titleOf = ({ generation, arguments: words, wished }: Recording): string =>
  `${generation}: ${words.join(' ') || '(no argument)'} ${JSON.stringify(wished)}`;

describe('a build as the real trovestack starts it', () => {
  it('was recorded for both generations', () => {
    expect(rows.length).toBeGreaterThan(80);
    expect(new Set(rows.map(({ generation }) => generation)).size).toBe(5);
  });

  it.each(rows.map((row) => [titleOf(row), row] as const))(
    '%s: has the same elements',
    (_title, row) => {
      const expected = parseArgv(row.argv).elements.filter(
        (name) => !(stated.removed as readonly string[]).includes(name),
      );
      const { plan } = buildAs(row);
      const added = (name: string): boolean =>
        (stated.added as readonly string[]).includes(name) && !expected.includes(name);
      // the element of the release is left out where the old tree has none of it
      const there = expected.filter(
        (name) => !/^ubuntu-bionic-guest$/.test(name) || plan.elements.includes(name),
      );
      expect(plan.elements.filter((name) => !added(name))).toEqual(there);
    },
  );

  it.each(rows.map((row) => [titleOf(row), row] as const))(
    '%s: has the same options',
    (_title, row) => {
      const { options } = parseArgv(row.argv);
      const { inputs, plan } = buildAs(row);
      const given = parseArgv(plan.arguments).options;
      expect(given['-a']).toBe(options['-a']);
      expect(given['--image-size']).toBe(options['--image-size']);
      // 5: built raw and converted; 6: the cache is our own, and not emptied; 7: no trace in the log
      expect(given).toMatchObject({ '-t': 'raw' });
      const output = options['-o'] ?? '';
      // 10: the default name of Ussuri is that of Train
      const fileName = output
        .slice(output.lastIndexOf('/') + 1)
        .replace('trove-datastore-', 'trove-');
      const name =
        isOld(row) && !fileName.includes('.') ? `${fileName}.${options['-t']}` : fileName;
      // recorded: Ussuri reads the type from the path only, and takes a path without extension for the type
      const isOdd =
        row.generation === 'ussuri' && (!fileName.includes('.') || 'GUEST_IMAGETYPE' in row.wished);
      if (isOdd) return;
      // recorded: TRUE in capitals builds for development without saying so in the name
      const isUnnamed = row.arguments[2] === 'TRUE';
      expect(plan.files.map((each) => each.fileName.replace(isUnnamed ? '-dev' : ' ', ''))).toEqual(
        [name],
      );
      expect(inputs.outputDir).toBe(output.slice(0, output.lastIndexOf('/')));
    },
  );

  it.each(rows.map((row) => [titleOf(row), row] as const))(
    '%s: has the same environment',
    (_title, row) => {
      const { environment, inputs, plan } = buildAs(row);
      const wanted = Object.entries(row.env).filter(([name]) => name !== 'ELEMENTS_PATH');
      for (const [name, value] of wanted) {
        if (name === 'DIB_REPOLOCATION_upper_constraints') {
          // 8: read once before the build
          expect(plan.trove === null ? '' : inputs.trove.constraints).toBe(value);
          expect(environment[name]).toBe('file:///w/upper-constraints.txt');
        } else if (name === 'SSH_DIR') {
          // 9: the key is brought by an element of ours
          const development = inputs.development;
          if (development !== null) expect(development.sshDir).toBe(value);
        } else if (name === 'GUEST_IMAGESIZE') expect(inputs.imageSizeGib).toBe(Number(value));
        else if (name === 'CONTROLLER_IP')
          expect(environment[name]).toBe(row.wished.CONTROLLER_IP ?? '');
        else if (name === 'GUEST_LOGDIR' || name === 'ESCAPED_GUEST_LOGDIR')
          expect(environment[name]).toMatch(/log.*trove/);
        else if (
          inputs.development === null &&
          ['HOST_SCP_USERNAME', 'ESCAPED_PATH_TROVE'].includes(name)
        )
          expect(environment).not.toHaveProperty(name);
        else if (
          !(stated.notGiven as readonly string[]).includes(name) ||
          (inputs.development !== null &&
            ['HOST_SCP_USERNAME', 'ESCAPED_PATH_TROVE'].includes(name))
        ) {
          expect([name, environment[name]]).toEqual([name, value]);
        }
      }
      const paths = (environment.ELEMENTS_PATH ?? '').split(':');
      expect(paths).toEqual(expect.arrayContaining((row.env.ELEMENTS_PATH ?? '').split(':')));
      expect(paths).toContain(`/opt/stack/trove/${troveElements}`);
    },
  );

  it.each(rows.map((row) => [titleOf(row), row] as const))(
    '%s: has no other variables than those that are stated',
    (_title, row) => {
      const given = { ...row.env, ...row.wished };
      const more = Object.keys(buildAs(row).environment).filter((name) => !(name in given));
      expect(more.filter((name) => !(stated.more as readonly string[]).includes(name))).toEqual([]);
    },
  );
});
