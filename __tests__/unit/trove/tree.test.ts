import { describe, expect, it } from '@jest/globals';
import {
  chooseConstraints,
  detectLayout,
  listDatastoreElements,
  readSeries,
} from '../../../src/core/trove/tree.ts';

const review = (branch: string): string =>
  `[gerrit]\nhost=review.opendev.org\nport=29418\nproject=openstack/trove.git\n${branch === '' ? '' : `defaultbranch=${branch}\n`}`;
const tox = (series: string): string =>
  `deps =\n  -c{env:TOX_CONSTRAINTS_FILE:https://releases.openstack.org/constraints/upper/${series}} \\\n`;
const element = (url: string): string =>
  `# sources\nguest-agent git /opt/guest-agent https://opendev.org/openstack/trove master\nupper-constraints file /opt/upper-constraints.txt ${url}\n`;
const opendev = 'https://opendev.org/openstack/requirements/raw/branch';
const releases = 'https://releases.openstack.org/constraints/upper';

describe('the branch that a tree belongs to', () => {
  it.each([
    ['', 'master'],
    ['stable/2025.1', 'stable/2025.1'],
    ['unmaintained/2023.1', 'unmaintained/2023.1'],
  ])('is %j in the review configuration: %s', (branch, series) => {
    expect(readSeries({ gitreview: review(branch) })).toBe(series);
  });

  it('is master where there is no review configuration', () => {
    expect(readSeries({ gitreview: '' })).toBe('master');
  });
});

/** As the branches and tags of the real repository have them. */
const rows = [
  [
    'master',
    '',
    `${opendev}/master/upper-constraints.txt`,
    'master',
    `${opendev}/master/upper-constraints.txt`,
  ],
  [
    'a stable branch',
    'stable/2025.1',
    `${opendev}/stable/2025.1/upper-constraints.txt none`,
    '2025.1',
    `${opendev}/stable/2025.1/upper-constraints.txt`,
  ],
  [
    'an unmaintained branch',
    'unmaintained/2023.1',
    `${releases}/2023.1`,
    '2023.1',
    `${releases}/2023.1`,
  ],
  [
    'a release tag, whose element still names those of master',
    'stable/2024.1',
    `${opendev}/master/upper-constraints.txt`,
    '2024.1',
    `${releases}/2024.1`,
  ],
  ['train', 'stable/train', `${releases}/train`, 'train', `${releases}/train`],
] as const;

describe('the upper constraints of a tree', () => {
  it.each(rows)('of %s are those of its own branch', (_title, branch, url, series, expected) => {
    const texts = { gitreview: review(branch), sourceRepository: element(url), tox: tox(series) };
    expect(chooseConstraints(texts)).toBe(expected);
  });

  it('are those of its branch when nothing names any', () => {
    const texts = { gitreview: review('stable/2026.1'), sourceRepository: '', tox: '' };
    expect(chooseConstraints(texts)).toBe(`${releases}/2026.1`);
  });
});

describe('the layout of a tree', () => {
  const current = [
    'guest-agent',
    'root-passwd',
    'ubuntu-docker',
    'ubuntu-guest',
    'ubuntu-mysql',
    'ubuntu-xenial-guest',
  ];
  const old = [
    'guest-agent',
    'ubuntu-guest',
    'ubuntu-mysql',
    'ubuntu-xenial-guest',
    'ubuntu-xenial-mysql',
    'ubuntu-db2',
    'fedora-mysql',
  ];

  it('is one image for all datastores where docker is an element', () => {
    expect(detectLayout(current, 'ubuntu')).toBe('containers');
  });

  it('is one image for each datastore where it is none', () => {
    expect(detectLayout(old, 'ubuntu')).toBe('per-datastore');
    expect(listDatastoreElements(old, 'ubuntu')).toEqual(['db2', 'mysql']);
  });

  it('does not depend on the elements of other systems', () => {
    expect(detectLayout(current, 'debian')).toBe('containers');
  });
});
