import { describe, expect, it } from '@jest/globals';
import { layersOf, type SampleBuild, sampleBuild, sha256 } from '../support/layer-build.ts';
import {
  add,
  type Change,
  edit,
  missesOf,
  ownChanges,
  remove,
  set,
  unset,
} from '../support/layer-changes.ts';
import { sampleEnvironment } from '../support/layer-hooks.ts';

const baseline = layersOf(sampleBuild);
const keysOf = (build: SampleBuild): readonly string[] => layersOf(build).map(({ key }) => key);

const reverse =
  (part: 'hooks' | 'environment' | 'changes' | 'archives'): Change =>
  (build) => ({ ...build, [part]: build[part].toReversed() });
const reverseObject =
  (part: 'sources' | 'tools'): Change =>
  (build) => ({ ...build, [part]: Object.fromEntries(Object.entries(build[part]).toReversed()) });
const moveTo =
  (workspacePath: string): Change =>
  (build) => ({ ...build, workspacePath, environment: sampleEnvironment(workspacePath) });

const rows: readonly (readonly [what: string, change: Change])[] = [
  ['another workspace, whose path is in many values', moveTo('/mnt/w/trove-image-Zz9yY8')],
  ['the build directory', set('TMP_BUILD_DIR', '/elsewhere')],
  ['the path of the tree', set('TMP_MOUNT_PATH', '/elsewhere/mnt')],
  ['the path of the hooks', set('TMP_HOOKS_PATH', '/elsewhere/hooks')],
  ['another path of the build', set('TMP_IMAGE_DIR', '/elsewhere')],
  ['the directory for temporary files', set('TMPDIR', '/scratch')],
  ['the cache of diskimage-builder, which a root script names', set('DIB_IMAGE_CACHE', '/x')],
  ['its locks', set('DIB_LOCKFILES', '/x')],
  ['where it keeps manifests', set('DIB_MANIFEST_SAVE_DIR', '/x')],
  ['the home directory', set('HOME', '/root')],
  ['the user', set('USER', 'builder')],
  ['the login name', set('LOGNAME', 'builder')],
  ['who called sudo', set('SUDO_USER', 'somebody')],
  ['the number of who called it', unset('SUDO_UID')],
  ['what was called', set('SUDO_COMMAND', '/usr/bin/nsenter')],
  ['the working directory', set('PWD', '/elsewhere')],
  ['the last working directory', set('OLDPWD', '/elsewhere')],
  ['the depth of shells', set('SHLVL', '7')],
  ['the last command of a shell', set('_', '/usr/bin/printenv')],
  ['the prompt of traces', set('PS4', '++ ')],
  ['a function of bash', set('BASH_FUNC_which%%', '() {  true; }')],
  ['the terminal', set('TERM', 'xterm')],
  ['the path of programs', set('PATH', '/opt/venv/bin:/usr/sbin:/usr/bin')],
  ['the path of the log', set('LOGFILE', '/x.log')],
  ['the path of the image', set('OUT_IMAGE_PATH', '/x.raw')],
  ['the name of the image', set('IMAGE_NAME', 'other')],
  ['where elements are', set('ELEMENTS_PATH', '/elsewhere')],
  ['where answers to stops come from', set('TROVE_IMAGE_LAYERS', '/elsewhere')],
  ['the arguments of diskimage-builder', set('DIB_ARGS', '-o /x base vm')],
  ['a variable of diskimage-builder that nobody names', set('DIB_NOBODY_READS_IT', '2')],
  ['a new variable that nobody names', set('DIB_NEW', '1')],
  ['a variable that only a comment names', set('DIB_ONLY_IN_A_COMMENT', '2')],
  ['a variable that only finalise names', set('DIB_GRUB_TIMEOUT', '5')],
  ['a variable that is only set', set('DIB_SET_FOR_FINALISE', '2')],
  ['the list of elements, when nobody names it', set('IMAGE_ELEMENT', 'base vm own')],
  ['the list of elements with their paths', set('IMAGE_ELEMENT_YAML', '{own: /x}')],
  ['the order of the environment', reverse('environment')],
  ['the order of the files', reverse('hooks')],
  ['the order of what extra-data changed', reverse('changes')],
  ['the order of the suites', reverse('archives')],
  ['the order of the sources', reverseObject('sources')],
  ['the order of the tools', reverseObject('tools')],
  ['the description of an element', edit('README.rst')],
  ['a description that is new', add('README.md', '# Hello\n', '0644')],
  ['which elements an element needs', edit('element-deps', 'vm\n')],
  ['what an element provides', edit('element-provides', 'x\n')],
  ['the text of a package list, which counts as what came of it', edit('package-installs.yaml')],
  ['a package list in the other form', add('package-installs.json', '{}', '0644')],
  ['the text of the map of packages', edit('pkg-map')],
  ['the text of the map of services', edit('svc-map')],
  ['how the disk is made', edit('block-device-default.yaml')],
  ['where a source comes from, when its content is the same', edit('source-repository-agent')],
  ['the program that runs the hooks', edit('dib-run-parts')],
  ['a compiled file', edit('__init__.pyc', 'again')],
  ['a compiled file that is gone', remove('__init__.pyc')],
  [
    'a script of extra-data, which counts as what came of it',
    edit('extra-data.d/98-source-repositories'),
  ],
  ['a new script of extra-data', add('extra-data.d/50-own')],
  ['a script of block-device', edit('block-device.d/10-x')],
  ['a script of pre-finalise', edit('pre-finalise.d/10-x')],
  ['a script of finalise', edit('finalise.d/50-bootloader')],
  ['a file for a script of finalise', add('finalise.d/x/y')],
  ['a script of post-root', add('post-root.d/10-own')],
  ['a script of cleanup', edit('cleanup.d/97-trove-guest-clean')],
  ['a stop before the root phase', edit('root.d/-1-trove-image-layers')],
  ['a stop after it', remove('root.d/99999-trove-image-layers')],
  [
    'a stop among the install scripts',
    add('install.d/03-trove-guest-fast-build--trove-image-layer-a'),
  ],
  [
    'the packages of a phase without scripts',
    (build) => ({
      ...build,
      packageInstalls: { ...build.packageInstalls, 'finalise.d': { install: ['x'] } },
    }),
  ],
  [
    'the date of an archive',
    (build) => ({
      ...build,
      archives: build.archives.map((each) => ({ ...each, date: 'Tue, 24 Nov 2026 02:10:46 UTC' })),
    }),
  ],
  [
    'the file name of an apt source',
    (build) => ({
      ...build,
      archives: build.archives.map((each) => ({ ...each, name: `${each.name}-again` })),
    }),
  ],
];

