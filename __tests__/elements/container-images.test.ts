import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { projectDirectory } from '../support/checkout.ts';
import { makeImage, type SmallImage } from '../support/registry/image.ts';
import { runInScratchRoot } from './scratch.ts';

const folder = mkdtempSync(join(tmpdir(), 'container-hook-test-'));
const image = makeImage('oci', 'amd64', 'oci', true);
const other = makeImage('docker', 'amd64', 'docker', true);
const wordOf = (target: string, { manifest, config }: SmallImage): string =>
  `${target}@${manifest.digest}@${config.digest}`;
const words = [
  wordOf('mysql:8.4', image),
  wordOf('registry.example.org:5000/db/mysql:8.4', image),
  wordOf('openstacktrove/backup:1.0', other),
];
let archive = '';

beforeAll(() => {
  const places = [image, other].map((each, index) => {
    const place = join(folder, String(index));
    mkdirSync(place);
    writeFileSync(join(place, 'manifest.json'), each.manifest.bytes);
    for (const blob of [each.config, each.layer])
      writeFileSync(join(place, blob.digest.slice(7)), blob.bytes);
    return [each.manifest.digest, place];
  });
  const [one = [], two = []] = places;
  execFileSync('python3', [
    ...['-I', join(projectDirectory, 'host/pack-container-images'), join(folder, 'images.tar')],
    ...['docker.io/library/mysql:8.4', ...one],
    ...['registry.example.org:5000/db/mysql:8.4', ...one],
    ...['docker.io/openstacktrove/backup:1.0', ...two],
  ]);
  archive = readFileSync(join(folder, 'images.tar')).toString('base64');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the hook as diskimage-builder does, between two other scripts. */
function runHook({ before = '', after = '', images = words, by = '', packed = archive } = {}) {
  return runInScratchRoot(`
hooks=/tmp/in_target.d/post-install.d
mkdir -p /sys "$hooks"
ln -s /run /var/run
mount -t sysfs sysfs /sys
mknod -m 666 /dev/zero c 1 5
cp /elements/trove-guest-container-images/post-install.d/* "$hooks/"
base64 --decode > "$hooks/../trove-guest-container-images.tar" <<'END'
${packed}
END
${before}
export TROVE_GUEST_CONTAINER_IMAGES='${images.join(' ')}'
look() {
    find / -xdev -not -path '/tmp/in_target.d*' -not -path '/.overlay*' -not -path '/dev*' -not -path '/var/lib/docker*' \\
        -not -path '/var/lib/containerd*'
    cat /proc/self/mountinfo
    ps -e -o comm= | grep -E '^(dockerd|containerd|unshare)' || true
}
look > /tmp/in_target.d/before
status=0
${by} "$hooks/35-trove-guest-container-images" || status=$?
look > /tmp/in_target.d/after
{ diff /tmp/in_target.d/before /tmp/in_target.d/after || true; } | sed 's/^/differs: /'
${after}
exit "$status"
`);
}

const repositories = '/var/lib/docker/image/overlay2/repositories.json';

describe('the images that a guest is to have', () => {
  it('are in the store of its docker by name and digest, and nothing but its stores is new', () => {
    const { exitCode, stdout, stderr } = runHook({
      after: `cat ${repositories}; echo; ls /var/lib/docker; ls -d /var/lib/docker/*/backingFsBlockDev || true`,
    });
    expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' });
    for (const { manifest } of [image, other]) {
      expect(stdout).toContain(manifest.digest);
    }
    const listed = stdout
      .split('\n')
      .filter((line) => / sha256:/.test(line) && !line.includes('is in'));
    expect(listed.map((line) => line.split(/\s+/).slice(0, 4)).sort()).toEqual(
      [
        ['mysql', '8.4', image.manifest.digest, image.config.digest],
        ['openstacktrove/backup', '1.0', other.manifest.digest, other.config.digest],
        ['registry.example.org:5000/db/mysql', '8.4', image.manifest.digest, image.config.digest],
      ].sort(),
    );
    expect(stdout).not.toContain('differs');
    expect(stdout).toMatch(/\nimage\noverlay2\n$/);
  });

  it('are loaded beside what is configured, which stays as it is', () => {
    const { exitCode, stdout } = runHook({
      before: `mkdir -p /etc/docker; echo '{"hosts": ["fd://"], "log-driver": "journald"}' > /etc/docker/daemon.json`,
      after: 'cat /etc/docker/daemon.json; ls /etc/docker',
    });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/\{"hosts": \["fd:\/\/"\], "log-driver": "journald"\}\ndaemon\.json\n$/);
  });

  it.each([0.05, 0.2, 0.4, 0.6])(
    'leave no mount, no process and no directory where the hook is ended after %s s',
    (after) => {
      const { exitCode, stdout } = runHook({ by: `timeout --signal=TERM ${after}` });
      expect(exitCode).toBe(124);
      expect(stdout).not.toContain('differs');
    },
  );
});

describe('a build whose guest would not have them', () => {
  it.each([
    [
      'the archive is missing',
      { before: 'rm "$hooks/../trove-guest-container-images.tar"' },
      /the archive is not beside the hooks/,
    ],
    [
      'the image has no docker',
      { before: 'rm -f /usr/sbin/dockerd /usr/bin/dockerd' },
      /this image has no dockerd; add trove-guest-docker/,
    ],
    [
      'the archive is damaged',
      { packed: Buffer.from('nothing').toString('base64') },
      /docker load did not take the archive/,
    ],
    [
      'an image is not in it',
      { images: [wordOf('mysql:9', image)] },
      /docker does not know mysql:9/,
    ],
    [
      'a name is of another image',
      { images: [wordOf('mysql:8.4', other)] },
      /docker has another image as mysql:8\.4/,
    ],
    [
      'a digest is of another manifest',
      { images: [`mysql:8.4@${other.manifest.digest}@${image.config.digest}`] },
      /docker does not have mysql:8\.4 by its digest/,
    ],
    [
      'a digest is of nothing',
      { images: [`mysql:8.4@sha256:${'0'.repeat(64)}@${image.config.digest}`] },
      /the archive has other images/,
    ],
    [
      'docker cannot use overlay',
      {
        before:
          'mkdir /var/lib/a /var/lib/b /var/lib/c /var/lib/docker; mount -t tmpfs t /var/lib/a; mkdir /var/lib/a/u /var/lib/a/w; mount -t overlay -o lowerdir=/var/lib/c,upperdir=/var/lib/a/u,workdir=/var/lib/a/w o /var/lib/docker',
      },
      /docker chose the storage driver vfs, and the guest's is overlay2/,
    ],
    [
      'the daemon does not start',
      {
        before:
          'mkdir -p /etc/docker; echo "{\\"storage-driver\\": \\"none-such\\"}" > /etc/docker/daemon.json',
      },
      /dockerd of this image ended at once/,
    ],
    [
      'the configuration of docker is none',
      { before: 'mkdir -p /etc/docker; echo no > /etc/docker/daemon.json' },
      /daemon\.json of this image cannot be read/,
    ],
    ['nothing is named', { images: [] }, /TROVE_GUEST_CONTAINER_IMAGES: is not set/],
  ])('fails with a sentence where %s', (_, given, sentence) => {
    const { exitCode, stdout, stderr } = runHook(given);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(sentence);
    expect(stdout).not.toContain('differs');
  });
});
