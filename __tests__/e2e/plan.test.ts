import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createElements } from '../../src/adapters/elements.ts';
import { computeBuildId } from '../../src/core/image/build-id.ts';
import { planBuild } from '../../src/core/image/plan.ts';
import { readInputs } from '../../src/core/inputs/read.ts';
import { openCatalogue } from '../../src/entry-inputs.ts';
import type { HostFacts } from '../../src/model/host.ts';
import { findElements } from '../../src/stages/identify.ts';
import { projectDirectory } from '../support/checkout.ts';
import { listReasons, readHost } from '../support/planning.ts';
import {
  type Content,
  makeRepository,
  runGit,
  script,
  type TestRepository,
} from '../support/repository.ts';

const catalogue = `version: 1
defaults:
  guest-release: bookworm
  elements-path: elements
images:
  plain:
    packages: [htop]
  web:
    elements: [site-web]
    environment: { SITE_REGION: north }
  store:
    elements: [site-store]
    formats: [qcow2]
`;
const files: Readonly<Record<string, Content>> = {
  'trove-images.yml': catalogue,
  'elements/site-base/install.d/50-site-base': script('true'),
  'elements/site-base/static/etc/site.conf': 'site\n',
  'elements/site-base/README.rst': 'Base\n',
  'elements/site-web/element-deps': 'site-base\n',
  'elements/site-web/install.d/60-site-web': script('true'),
  'elements/site-web/package-installs.yaml': 'nginx:\n',
  'elements/site-web/environment.d/10-site-web.bash': 'export SITE_WEB=1\n',
  'elements/site-store/post-install.d/60-site-store': script('true'),
  'elements/site-store/shared/notes': 'A file that a script reads\n',
  'elements/site-store/tests/test-store': script('true'),
  'elements/site-store/pkg-map': { link: '../../common/units.yaml' },
  'elements/site-spare/install.d/70-site-spare': script('true'),
  'common/units.yaml': 'nginx:\n',
  'README.md': 'A site\n',
};

const ownElements = join(projectDirectory, 'elements');
let repository: TestRepository;
let host: HostFacts;

beforeAll(async () => {
  host = await readHost();
});
beforeEach(() => {
  repository = makeRepository(files);
});
afterEach(() => repository.remove());

const planned = (base: string) => listReasons(repository.path, { base });

/** The build ids of all images of a directory as builds would make them, for archives that do not move. */
async function readBuildIds(directory: string): Promise<ReadonlyMap<string, string>> {
  const builder = host.diskimageBuilder;
  if (builder === null) throw new Error('these tests need diskimage-builder');
  const caller = { cwd: directory, temporaryDir: '/var/tmp', cacheDir: '/var/tmp' };
  const elements = createElements();
  const ids = new Map<string, string>();
  for (const { id, raw } of openCatalogue('', directory).images) {
    const built = planBuild(readInputs(raw, caller), host, ownElements);
    const used = await findElements(elements, built, builder);
    const content = { plan: built, archives: [], constraintsSha256: null };
    const digests = await elements.digest(used);
    ids.set(
      id,
      computeBuildId({ ...content, elements: digests, diskimageBuilderVersion: builder.version }),
    );
  }
  return ids;
}

/** Names of the images whose build id is another one, or new, since a commit. */
async function listMoved(base: string): Promise<readonly string[]> {
  const before = mkdtempSync('/var/tmp/base-');
  try {
    runGit(repository.path, 'worktree', 'add', '--quiet', '--detach', join(before, 'tree'), base);
    const [were, are] = [
      await readBuildIds(join(before, 'tree')),
      await readBuildIds(repository.path),
    ];
    return [...are].filter(([name, id]) => were.get(name) !== id).map(([name]) => name);
  } finally {
    rmSync(before, { recursive: true, force: true });
    runGit(repository.path, 'worktree', 'prune');
  }
}