describe('no layer is lost', () => {
  it.each(rows)('by a change of %s', (_what, change) => {
    expect(ownChanges(change(sampleBuild))).toEqual([]);
    expect(missesOf(change(sampleBuild))).toEqual([]);
  });

  it('by all of these changes together', () => {
    const changed = rows.reduce((build, [, change]) => change(build), sampleBuild);
    expect(keysOf(changed)).toEqual(baseline.map(({ key }) => key));
  });
});

describe('the list of elements', () => {
  it('counts for the layer of a script that names it', () => {
    const reads = edit(
      'post-install.d/00-package-installs',
      'echo "$IMAGE_ELEMENT"\n',
    )(sampleBuild);
    const [one, two] = [reads, set('IMAGE_ELEMENT', 'base vm own')(reads)].map(keysOf);
    expect(two?.slice(0, -1)).toEqual(one?.slice(0, -1));
    expect(two?.at(-1)).not.toBe(one?.at(-1));
  });
});

describe('two images', () => {
  it('that differ in a variable of post-install only share every layer before it', () => {
    const [mysql, postgres] = ['mysql', 'postgres'].map((datastore) =>
      layersOf(set('DIB_BOOT_NOTE', datastore)(sampleBuild)),
    );
    const shared = mysql?.filter(({ key }) => postgres?.some((layer) => layer.key === key));
    expect(shared?.map(({ position }) => position)).toEqual(
      baseline.slice(0, -1).map(({ position }) => position),
    );
    expect(mysql).toHaveLength(postgres?.length ?? 0);
  });

  it('share no layer above one whose content differs, though its ingredients are the same', () => {
    const differing = layersOf(set('DIB_DISTRIBUTION_MIRROR', 'http://x.example.org')(sampleBuild));
    for (const [index, { ingredients, key }] of differing.entries()) {
      if (index > 0) expect(ingredients).toEqual(baseline[index]?.ingredients);
      expect(key).not.toBe(baseline[index]?.key);
    }
  });
});

describe('what is told of an ingredient', () => {
  it('is its name and a digest, never the value of a variable', () => {
    const secret = 'http://user:hunter22@index.example.org';
    const text = JSON.stringify(layersOf(set('PIP_INDEX_URL', secret)(sampleBuild)));
    expect(text).toContain(`"variable PIP_INDEX_URL":"${sha256(secret)}"`);
    expect(text).not.toContain('hunter22');
  });
});
