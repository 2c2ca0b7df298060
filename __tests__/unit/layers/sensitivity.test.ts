import { describe, expect, it } from '@jest/globals';
import { layersOf, sampleBuild, sha256 } from '../support/layer-build.ts';
import {
  add,
  type Change,
  changeTree,
  chmod,
  commit,
  edit,
  install,
  missesOf,
  moveArchive,
  ownChanges,
  remove,
  rename,
  set,
  setTool,
  unset,
} from '../support/layer-changes.ts';

const root = 'root';
const packages = 'install.d/01-package-installs';
const initramfs = 'install.d/03-trove-guest-fast-build';
const user = 'install.d/25-trove-guest-user';
const agent = 'install.d/99-package-uninstalls';
const last = 'post-install.d/96-trove-guest-fast-build';
const ofInstall = [packages, initramfs, user, agent] as const;
const inChroot = [...ofInstall, last] as const;
const everything = [root, ...inChroot] as const;

type Row = readonly [what: string, change: Change, own: readonly string[]];

const baseline = layersOf(sampleBuild);

describe('the sample', () => {
  it('has a layer at each of its checkpoints, with a key of its own, the same every time', () => {
    expect(baseline.map(({ position }) => position)).toEqual(everything);
    expect(new Set(baseline.map(({ key }) => key)).size).toBe(everything.length);
    for (const { key } of baseline) expect(key).toMatch(/^[0-9a-f]{64}$/);
    expect(layersOf(sampleBuild)).toEqual(baseline);
  });

  it('holds every kind of ingredient', () => {
    const labels = baseline.flatMap(({ ingredients }) => Object.keys(ingredients));
    const kinds = new Set(labels.map((label) => label.split(' ')[0]));
    expect([...kinds].sort()).toEqual([
      ...['architecture', 'archive', 'file', 'packages', 'script', 'source', 'tool', 'tree'],
      'variable',
    ]);
  });
});

/** Which positions change by their own ingredients; all after the first of them have to be made anew with it. */
const scripts: readonly Row[] = [
  ['a byte of a root script', edit('root.d/08-debootstrap'), [root]],
  ['the mode of a root script', chmod('root.d/08-debootstrap', '0700'), [root]],
  ['a root script that is not run any more', chmod('root.d/00-trove-guest-user', '0644'), [root]],
  ['a new root script', add('root.d/60-own'), [root]],
  ['a root script that is gone', remove('root.d/00-trove-guest-user'), [root]],
  ['the place of a root script', rename('root.d/50-shared-apt-cache', 'root.d/80-x'), [root]],
  ['the name of a root script', rename('root.d/50-shared-apt-cache', 'root.d/50-x'), [root]],
  ['a byte of a pre-install script', edit('pre-install.d/03-baseline-tools'), [packages]],
  [
    'the mode of a pre-install script',
    chmod('pre-install.d/03-baseline-tools', '0700'),
    [packages],
  ],
  [
    'a pre-install script that is not run any more',
    chmod('pre-install.d/03-baseline-tools', '0644'),
    [packages],
  ],
  ['a new pre-install script', add('pre-install.d/50-own'), [packages]],
  ['a pre-install script that is gone', remove('pre-install.d/03-baseline-tools'), [packages]],
  [
    'the place of a pre-install script',
    rename('pre-install.d/03-baseline-tools', 'pre-install.d/00-x'),
    [packages],
  ],
  ['a byte of an install script before the packages', edit('install.d/00-up-to-date'), [packages]],
  [
    'a byte of the packages that the user named',
    edit('install.d/02-trove-guest-packages'),
    [initramfs],
  ],
  ['a byte of the script that makes the initial RAM disk', edit(initramfs), [initramfs]],
  ['a byte of a script after it', edit('install.d/12-debian-locale-gen'), [user]],
  ['a byte of an own script', edit('install.d/40-own-plugin'), [agent]],
  ['a byte of the last install script', edit(agent), [agent]],
  ['the mode of an install script', chmod('install.d/10-cloud-init', '0700'), [user]],
  // it may still be read by the others of its phase
  ['an install script that is not run', chmod('install.d/10-cloud-init', '0644'), ofInstall],
  ['a new install script', add('install.d/20-own'), [user]],
  ['a new install script at the end', add('install.d/99-z'), ['install.d/99-z']],
  ['an install script that is gone', remove('install.d/10-cloud-init'), [user]],
  ['the last install script that is gone', remove(agent), ['install.d/40-own-plugin']],
  [
    'the order of two install scripts',
    rename(user, 'install.d/05-first'),
    ['install.d/12-debian-locale-gen'],
  ],
  ['a byte of a post-install script', edit('post-install.d/00-package-installs'), [last]],
  ['the mode of a post-install script', chmod(last, '0700'), [last]],
  [
    'a post-install script that is not run',
    chmod('post-install.d/00-package-installs', '0644'),
    [last],
  ],
  ['a new post-install script', add('post-install.d/50-own'), [last]],
  ['a post-install script that is gone', remove('post-install.d/00-package-installs'), [last]],
  [
    'the place of a post-install script',
    rename('post-install.d/00-package-installs', 'post-install.d/97-x'),
    ['post-install.d/97-x'],
  ],
];

