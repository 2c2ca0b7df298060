import { describe, expect, it } from '@jest/globals';
import { nameLine } from '../../../src/core/publish/image.ts';
import {
  composeWish,
  heartbeatMs,
  makePolicy,
  nameTag,
  undoPromotion,
} from '../../../src/core/publish/wish.ts';
import { mostTagLength } from '../../../src/model/publication.ts';
import { wishFor } from '../../support/publish-wishes.ts';
import { builtFile, builtWith } from '../support/built.ts';
import { publicationOf, type RawPublication } from '../support/publication.ts';

const compose = (raw: RawPublication = {}, change?: Parameters<typeof builtWith>[0]) =>
  composeWish(publicationOf(raw), builtWith(change), builtFile, {
    verdict: 'passed',
    parameters: { '/srv/checkout/rules.json': [parameter] },
  });
const parameter = { name: 'x', type: 'string', restartRequired: false, min: null, max: null };

describe('the tag of a line', () => {
  it.each([
    ['guest', 'guest'],
    ['x'.repeat(20), 'x'.repeat(20)],
    ['trove-guest-debian-bookworm', expect.stringMatching(/^trove-guest-[0-9a-f]{8}$/)],
    ['x'.repeat(128), expect.stringMatching(/^x{11}-[0-9a-f]{8}$/)],
  ])('of %s is as long as Trove takes: %j', (line, tag) => {
    expect(nameTag(line)).toEqual(tag);
    expect(nameTag(line).length).toBeLessThanOrEqual(mostTagLength);
  });

  it('is that of no other line, however alike they are', () => {
    const lines = ['debian-bookworm', 'debian-bookworm-dev', 'debian-bookworm-mysql', 'debian'];
    const tags = lines.map((line) => nameTag(`trove-guest-${line}`));
    expect(new Set(tags).size).toBe(lines.length);
  });
});

describe('the wish', () => {
  it('names line, file, build and guest, and is as patient as every other', () => {
    const build = builtWith();
    expect(compose()).toEqual({
      ...{
        kind: 'publish',
        line: 'trove-guest-debian-bookworm',
        name: 'trove-guest-debian-bookworm',
      },
      ...{ buildId: build.buildId, manifestDigest: build.manifestDigest, revision: build.revision },
      ...{ sourceTimeMs: build.sourceTimeMs, sizeBytes: builtFile.sizeBytes, diskFormat: 'qcow2' },
      ...{ tags: [nameTag('trove-guest-debian-bookworm')], visibility: 'private' },
      ...{ minDiskGb: 5, minRamMb: 0, keepProtected: false, prove: false },
      properties: {
        ...{ architecture: 'x86_64', hw_rng_model: 'virtio', os_distro: 'debian' },
        ...{ os_type: 'linux', os_version: '12' },
      },
      verify: { required: false, verdict: 'passed' },
      ...{ versions: [], deactivate: [] },
      policy: makePolicy(publicationOf()),
    });
  });

  it.each<[string, RawPublication, object]>([
    ['tags', { tags: 'a b' }, { tags: ['a', 'b'] }],
    [
      'a name that is filled in',
      { 'glance-name': '{os}-{release}-{architecture}+{name}' },
      {
        line: 'debian-bookworm-amd64+trove-guest-debian-bookworm',
      },
    ],
    ['a least disk', { 'min-disk': '0' }, { minDiskGb: 0 }],
    [
      'properties, which win',
      { properties: 'os_version=12.1\nowner_team=dbaas' },
      {
        properties: expect.objectContaining({
          os_version: '12.1',
          owner_team: 'dbaas',
          os_distro: 'debian',
        }),
      },
    ],
    [
      'a verification',
      { 'require-verify': 'boot' },
      { verify: { required: true, verdict: 'passed' } },
    ],
    ['a proof', { prove: 'download' }, { prove: true }],
    [
      'datastore versions',
      { 'datastore-versions': 'mysql 8.4' },
      {
        versions: [
          { datastore: 'mysql', tags: [nameTag('trove-guest-debian-bookworm')], parameters: [] },
        ],
      },
    ],
    [
      'rules of a version',
      { 'datastore-versions': 'mysql 8.4 parameters=rules.json' },
      {
        versions: [{ parameters: [parameter] }],
      },
    ],
    [
      'tags of a version',
      { tags: 'a b c', 'datastore-versions': 'mysql 8.4 tags=a,c' },
      {
        versions: [{ tags: ['a', 'c'] }],
      },
    ],
    [
      'how many stay',
      { keep: '5', 'grace-period': '1h' },
      {
        policy: { keep: 5, graceMs: 3_600_000 },
      },
    ],
  ])('has %s', (_, raw, part) => {
    expect(compose(raw)).toMatchObject(part);
  });

  it('says no path of the machine that publishes', () => {
    const wish = compose({ 'datastore-versions': 'mysql 8.4 parameters=rules.json' });
    expect(JSON.stringify(wish)).not.toContain('/srv/checkout');
  });

  it('rounds the disk up to whole GiB, and names other processors as Nova does', () => {
    const wish = compose({}, (m) => {
      m.image.virtualSizeBytes = 5 * 2 ** 30 + 1;
      Object.assign(m.guest, { architecture: 'arm64', version: '' });
      m.files[0].format = 'raw';
    });
    expect(wish).toMatchObject({ minDiskGb: 6, diskFormat: 'raw' });
    expect(wish.properties).toMatchObject({ architecture: 'aarch64' });
    expect(wish.properties).not.toHaveProperty('os_version');
  });

  it('fills every placeholder in, wherever it is; a name loses its last ending only', () => {
    expect(nameLine('{os}{os}-{name}', 'a.b.qcow2', builtWith())).toBe('debiandebian-a.b');
  });
});

it('a run shows several times that it lives before it counts as dead', () => {
  expect(makePolicy(publicationOf()).staleMs / heartbeatMs).toBeGreaterThanOrEqual(5);
});

it('a promotion is undone without a mark that would keep the build from being published', () => {
  const wish = wishFor(3);
  expect(undoPromotion(wish, 'a1')).toEqual({
    ...{ kind: 'rollback', line: wish.line, from: 'a1', becomes: 'retired', policy: wish.policy },
  });
});
