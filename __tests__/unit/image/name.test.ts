import { describe, expect, it } from '@jest/globals';
import { fillImageName } from '../../../src/core/image/name.ts';
import { problemsOf } from '../support/inputs.ts';

const facts = {
  os: 'ubuntu',
  release: 'noble',
  architecture: 'amd64',
  trove: null,
  branch: 'stable/2025.1',
  datastore: 'mysql',
  isDevelopment: false,
};

const upstream = 'trove-{branch}-guest-{os}-{release}[-dev]';
const rows = [
  [upstream, {}, 'trove-stable-2025.1-guest-ubuntu-noble'],
  [upstream, { branch: 'master' }, 'trove-master-guest-ubuntu-noble'],
  [upstream, { branch: 'master', isDevelopment: true }, 'trove-master-guest-ubuntu-noble-dev'],
  [
    'trove-{branch}-{datastore}-{os}-{release}[-dev]',
    { branch: 'stable/train' },
    'trove-stable-train-mysql-ubuntu-noble',
  ],
  ['trove-guest-{os}-{release}[-dev]', { isDevelopment: true }, 'trove-guest-ubuntu-noble-dev'],
  ['[dev-]guest', {}, 'guest'],
  ['{os}{release}{architecture}', {}, 'ubuntunobleamd64'],
  ['{os}-trove{trove}', { trove: '23' }, 'ubuntu-trove23'],
] as const;

describe('the name of an image', () => {
  it.each(rows)('from %s with %j is %s', (template, changes, name) => {
    expect(fillImageName(template, { ...facts, ...changes })).toBe(name);
  });

  it.each([
    ['{trove}', {}],
    ['{branch}', { branch: 'refs/changes/$(id)' }],
    ['x', { branch: '' }],
  ])('from %s with %j is a file name, or refused', (template, changes) => {
    const call = (): string => fillImageName(template, { ...facts, ...changes });
    if (template === 'x') expect(call()).toBe('x');
    else
      expect(problemsOf(call)).toMatchObject([
        { code: 'bad-input', message: expect.stringMatching(/^image-name: /) },
      ]);
  });
});
