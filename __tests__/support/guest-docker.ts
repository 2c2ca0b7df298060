import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What the docker of a finished raw image lists, as NAME TAG DIGEST ID: the image's own containerd and docker, in a
 * copy of it. Needs root.
 */
export function listGuestImages(rawPath: string, directory: string): readonly string[] {
  const place = join(directory, 'guest-docker');
  mkdirSync(join(place, 'tree'), { recursive: true });
  const copy = join(place, 'image.raw');
  try {
    copyFileSync(rawPath, copy);
    const table = execFileSync('sfdisk', ['--json', copy], { encoding: 'utf8' });
    const [partition] = JSON.parse(table).partitiontable.partitions as { start: number }[];
    const offset = String((partition?.start ?? 0) * 512);
    const namespaces = ['--mount', '--pid', '--net', '--fork', '--kill-child'];
    const stdout = execFileSync(
      'unshare',
      [...namespaces, 'bash', '-c', script, 'guest-docker', copy, offset, join(place, 'tree')],
      { encoding: 'utf8', timeout: 120_000, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    return stdout.split('\n').filter((line) => line !== '');
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** Everything is mounted in a namespace that ends with this script; the loop device goes with its mount. */
const script = `
set -eu
image=$1 offset=$2 tree=$3
mount -o "loop,offset=$offset" "$image" "$tree"
mount --bind "$tree" "$tree"
mount -t proc proc "$tree/proc"
mount -t sysfs sysfs "$tree/sys"
mount -t cgroup2 cgroup2 "$tree/sys/fs/cgroup"
mount -t tmpfs tmpfs "$tree/run"
mount -t tmpfs tmpfs "$tree/tmp"
mount -t tmpfs -o mode=0755 dev "$tree/dev"
for node in null zero random urandom; do cp -a "/dev/$node" "$tree/dev/"; done
for place in docker containerd; do
    mkdir -p "$tree/var/lib/$place"
    mount --bind "$tree/var/lib/$place" "$tree/var/lib/$place"
done
chroot "$tree" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root /bin/bash -eu -c '
    containerd > /tmp/containerd.log 2>&1 &
    for try in $(seq 60); do [ -S /run/containerd/containerd.sock ] && break; sleep 0.5; done
    dockerd --containerd /run/containerd/containerd.sock --bridge=none --iptables=false > /tmp/dockerd.log 2>&1 &
    for try in $(seq 60); do docker info > /dev/null 2>&1 && break; sleep 0.5; done
    docker images --digests --no-trunc --format "{{.Repository}} {{.Tag}} {{.Digest}} {{.ID}}" || cat /tmp/*.log >&2
    kill %2; wait %2 || true; kill %1; wait %1 || true
'
`;
