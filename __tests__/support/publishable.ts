import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest } from '../../src/model/manifest.ts';
import { projectDirectory } from './checkout.ts';

/** An image that a build could have made, with its manifest beside it. */
export interface Publishable {
  readonly imagePath: string;
  readonly manifestPath: string;
  readonly buildId: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly sha512: string;
}

export interface PublishableOptions {
  /** State of the archives that it was made from: what orders builds. */
  readonly sourceTime: string;
  readonly fileName?: string;
  readonly megabytes?: number;
  readonly change?: (manifest: Manifest) => Manifest;
}

const recorded = JSON.parse(
  readFileSync(join(projectDirectory, '__tests__', 'fixtures', 'manifest.json'), 'utf8'),
) as Manifest;

/** Makes an image of random bytes in a directory of its own below `directory`. */
export function makePublishable(
  directory: string,
  name: string,
  {
    sourceTime,
    fileName = 'trove-guest-test.qcow2',
    megabytes = 2,
    change = (each) => each,
  }: PublishableOptions,
): Publishable {
  const place = join(directory, name);
  const raw = join(directory, `${name}.raw`);
  mkdirSync(place);
  writeFileSync(raw, randomBytes(megabytes << 20));
  const imagePath = join(place, fileName);
  execFileSync('qemu-img', ['convert', '-O', 'qcow2', raw, imagePath]);
  rmSync(raw);
  const bytes = readFileSync(imagePath);
  const digest = (algorithm: string): string => createHash(algorithm).update(bytes).digest('hex');
  const file = {
    format: 'qcow2' as const,
    fileName,
    sizeBytes: statSync(imagePath).size,
    sha256: digest('sha256'),
  };
  const manifest = change({
    ...recorded,
    buildId: createHash('sha256').update(name).digest('hex'),
    builtAt: sourceTime,
    sources: recorded.sources.map((source) => ({
      ...source,
      date: new Date(sourceTime).toUTCString(),
    })),
    image: { ...recorded.image, virtualSizeBytes: megabytes << 20 },
    files: [file],
  });
  const manifestPath = join(place, 'manifest.json');
  writeFileSync(manifestPath, JSON.stringify(manifest));
  return { imagePath, manifestPath, buildId: manifest.buildId, ...file, sha512: digest('sha512') };
}
