import { describe, expect, it } from '@jest/globals';
import { listRepositories, readCommit } from '../../../src/core/layers/repositories.ts';

const file = (text: string, path = 'source-repository-agent') => ({
  path,
  mode: '0644',
  sha256: '0',
  text,
});
const line = 'guest-agent git /opt/guest-agent https://git.example.org/agent';

describe('the repositories that elements name', () => {
  it.each([
    ['none', '', {}, []],
    ['comments and empty lines', '# git\n\n', {}, []],
    [
      'one, of the branch master',
      line,
      {},
      [
        {
          path: '/opt/guest-agent',
          location: 'https://git.example.org/agent',
          ref: 'master',
        },
      ],
    ],
    [
      'another place and reference by variables',
      line,
      {
        DIB_REPOLOCATION_guest_agent: '/srv/agent',
        DIB_REPOREF_guest_agent: 'stable/2026.1',
      },
      [{ path: '/opt/guest-agent', location: '/srv/agent', ref: 'stable/2026.1' }],
    ],
  ])('are %s', (_, text, environment, expected) => {
    expect(listRepositories([file(text)], environment)).toEqual(expected);
  });

  it.each([
    ['an archive', line.replace(' git ', ' tar '), {}],
    ['a file', line.replace(' git ', ' file '), {}],
    ['a kind set by a variable', line, { DIB_REPOTYPE_guest_agent: 'file' }],
    ['a place with a variable in it', line.replace('git.example.org', '$HOST'), {}],
    ['every reference there is', `${line} *`, {}],
    ['places that a variable moves together', line, { DIB_GITREPOBASE: 'https://example.org' }],
    ['a place that git would take for an option', line.replace('https:', '|sh'), {}],
  ])('cannot be asked when they are %s', (_, text, environment) => {
    expect(listRepositories([file(text)], environment)).toBeNull();
  });

  it('are no matter of other files', () => {
    expect(
      listRepositories([file('x tar /y z', 'README'), file(line, 'x.d/source-repository-y')], {}),
    ).toEqual([]);
  });
});

describe('the commit of a reference', () => {
  const [one, two, three] = ['1', '2', '3'].map((digit) => digit.repeat(40));
  const answer = [
    `${one}\tHEAD`,
    `${one}\trefs/heads/main`,
    `${two}\trefs/tags/v1`,
    `${three}\trefs/tags/v1^{}`,
    `${two}\trefs/changes/1/1/1`,
  ].join('\n');

  it.each([
    ['a branch', 'main', one],
    ['an annotated tag: what it points to', 'v1', three],
    ['a full name', 'refs/changes/1/1/1', two],
    ['a commit itself', '4'.repeat(40), '4'.repeat(40)],
    ['nothing that is there', 'gone', null],
  ])('is that of %s', (_, ref, expected) => {
    expect(readCommit(answer, ref)).toBe(expected);
  });
});