const replace = (from: string | RegExp, to: string): Content => catalogue.replace(from, to);

/** What is changed, and the reasons of every image that this touches. */
const changes: readonly (readonly [
  string,
  Readonly<Record<string, Content>>,
  Readonly<Record<string, readonly string[]>>,
])[] = [
  [
    'a script that one image uses',
    { 'elements/site-store/post-install.d/60-site-store': script('false') },
    { store: ['script site-store/post-install.d/60-site-store changed'] },
  ],
  [
    'a script of an element that another one depends on',
    { 'elements/site-base/install.d/50-site-base': script('false') },
    { web: ['script site-base/install.d/50-site-base changed'] },
  ],
  [
    'a static file',
    { 'elements/site-base/static/etc/site.conf': 'other\n' },
    { web: ['file site-base/static/etc/site.conf changed'] },
  ],
  [
    'variables that an element sets',
    { 'elements/site-web/environment.d/10-site-web.bash': 'export SITE_WEB=2\n' },
    { web: ['script site-web/environment.d/10-site-web.bash changed'] },
  ],
  [
    'a list of packages',
    { 'elements/site-web/package-installs.yaml': 'apache2:\n' },
    { web: ['package list site-web/package-installs.yaml changed'] },
  ],
  [
    'a new script',
    { 'elements/site-store/install.d/55-more': script('true') },
    { store: ['script site-store/install.d/55-more is new'] },
  ],
  [
    'a source that an element brings',
    {
      'elements/site-store/source-repository-tool':
        'tool git /opt/tool https://git.example.org/tool\n',
    },
    { store: ['source list site-store/source-repository-tool is new'] },
  ],
  [
    'a dependency that is new',
    { 'elements/site-store/element-deps': 'site-base\n' },
    { store: ['dependency list site-store/element-deps names site-base now'] },
  ],
  [
    'a dependency that is gone',
    { 'elements/site-web/element-deps': null },
    { web: ['dependency list site-web/element-deps no longer names site-base'] },
  ],
  [
    'a dependency that was there by another way, and a comment',
    { 'elements/site-web/element-deps': '# the site\nsite-base\nvm\n' },
    {},
  ],
  [
    'a file that is removed',
    { 'elements/site-store/shared/notes': null },
    { store: ['file site-store/shared/notes is gone'] },
  ],
  [
    'a script that is renamed',
    {
      'elements/site-store/post-install.d/60-site-store': null,
      'elements/site-store/post-install.d/90-site-store': script('true'),
    },
    { store: ['script site-store/post-install.d/90-site-store was post-install.d/60-site-store'] },
  ],
  [
    'nothing but the mode of a script',
    {
      'elements/site-store/post-install.d/60-site-store': {
        text: '#!/bin/bash\ntrue\n',
        mode: 0o644,
      },
    },
    { store: ['script site-store/post-install.d/60-site-store is no longer executable'] },
  ],
  [
    'a file that becomes a link',
    { 'elements/site-store/shared/notes': { link: '../../../README.md' } },
    {
      store: [
        'file site-store/shared/notes changed',
        'file site-store/shared/notes -> README.md is new',
      ],
    },
  ],
  [
    'the file that a link out of an element leads to',
    { 'common/units.yaml': 'apache2:\n' },
    { store: ['package list site-store/pkg-map -> common/units.yaml changed'] },
  ],
  ['the README of an element', { 'elements/site-base/README.rst': 'More\n' }, {}],
  ['a test of an element', { 'elements/site-store/tests/test-store': script('false') }, {}],
  [
    'an element that no image uses',
    { 'elements/site-spare/install.d/70-site-spare': script('false') },
    {},
  ],
  ['a file that has nothing to do with images', { 'README.md': 'More\n', 'src/new': '1\n' }, {}],
  [
    'a package of an entry',
    { 'trove-images.yml': replace('[htop]', '[htop, vim]') },
    { plain: ['package vim is new (trove-images.yml:7:5)'] },
  ],
  [
    'a variable of an entry',
    { 'trove-images.yml': replace('north', 'south') },
    { web: ['variable SITE_REGION changed from north to south (trove-images.yml:10:5)'] },
  ],
  [
    'a default of the catalogue',
    { 'trove-images.yml': replace('bookworm', 'trixie') },
    Object.fromEntries(
      ['plain', 'web', 'store'].map((name) => [
        name,
        ['input guest-release changed from bookworm to trixie (trove-images.yml:3:3)'],
      ]),
    ),
  ],
  [
    'a default that an entry overrides',
    { 'trove-images.yml': replace('defaults:', 'defaults:\n  packages: [vim]') },
    {
      web: ['package vim is new (trove-images.yml:3:3)'],
      store: ['package vim is new (trove-images.yml:3:3)'],
    },
  ],
  [
    'an element of an entry, which brings another one',
    { 'trove-images.yml': replace('[site-store]', '[site-store, site-web]') },
    { store: ['input elements: site-web is new (trove-images.yml:12:5)'] },
  ],
  [
    'how the file of an image is written',
    {
      'trove-images.yml': replace(
        '[qcow2]',
        '[qcow2, raw]\n    compression: zlib\n    image-name: other',
      ),
    },
    {},
  ],
  [
    'an input that reaches the image, beside one that does not',
    { 'trove-images.yml': replace('[htop]', '[htop, vim]\n    formats: [raw]') },
    { plain: ['package vim is new (trove-images.yml:7:5)'] },
  ],
  [
    'two things at once',
    {
      'elements/site-base/static/etc/site.conf': 'other\n',
      'trove-images.yml': replace('north', 'south'),
    },
    {
      web: [
        'file site-base/static/etc/site.conf changed',
        'variable SITE_REGION changed from north to south (trove-images.yml:10:5)',
      ],
    },
  ],
  [
    'the place of all elements',
    {
      ...Object.fromEntries(
        Object.keys(files)
          .filter((name) => name.startsWith('elements/'))
          .flatMap((name) => [
            [name, null],
            [name.replace('elements', 'parts'), files[name] ?? null],
          ]),
      ),
      'trove-images.yml': replace('elements-path: elements', 'elements-path: parts'),
    },
    {},
  ],
  [
    'an element of ours, which one of the site replaces',
    { 'elements/trove-guest-user/install.d/25-trove-guest-user': script('true') },
    Object.fromEntries(
      ['plain', 'web', 'store'].map((name) => [
        name,
        [
          `element trove-guest-user comes from elements/trove-guest-user now, and not from ${ownElements}`,
        ],
      ]),
    ),
  ],
  [
    'an image that is new',
    { 'trove-images.yml': `${catalogue}  more:\n    elements: [site-web]\n` },
    { more: ['image is new in the catalogue'] },
  ],
];

describe('a plan against a commit', () => {
  it.each(changes)(
    'builds exactly what %s touches, and says why',
    async (_what, changed, expected) => {
      repository.change(changed);
      repository.commit();
      expect(await planned('HEAD^1')).toEqual(expected);
      // the truth: whose build id is another one
      expect([...(await listMoved('HEAD^1'))].sort()).toEqual(Object.keys(expected).sort());
    },
  );

  it.each(changes.slice(0, 3))(
    'counts %s before it is committed',
    async (_what, changed, expected) => {
      repository.change(changed);
      expect(await planned('HEAD')).toEqual(expected);
    },
  );

  it('counts a file that git does not know yet, and none that it ignores', async () => {
    repository.change({ '.gitignore': '*.swp\n', 'elements/site-store/shared/.notes.swp': 'x\n' });
    expect(await planned('HEAD')).toEqual({});
    repository.change({ 'elements/site-store/shared/more': 'x\n' });
    expect(await planned('HEAD')).toEqual({ store: ['file site-store/shared/more is new'] });
  });
});
