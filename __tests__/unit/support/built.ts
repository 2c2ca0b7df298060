import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PublishedBuild, readBuiltManifest } from '../../../src/core/publish/image.ts';

const path = join(import.meta.dirname, '..', '..', 'fixtures', 'manifest.json');

// biome-ignore lint/suspicious/noExplicitAny: tests damage it on purpose
type Manifest = any;

/** The manifest of a real build, changed. */
export function manifestText(change: (manifest: Manifest) => unknown = () => undefined): string {
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  change(manifest);
  return JSON.stringify(manifest);
}

/** What publishing reads of it. */
export const builtWith = (change?: (manifest: Manifest) => unknown): PublishedBuild =>
  readBuiltManifest(manifestText(change), '/out/manifest.json');

/** The image that it describes. */
export const builtFile = {
  path: '/out/trove-guest-debian-bookworm.qcow2',
  sizeBytes: 543_794_176,
  sha256: '39b6914a2d4fe9df6b801b9ec17d1386cf971a15858f2b372910700f636f9a3b',
} as const;
