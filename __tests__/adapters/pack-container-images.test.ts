import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { projectDirectory } from '../support/checkout.ts';
import {
  type Blob,
  digestOf,
  makeImage,
  makeJson,
  type SmallImage,
} from '../support/registry/image.ts';

const program = join(projectDirectory, 'host', 'pack-container-images');
const folder = mkdtempSync(join(tmpdir(), 'pack-test-'));
afterAll(() => rmSync(folder, { recursive: true }));
let own = '';
let count = 0;
beforeEach(() => {
  count += 1;
  own = join(folder, String(count));
  mkdirSync(own);
});

const oci = makeImage('one');
const docker = makeImage('two', 'amd64', 'docker');

/** Puts an image as skopeo's `dir:` does. */
function put(name: string, { manifest, config, layer }: SmallImage): string {
  const directory = join(own, name);
  mkdirSync(directory);
  writeFileSync(join(directory, 'manifest.json'), manifest.bytes);
  for (const { digest, bytes } of [config, layer])
    writeFileSync(join(directory, digest.slice(7)), bytes);
  return directory;
}

function pack(archive: string, ...words: readonly string[]) {
  const argv = ['-I', program, archive, ...words];
  const { status, stderr } = spawnSync('/usr/bin/python3', argv, { encoding: 'utf8' });
  return { status, error: stderr === '' ? null : (JSON.parse(stderr) as { error: string }).error };
}

const member = (archive: string, name: string): Buffer =>
  execFileSync('tar', ['--extract', '--to-stdout', ...['--file', archive], name], {
    maxBuffer: 1 << 26,
  });
const blobOf = ({ digest }: Blob): string => `blobs/sha256/${digest.slice(7)}`;

describe('the archive of container images', () => {
  it('has every blob as the registry had it, and an index of both forms', () => {
    const archive = join(own, 'images.tar');
    const words = [
      ...['docker.io/library/one:1', oci.manifest.digest, put('a', oci)],
      ...['registry.example.org:5000/two:2', docker.manifest.digest, put('b', docker)],
      ...['docker.io/library/again:1', oci.manifest.digest, join(own, 'a')],
    ];
    expect(pack(archive, ...words)).toEqual({ status: 0, error: null });
    for (const image of [oci, docker])
      for (const blob of [image.manifest, image.config, image.layer])
        expect(digestOf(member(archive, blobOf(blob)))).toBe(blob.digest);
    const index = JSON.parse(member(archive, 'index.json').toString());
    expect(index.manifests).toContainEqual({
      mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
      digest: docker.manifest.digest,
      size: docker.manifest.bytes.length,
      annotations: {
        'io.containerd.image.name': 'registry.example.org:5000/two:2',
        'org.opencontainers.image.ref.name': '2',
      },
    });
    expect(JSON.parse(member(archive, 'manifest.json').toString())).toEqual([
      {
        Config: blobOf(oci.config),
        RepoTags: ['docker.io/library/again:1', 'docker.io/library/one:1'],
        Layers: [blobOf(oci.layer)],
      },
      {
        Config: blobOf(docker.config),
        RepoTags: ['registry.example.org:5000/two:2'],
        Layers: [blobOf(docker.layer)],
      },
    ]);
    expect(JSON.parse(member(archive, 'oci-layout').toString())).toEqual({
      imageLayoutVersion: '1.0.0',
    });
  });

  it('has the same bytes whenever, wherever and in whatever order it is made', () => {
    const one = ['docker.io/library/one:1', oci.manifest.digest, put('a', oci)];
    const two = ['docker.io/library/two:1', docker.manifest.digest, put('b', docker)];
    pack(join(own, '1.tar'), ...one, ...two);
    execFileSync('touch', ['--date=2001-01-01', ...[one[2], two[2]].map(String)]);
    pack(join(own, '2.tar'), ...two, ...one);
    expect(digestOf(readFileSync(join(own, '1.tar')))).toBe(
      digestOf(readFileSync(join(own, '2.tar'))),
    );
    const listed = execFileSync('tar', ['-tv', '--numeric-owner', '-f', join(own, '1.tar')], {
      encoding: 'utf8',
    });
    for (const line of listed.trim().split('\n'))
      expect(line).toMatch(/ 0\/0 .* 1970-01-01 00:00 /);
  });

  it.each([
    ['a layer is cut', (at: string) => truncateSync(join(at, oci.layer.digest.slice(7)), 10)],
    [
      'a layer has other bytes of the same length',
      (at: string) =>
        writeFileSync(join(at, oci.layer.digest.slice(7)), Buffer.alloc(oci.layer.bytes.length)),
    ],
    [
      'a layer is longer',
      (at: string) =>
        writeFileSync(
          join(at, oci.layer.digest.slice(7)),
          Buffer.concat([oci.layer.bytes, Buffer.from('x')]),
        ),
    ],
    [
      'the configuration is another one',
      (at: string) => writeFileSync(join(at, oci.config.digest.slice(7)), '{}'),
    ],
    [
      'the manifest is another one',
      (at: string) => writeFileSync(join(at, 'manifest.json'), docker.manifest.bytes),
    ],
  ])('is not made where %s', (_, damage) => {
    const archive = join(own, 'images.tar');
    const at = put('a', oci);
    damage(at);
    expect(pack(archive, 'docker.io/library/one:1', oci.manifest.digest, at)).toEqual({
      status: 1,
      error: 'digest-differs',
    });
    expect(existsSync(archive)).toBe(false);
  });

  it.each([
    ['{', 'no JSON'],
    ['[]', 'a list'],
    ['{"config": {}, "layers": []}', 'without a configuration'],
    ['{"config": {"digest": "sha256:../../etc/shadow", "size": 1}, "layers": []}', 'with a path'],
  ])('is not made of the manifest %s', (text) => {
    const manifest = { ...makeJson('', {}), bytes: Buffer.from(text) };
    const at = put('a', { ...oci, manifest });
    const words = ['docker.io/library/one:1', digestOf(manifest.bytes), at];
    expect(pack(join(own, 'images.tar'), ...words)).toEqual({
      status: 1,
      error: 'manifest-unreadable',
    });
  });

  it('is not made where a file of its name is, which stays', () => {
    const archive = join(own, 'images.tar');
    writeFileSync(archive, 'mine');
    const words = ['docker.io/library/one:1', oci.manifest.digest, put('a', oci)];
    expect(pack(archive, ...words)).toEqual({ status: 1, error: 'write-failed' });
    expect(readFileSync(archive, 'utf8')).toBe('mine');
  });

  it('is not left half made on a full disk', () => {
    const at = put('a', oci);
    const small = join(own, 'small');
    mkdirSync(small);
    // the namespace ends with the program, and the disk with it
    const script =
      'mount -t tmpfs -o size=256k small "$1" && python3 -I "$2" "$1/images.tar" "$3" "$4" "$5"; echo $?; ls "$1"';
    const words = ['sh', small, program, 'docker.io/library/one:1', oci.manifest.digest, at];
    const { stdout, stderr } = spawnSync('unshare', ['--mount', 'sh', '-c', script, ...words], {
      encoding: 'utf8',
    });
    expect(JSON.parse(stderr)).toMatchObject({ error: 'no-space' });
    expect(stdout).toBe('1\n');
  });

  it.each([[['x.tar']], [['x.tar', 'name']], [['x.tar', 'name', 'digest']], [[]]])(
    'of the words %j is refused',
    (words) => {
      const [archive = '', ...rest] = words;
      expect(pack(archive, ...rest)).toEqual({ status: 1, error: 'usage' });
    },
  );
});
