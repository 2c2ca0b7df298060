import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** Bytes as a registry keeps them, under their digest. */
export interface Blob {
  readonly mediaType: string;
  readonly digest: string;
  readonly bytes: Buffer;
}

/** A small image: one layer with busybox and a text. */
export interface SmallImage {
  readonly manifest: Blob;
  readonly config: Blob;
  readonly layer: Blob;
}

/** A list of images, one for each architecture. */
export interface ImageList {
  readonly list: Blob;
  readonly images: readonly SmallImage[];
}

export type ImageForm = 'oci' | 'docker';

const mediaTypes = {
  oci: {
    config: 'application/vnd.oci.image.config.v1+json',
    layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    list: 'application/vnd.oci.image.index.v1+json',
  },
  docker: {
    config: 'application/vnd.docker.container.image.v1+json',
    layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    list: 'application/vnd.docker.distribution.manifest.list.v2+json',
  },
} as const;

/**
 * Makes an image whose layer holds /bin/busybox of this machine, unless it is to be tiny, and /text; same arguments,
 * same digests.
 */
export function makeImage(
  text: string,
  architecture = 'amd64',
  form: ImageForm = 'oci',
  isTiny = false,
): SmallImage {
  const types = mediaTypes[form];
  const tar = makeLayer(text, isTiny);
  const layer = makeBlob(types.layer, gzipSync(tar));
  const config = makeJson(types.config, {
    architecture,
    os: 'linux',
    config: { Cmd: ['/bin/busybox', 'cat', '/text'] },
    rootfs: { type: 'layers', diff_ids: [digestOf(tar)] },
    history: [{ created: '2026-01-01T00:00:00Z', created_by: 'test' }],
  });
  const manifest = makeJson(types.manifest, {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: describeBlob(config),
    layers: [describeBlob(layer)],
  });
  return { manifest, config, layer };
}

/** Makes a list of such images, in the order of the architectures. */
export function makeList(
  text: string,
  architectures: readonly string[],
  form: ImageForm = 'oci',
): ImageList {
  const images = architectures.map((architecture) => makeImage(text, architecture, form));
  const manifests = images.map(({ manifest }, index) => ({
    ...describeBlob(manifest),
    platform: { architecture: architectures[index], os: 'linux' },
  }));
  const mediaType = mediaTypes[form].list;
  return { list: makeJson(mediaType, { schemaVersion: 2, mediaType, manifests }), images };
}

export const digestOf = (bytes: Buffer): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

const makeBlob = (mediaType: string, bytes: Buffer): Blob => ({
  ...{ mediaType, bytes },
  digest: digestOf(bytes),
});

/** A blob of JSON. */
export const makeJson = (mediaType: string, value: unknown): Blob =>
  makeBlob(mediaType, Buffer.from(JSON.stringify(value)));

/** How another document names a blob. */
export const describeBlob = ({ mediaType, digest, bytes }: Blob) => ({
  ...{ mediaType, digest },
  size: bytes.length,
});

function makeLayer(text: string, isTiny: boolean): Buffer {
  const directory = mkdtempSync(join(tmpdir(), 'image-layer-'));
  try {
    mkdirSync(join(directory, 'bin'));
    if (!isTiny) copyFileSync('/bin/busybox', join(directory, 'bin', 'busybox'));
    writeFileSync(join(directory, 'text'), text);
    const same = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--mode=0755'];
    const argv = [...same, '--create', ...['--directory', directory], 'bin', 'text'];
    return execFileSync('tar', argv, { maxBuffer: 1 << 26 });
  } finally {
    rmSync(directory, { recursive: true });
  }
}
