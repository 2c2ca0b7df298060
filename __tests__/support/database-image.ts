import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describeBlob, digestOf, makeJson, type SmallImage } from './registry/image.ts';

/** Names of Trove's datastores that there is a container image for. */
export type DatabaseKind = 'mariadb' | 'postgresql';

/** A container image with a database, as Trove's guest agent runs it. */
export interface DatabaseImage extends SmallImage {
  /** Its tag, and the version of the datastore: `10.11`. */
  readonly version: string;
}

const program = join(import.meta.dirname, 'database-image', 'make-layer');

/** Why no such image can be made here; null when it can. */
export function explainMissingDatabaseImage(): string | null {
  if (process.getuid?.() !== 0) return 'a tree with owners of its own can be packed by root only';
  return spawnSync('mmdebstrap', ['--version']).status === 0 ? null : 'mmdebstrap is not installed';
}

/** Makes one from packages of this machine's distribution, in about 30 s; two have the same content but other times. */
export function makeDatabaseImage(kind: DatabaseKind): DatabaseImage {
  const directory = mkdtempSync('/var/tmp/database-image-');
  try {
    const path = join(directory, 'layer.tar');
    const version = execFileSync(program, [kind, path], { encoding: 'utf8' }).trim();
    return { ...describeImage(readFileSync(path)), version };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function describeImage(tar: Buffer): SmallImage {
  const types = 'application/vnd.oci.image';
  const bytes = gzipSync(tar, { level: 1 });
  const layer = { mediaType: `${types}.layer.v1.tar+gzip`, digest: digestOf(bytes), bytes };
  const config = makeJson(`${types}.config.v1+json`, {
    architecture: 'amd64',
    os: 'linux',
    config: {
      Entrypoint: ['start'],
      Env: ['PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL=C.UTF-8'],
    },
    rootfs: { type: 'layers', diff_ids: [digestOf(tar)] },
    history: [{ created: '2026-01-01T00:00:00Z', created_by: 'test' }],
  });
  const manifest = makeJson(`${types}.manifest.v1+json`, {
    schemaVersion: 2,
    mediaType: `${types}.manifest.v1+json`,
    config: describeBlob(config),
    layers: [describeBlob(layer)],
  });
  return { manifest, config, layer };
}
