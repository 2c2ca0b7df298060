import { describe, expect, it } from '@jest/globals';
import { choosePositions } from '../../../src/core/layers/positions.ts';
import { listPhaseScripts } from '../../../src/core/layers/scripts.ts';
import { hookFile } from '../support/layer-hooks.ts';

const heavy = 'install-packages x';
const light = 'touch /x';
/** A script in a few characters: its phase, whether it is heavy, and whether it changes often. */
type Sketch = readonly [path: string, text: string | null, what?: 'own' | 'consumer'];

/** Names of the scripts after which a layer is taken. */
function positionsOf(sketches: readonly Sketch[]): readonly string[] {
  const files = sketches.map(([path, text]) => hookFile(path, text));
  const scripts = listPhaseScripts(files, ['pre-install', 'install', 'post-install']);
  const marked = (mark: string) => sketches.filter(([, , what]) => what === mark);
  const counts = choosePositions({
    scripts,
    ownScripts: new Set(marked('own').map(([path]) => path)),
    consumers: marked('consumer').map(([path]) => scripts.findIndex(({ id }) => id === path)),
  });
  return counts.map((count) => scripts[count - 1]?.id ?? 'nothing');
}

const rows: readonly (readonly [string, readonly Sketch[], readonly string[]])[] = [
  ['without scripts there are none', [], []],
  [
    'where nothing takes long there are none',
    [
      ['pre-install.d/1-a', light],
      ['install.d/1-a', light],
      ['post-install.d/1-a', light],
    ],
    [],
  ],
  [
    'they are after the packages, and at the ends of install and post-install',
    [
      ['pre-install.d/1-a', heavy],
      ['install.d/1-packages', heavy],
      ['install.d/2-b', 'locale-gen'],
      ['post-install.d/1-c', 'update-initramfs -u'],
    ],
    ['install.d/1-packages', 'install.d/2-b', 'post-install.d/1-c'],
  ],
  [
    'the end of a phase is none where nothing took long since the one before',
    [
      ['install.d/1-packages', heavy],
      ['install.d/2-b', light],
      ['post-install.d/1-c', light],
    ],
    ['install.d/1-packages'],
  ],
  [
    'the end of pre-install is none: its scripts belong to the packages after them',
    [
      ['pre-install.d/1-a', heavy],
      ['install.d/1-b', light],
    ],
    ['install.d/1-b'],
  ],
  [
    'the last packages count, not the first',
    [
      ['install.d/1-packages', heavy],
      ['install.d/2-b', light],
      ['install.d/3-package-installs', 'run it'],
      ['install.d/4-c', 'python3 -c x'],
    ],
    ['install.d/3-package-installs', 'install.d/4-c'],
  ],
  [
    'what takes packages away does not count as packages',
    [
      ['install.d/1-packages', heavy],
      ['install.d/99-package-uninstalls', 'package-installs-v2 --uninstall'],
    ],
    ['install.d/1-packages', 'install.d/99-package-uninstalls'],
  ],
  [
    'one is before the first of the own scripts, and they are worth one at the end',
    [
      ['install.d/1-packages', heavy],
      ['install.d/2-b', 'pip3 install x'],
      ['install.d/3-own', light, 'own'],
      ['install.d/4-own', light, 'own'],
    ],
    ['install.d/1-packages', 'install.d/2-b', 'install.d/4-own'],
  ],
  [
    'packages of an own script are no reason for one after it',
    [
      ['install.d/1-packages', heavy],
      ['install.d/2-own', heavy, 'own'],
      ['install.d/3-b', light],
    ],
    ['install.d/1-packages', 'install.d/3-b'],
  ],
  [
    'own scripts of every phase have one before them',
    [
      ['pre-install.d/1-a', heavy],
      ['pre-install.d/2-own', light, 'own'],
      ['install.d/1-packages', heavy],
      ['post-install.d/1-b', 'docker load'],
      ['post-install.d/2-own', light, 'own'],
    ],
    ['pre-install.d/1-a', 'install.d/1-packages', 'post-install.d/1-b', 'post-install.d/2-own'],
  ],
  [
    'an own script that is the very first has nothing before it to keep',
    [
      ['pre-install.d/1-own', light, 'own'],
      ['install.d/1-b', light],
    ],
    ['install.d/1-b'],
  ],
  [
    'one is before each script that uses a late source',
    [
      ['install.d/1-packages', heavy],
      ['install.d/2-b', 'apt-get update'],
      ['install.d/3-agent', light, 'consumer'],
      ['install.d/4-c', light],
      ['install.d/5-other', light, 'consumer'],
    ],
    ['install.d/1-packages', 'install.d/2-b', 'install.d/4-c', 'install.d/5-other'],
  ],
  [
    'a consumer that is the first of its phase has one at the end of the phase before',
    [
      ['pre-install.d/1-a', heavy],
      ['install.d/1-agent', light, 'consumer'],
    ],
    ['pre-install.d/1-a', 'install.d/1-agent'],
  ],
  [
    'a script whose text is not known may take long',
    [
      ['install.d/1-binary', null],
      ['post-install.d/1-binary', null],
    ],
    ['install.d/1-binary', 'post-install.d/1-binary'],
  ],
];

describe('the checkpoints', () => {
  it.each(rows)('%s', (_title, sketches, expected) => {
    expect(positionsOf(sketches)).toEqual(expected);
  });

  it.each([
    ...['install-packages x', 'package-installs-v2 x', 'apt-get update', 'apt install x'],
    ...['dnf install x', 'zypper in x', 'yum install x', 'update-initramfs -u', 'locale-gen'],
    ...['pip install x', 'pip3 install x', 'python3 setup.py', 'docker load', 'ctr containerd'],
  ])('are worth the time of "%s"', (text) => {
    expect(positionsOf([['post-install.d/1-a', text]])).toEqual(['post-install.d/1-a']);
  });

  it.each(['systemctl enable x', 'cp a b', 'adapt x', 'pipeline x', 'useradd x', 'echo captain'])(
    'are not worth the time of "%s"',
    (text) => {
      expect(positionsOf([['post-install.d/1-a', text]])).toEqual([]);
    },
  );
});
