import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectDirectory } from '../checkout.ts';

/** A small image with a manifest, as a build leaves them. */
export interface PublishableBuild {
  readonly imagePath: string;
  readonly buildId: string;
  readonly sourceTimeMs: number;
  readonly sizeBytes: number;
  readonly sha512: string;
}

/** Makes a qcow2 of random bytes in a new directory; `sourceTimeMs` orders builds. */
export function makeBuild(
  directory: string,
  sourceTimeMs: number,
  contentBytes = 4_000_000,
): PublishableBuild {
  mkdirSync(directory, { recursive: true });
  const imagePath = join(directory, 'guest.qcow2');
  const raw = join(directory, 'guest.raw');
  writeFileSync(raw, randomBytes(contentBytes));
  execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, imagePath]);
  rmSync(raw);
  const content = readFileSync(imagePath);
  const hash = (algorithm: string) => createHash(algorithm).update(content).digest('hex');
  const buildId = randomBytes(32).toString('hex');
  const fixture = join(projectDirectory, '__tests__', 'fixtures', 'manifest.json');
  const manifest = {
    ...JSON.parse(readFileSync(fixture, 'utf8')),
    ...{ buildId, builtAt: new Date(sourceTimeMs).toISOString(), sources: [] },
    files: [
      {
        ...{ fileName: 'guest.qcow2', format: 'qcow2', sizeBytes: content.length },
        sha256: hash('sha256'),
      },
    ],
  };
  writeFileSync(join(directory, 'manifest.json'), JSON.stringify(manifest));
  return { imagePath, buildId, sourceTimeMs, sizeBytes: content.length, sha512: hash('sha512') };
}
