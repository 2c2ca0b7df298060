import { describe, expect, it } from '@jest/globals';
import { describeImage, hasBootCode, readRecord } from '../../../src/core/verify/record.ts';
import type { ImageFacts } from '../../../src/model/image.ts';
import { cleanImage, fileEntry, withContent, withFiles } from '../support/image.ts';
import { readManifestText } from './support.ts';

const manifest = JSON.parse(readManifestText());
const [{ sha256 }] = manifest.files;

describe('the record of an image', () => {
  it('is the manifest that lists its digest', () => {
    expect(readRecord(readManifestText(), sha256)).toEqual({
      buildId: manifest.buildId,
      guest: manifest.guest,
      holdsSecrets: manifest.holdsSecrets,
      containerImages: manifest.containerImages,
    });
  });

  it.each([
    ['of another file', readManifestText(), 'f'.repeat(64)],
    ['that is not there', '', sha256],
    ['that is no JSON', '{', sha256],
    ['that is no object', 'null', sha256],
    ['without a guest', JSON.stringify({ ...manifest, guest: undefined }), sha256],
    ['with a build id that is none', JSON.stringify({ ...manifest, buildId: '../x' }), sha256],
  ])('is not a manifest %s', (_, text, digest) => {
    expect(readRecord(text, digest)).toBeNull();
  });
});

describe('the boot sector', () => {
  it.each([
    [true, 'code', 0],
    [true, 'code', 439],
    [false, 'a partition table', 446],
    [false, 'a signature', 510],
  ])('holds code (%s) when it holds %s at byte %s', (expected, _, at) => {
    const head = new Uint8Array(512);
    head[at] = 0x55;
    expect(hasBootCode(head)).toBe(expected);
  });
});

describe('what an image is meant to be', () => {
  it('is what its record says', () => {
    const record = readRecord(readManifestText(), sha256);
    expect(describeImage(cleanImage, record)).toMatchObject({
      agent: 'package',
      username: manifest.guest.username,
      isDevelopment: false,
      holdsSecrets: [],
    });
  });

  it('is read from its files where there is no record', () => {
    const image = withFiles(fileEntry('/usr/bin/cloud-init'));
    expect(describeImage(image, null)).toEqual({
      agent: 'package',
      username: 'debian',
      isDevelopment: false,
      holdsSecrets: [],
      hasCloudInit: true,
      datasources: 'ConfigDrive, OpenStack, NoCloud, None',
    });
  });

  const fromSource = (...paths: readonly string[]): ImageFacts => ({
    ...withFiles(...paths.map((path) => fileEntry(path))),
    contents: {
      '/var/lib/dpkg/status': { text: 'Package: dash\n' },
      '/etc/systemd/system/guest-agent.service': { text: '[Service]\nUser=trove\n' },
    },
  });

  it.each([
    ['source', ['/usr/bin/dockerd']],
    ['per-datastore', []],
  ])('is an agent of the kind %s with %j and no package of it', (agent, paths) => {
    expect(describeImage(fromSource(...paths), null)).toMatchObject({ agent, username: 'trove' });
  });

  it('tells of a cloud-init that is gone, and of sources that were taken out', () => {
    const path = '/etc/cloud/cloud.cfg.d/99.cfg';
    const image = withContent(path, 'datasource_list: [NoCloud, None]\n');
    expect(describeImage(image, null)).toMatchObject({
      hasCloudInit: false,
      datasources: 'NoCloud, None',
    });
  });
});
