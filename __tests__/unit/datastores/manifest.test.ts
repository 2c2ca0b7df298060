import { describe, expect, it } from '@jest/globals';
import { readManifest, readPlatform } from '../../../src/core/datastores/manifest.ts';

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const config = {
  mediaType: 'application/vnd.oci.image.config.v1+json',
  digest: digest('c'),
  size: 100,
};
const layers = [
  { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: digest('1'), size: 1000 },
  { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: digest('2'), size: 20000 },
];
const read = (value: unknown) => readManifest(JSON.stringify(value));

describe('what a registry has under a name', () => {
  it.each([
    'application/vnd.oci.image.config.v1+json',
    'application/vnd.docker.container.image.v1+json',
  ])('is an image where its configuration is %s', (mediaType) => {
    const value = { schemaVersion: 2, config: { ...config, mediaType }, layers };
    expect(read(value)).toEqual({ kind: 'image', configDigest: digest('c'), sizeBytes: 21100 });
  });

  it('is a list of platforms, without what is no manifest', () => {
    const manifests = [
      { digest: digest('a'), size: 1, platform: { os: 'linux', architecture: 'amd64' } },
      { digest: digest('b'), size: 1 },
      { digest: 'md5:1', size: 1, platform: { os: 'linux', architecture: 'arm64' } },
      null,
    ];
    expect(read({ schemaVersion: 2, manifests })).toEqual({
      kind: 'list',
      entries: [
        { platform: 'linux/amd64', digest: digest('a') },
        { platform: 'unknown/unknown', digest: digest('b') },
      ],
    });
  });

  it.each([
    ['', /no JSON/],
    ['[', /no JSON/],
    ['null', /no JSON/],
    ['"text"', /no JSON/],
    [JSON.stringify({ schemaVersion: 1, fsLayers: [] }), /before docker 1.10/],
    [JSON.stringify({ schemaVersion: 2 }), /no image/],
    [JSON.stringify({ schemaVersion: 2, config, layers: [{ size: 1 }] }), /no image/],
    [
      JSON.stringify({ schemaVersion: 2, config, layers: [{ ...layers[0], size: -1 }] }),
      /no image/,
    ],
    [
      JSON.stringify({ schemaVersion: 2, config, layers: [{ ...layers[0], size: 1e300 }] }),
      /no image/,
    ],
    [
      JSON.stringify({ schemaVersion: 2, config: { ...config, digest: '../x' }, layers }),
      /no image/,
    ],
    [
      JSON.stringify({
        schemaVersion: 2,
        config: { ...config, mediaType: 'application/vnd.cncf.helm.config.v1+json' },
        layers,
      }),
      /something else/,
    ],
  ])('is nothing that docker loads: %s', (text, reason) => {
    expect(readManifest(text)).toEqual({ kind: 'unknown', reason: expect.stringMatching(reason) });
  });
});

it.each([
  ['{"os":"linux","architecture":"arm64"}', 'linux/arm64'],
  ['{"os":"linux"}', null],
  ['null', null],
  ['{', null],
])('the platform of the configuration %s is %s', (text, platform) => {
  expect(readPlatform(text)).toBe(platform);
});