const files: readonly Row[] = [
  ['a byte of a shared program', edit('bin/install-packages'), everything],
  ['the mode of a shared program', chmod('bin/install-packages', '0700'), everything],
  ['a new shared program', add('bin/own'), everything],
  ['a shared program that is gone', remove('bin/own-tool'), everything],
  ['the name of a shared program', rename('bin/own-tool', 'bin/own-toll'), everything],
  ['a shared file of an element', edit('static/etc/motd'), everything],
  ['a program that hooks of one element share', edit('trove-guest-fast-build/make'), everything],
  ['a new file at the top', add('own.conf', 'x=1', '0644'), everything],
  ['how variables are set', edit('environment.d/10-defaults'), everything],
  [
    'a file in a directory of the install phase',
    edit('install.d/guest-agent-source-install/requirements.txt'),
    ofInstall,
  ],
  ['a file beside the install scripts', edit('install.d/own.conf'), ofInstall],
  ['a new file in a directory of pre-install', add('pre-install.d/x/y', '', '0644'), [packages]],
  ['a new file beside the root scripts', add('root.d/keys', 'x', '0644'), [root]],
  ['a new file in a directory of post-install', add('post-install.d/x/y'), [last]],
];

const variables: readonly Row[] = [
  [
    'a variable that a root script names',
    set('DIB_DISTRIBUTION_MIRROR', 'http://x.example.org'),
    [root],
  ],
  ['a variable that a pre-install script names', set('DIB_BASELINE_TOOLS', ''), [packages]],
  ['the choice that a pre-install script makes', set('TROVE_IMAGE_KEEP_DOCS', '1'), [packages]],
  ['the packages that the user named', set('TROVE_GUEST_PACKAGES', 'vim'), [initramfs]],
  ['a variable that an install script names', set('DIB_LOCALES', 'de_DE.UTF-8'), [user]],
  [
    'a variable whose beginning an install script names',
    set('DIB_PLUGIN_AUDIT_LEVEL', '2'),
    [agent],
  ],
  ['a new variable of such a beginning', set('DIB_PLUGIN_OTHER_LEVEL', '2'), [agent]],
  [
    'a variable that a script linked from a directory of its own names',
    set('DIB_REPOREF_guest_agent', 'v2'),
    [agent],
  ],
  ['a variable that a post-install script names', set('DIB_BOOT_NOTE', 'loud'), [last]],
  ['a variable that is not set any more', unset('DIB_BOOT_NOTE'), [last]],
  ['a variable that is set to nothing', set('DIB_BOOT_NOTE', ''), [last]],
  ['a variable that a shared program names', set('DIB_TOOL_LEVEL', '2'), everything],
  [
    'a variable that any program may read',
    set('PIP_INDEX_URL', 'http://x.example.org'),
    everything,
  ],
  ['the proxy', set('http_proxy', 'http://x.example.org:3128'), everything],
  ['a new proxy', set('https_proxy', 'http://x.example.org:3128'), everything],
  ['a proxy that is gone', unset('http_proxy'), everything],
  ['the guest user', set('GUEST_USERNAME', 'agent'), everything],
  ['the language', set('LANG', 'C'), everything],
];

const rest: readonly Row[] = [
  ['packages of pre-install', install('pre-install.d', 'zstd', 'lz4'), [packages]],
  ['packages of install', install('install.d', 'cloud-init'), ofInstall],
  ['packages of post-install', install('post-install.d'), [last]],
  ['how a package is called in this release', changeTree('usr/share/pkg-map/base', '{}'), inChroot],
  ['a key that extra-data put into the tree', changeTree('etc/apt/own.gpg', 'key'), inChroot],
  ['a file that extra-data deleted', changeTree('etc/motd', 'deleted'), inChroot],
  ['a new commit of a source that comes late', commit('opt/guest-agent'), [agent]],
  ['a new commit of a source that anyone may use', commit('opt/shared-tool'), inChroot],
  ['a source that is new', commit('opt/new'), inChroot],
  ['the state of the archive', moveArchive('trixie'), everything],
  ['the state of its updates', moveArchive('trixie-updates'), everything],
  [
    'one more suite',
    (build) => ({
      ...build,
      archives: [
        ...build.archives,
        {
          name: 'x',
          suite: 'x',
          url: 'http://x.example.org',
          inReleaseSha256: sha256('x'),
          date: '',
        },
      ],
    }),
    everything,
  ],
  ['one suite less', (build) => ({ ...build, archives: build.archives.slice(1) }), everything],
  [
    'the address of the archive',
    (build) => ({
      ...build,
      archives: build.archives.map((each) => ({ ...each, url: 'http://x.example.org' })),
    }),
    everything,
  ],
  ['the architecture', (build) => ({ ...build, architecture: 'arm64' }), everything],
  ["diskimage-builder's library", setTool("diskimage-builder's library", 'x'), everything],
  ['the version of debootstrap', setTool('debootstrap', 'debootstrap 1.0.141'), everything],
  ['one more tool', setTool('mmdebstrap', '1.5.6'), everything],
];

describe('a change', () => {
  const rows = [...scripts, ...files, ...variables, ...rest];

  it.each(rows)('of %s costs the layers that can see it, and those above', (_what, change, own) => {
    const changed = change(sampleBuild);
    expect(ownChanges(changed)).toEqual(own);
    const positions = layersOf(changed).map(({ position }) => position);
    expect(missesOf(changed)).toEqual(positions.slice(positions.indexOf(own[0] ?? '')));
  });

  it('makes keys that no other change makes', () => {
    const changes = rows.map(([, change]) => layersOf(change(sampleBuild)).at(-1)?.key);
    expect(new Set([...changes, baseline.at(-1)?.key]).size).toBe(rows.length + 1);
  });
});
