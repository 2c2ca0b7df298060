import { describe, expect, it } from '@jest/globals';
import { findObservedArchives, readUsedStates } from '../../../src/core/layers/archives.ts';
import type { ArchiveState } from '../../../src/model/plan.ts';

const monday = '1'.repeat(64);
const tuesday = '2'.repeat(64);
const state = (url: string, suite: string): ArchiveState => ({
  ...{ name: 'default', url, suite, inReleaseSha256: monday, date: 'Mon, 23 Nov 2026' },
});
const debian = 'http://archive.example.org/debian';
const planned = [state(debian, 'trixie'), state(debian, 'trixie-updates')];

/** [URL, suite, file]: what `apt-get --print-uris update` of apt 2.6 says where it keeps the index. */
const names = [
  [debian, 'trixie', 'archive.example.org_debian_dists_trixie_InRelease'],
  [debian, 'trixie-updates', 'archive.example.org_debian_dists_trixie-updates_InRelease'],
  ['http://archive.example.org', 'trixie', 'archive.example.org_dists_trixie_InRelease'],
  [
    'http://archive.example.org:3142/debian',
    'trixie',
    'archive.example.org:3142_debian_dists_trixie_InRelease',
  ],
  [
    'https://archive.example.org/my_repo/~user/x=1',
    'stable/updates',
    'archive.example.org_my%5frepo_%7euser_x%3d1_dists_stable_updates_InRelease',
  ],
  ['http://[2001:db8::1]:8080/debian', 'a_b', '2001:db8::1:8080_debian_dists_a%5fb_InRelease'],
  [
    'http://archive.example.org//double//debian',
    'trixie',
    'archive.example.org__double__debian_dists_trixie_InRelease',
  ],
  ['http://user:pw@archive.example.org/p+q', 'x', 'archive.example.org_p+q_dists_x_InRelease'],
  ['http://archive.example.org/a,b/c@d', 'x', 'archive.example.org_a,b_c%40d_dists_x_InRelease'],
] as const;

describe('the index of an archive', () => {
  it.each(names)('%s %s is found where apt keeps it', (url, suite, file) => {
    const archive = state(url, suite);
    expect(readUsedStates([archive], { [file]: tuesday })).toEqual([
      { ...archive, inReleaseSha256: tuesday },
    ]);
    expect(findObservedArchives([], [{ url, suite }], { [file]: tuesday })).toEqual([
      { url, suite, sha256: tuesday },
    ]);
  });

  it('is the same with a slash at the end', () => {
    const [[url, suite, file]] = names;
    expect(readUsedStates([state(`${url}/`, suite)], { [file]: tuesday })[0]).toMatchObject({
      inReleaseSha256: tuesday,
    });
  });
});

describe('the state in which archives were used', () => {
  const [[, , one], [, , two]] = names;

  it('is the one that apt has, where the archive moved meanwhile', () => {
    const used = readUsedStates(planned, { [one]: tuesday, [two]: monday });
    expect(used.map(({ inReleaseSha256 }) => inReleaseSha256)).toEqual([tuesday, monday]);
    expect(used.map(({ name, suite, date }) => [name, suite, date])).toEqual(
      planned.map(({ name, suite, date }) => [name, suite, date]),
    );
  });

  it('is the one that was asked for, where apt has none', () => {
    expect(readUsedStates(planned, {})).toEqual(planned);
    expect(readUsedStates(planned, { other_InRelease: tuesday })).toEqual(planned);
  });
});

describe('archives that scripts added', () => {
  const [[, , one], [, , two]] = names;
  const own = { url: 'https://packages.example.org/db', suite: 'stable' };
  const file = 'packages.example.org_db_dists_stable_InRelease';

  it('are those that the tree names, and that apt has, beside the planned ones', () => {
    const tree = [...planned, own, { url: 'http://unused.example.org', suite: 'x' }];
    const indexes = { [one]: monday, [two]: monday, [file]: tuesday };
    expect(findObservedArchives(planned, tree, indexes)).toEqual([{ ...own, sha256: tuesday }]);
  });

  it('are none where only planned ones were used', () => {
    expect(findObservedArchives(planned, planned, { [one]: monday })).toEqual([]);
    expect(findObservedArchives(planned, [], {})).toEqual([]);
  });

  it('are not known where apt has an index whose archive nobody names', () => {
    expect(findObservedArchives(planned, planned, { [file]: tuesday })).toBeNull();
    expect(
      findObservedArchives(planned, [own], { [file]: tuesday, x_InRelease: monday }),
    ).toBeNull();
  });

  it('are not mistaken for a planned one of another suite', () => {
    const backports = 'archive.example.org_debian_dists_trixie-backports_InRelease';
    expect(findObservedArchives(planned, planned, { [backports]: tuesday })).toBeNull();
  });
});
