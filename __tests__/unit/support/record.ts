import { checkHygiene } from '../../../src/core/checks/hygiene.ts';
import { parseDpkgStatus } from '../../../src/core/checks/packages.ts';
import { type BuildRecord, composeManifest } from '../../../src/core/report/manifest.ts';
import type { LayerReport } from '../../../src/model/layers.ts';
import type { Manifest } from '../../../src/model/manifest.ts';
import type { PhaseRun } from '../../../src/model/timeline.ts';
import { hostFacts } from './host.ts';
import { cleanImage, expected, textOf } from './image.ts';
import { inputsOf, type RawInputs } from './inputs.ts';
import { planOf } from './plan.ts';
import { readJson } from './recordings.ts';

export const recordedPhases = readJson<readonly PhaseRun[]>('debian-bookworm-phases.json');

/** A build that found its bootstrapped system, and made the rest anew. */
export const recordedLayers = [
  {
    ...{ position: 'root', result: 'hit', key: '1'.repeat(64), reason: '', saved: false },
    ...{ sizeBytes: 100_663_296, ageMs: 7_200_000, costMs: 24_200 },
  },
  {
    ...{ position: 'install.d/03-trove-guest-fast-build', result: 'miss', key: '2'.repeat(64) },
    ...{ reason: 'packages of install changed', saved: true },
    ...{ sizeBytes: 209_715_200, ageMs: 0, costMs: 62_000 },
  },
  {
    ...{ position: 'post-install.d/99-x', result: 'miss', key: '', saved: false },
    ...{ reason: 'script install.d/a|b changed', sizeBytes: 0, ageMs: 0, costMs: 900 },
  },
] as const satisfies readonly LayerReport[];

/** What the stages of a real build found out, as far as it was recorded; paths of the machine are in it on purpose. */
export function buildRecord(
  raw: RawInputs = {},
  overrides: Partial<BuildRecord> = {},
): BuildRecord {
  const all = {
    'guest-release': 'bookworm',
    'work-dir': '/mnt/private-work',
    'output-dir': '/home/builder/private-out',
    'elements-path': '/home/builder/private-elements',
    'cache-path': '/home/builder/private-cache',
    ...raw,
  };
  const plan = planOf(all);
  return {
    version: '0.1.0',
    buildId: '7c8fa825478e3d08511dd76c2b1a48453d432b6d39627c72e6733fede3652c06',
    startedAtMs: Date.UTC(2026, 10, 22, 22, 11, 17, 384),
    durationMs: 178_499,
    inputs: inputsOf(all),
    host: hostFacts(),
    plan,
    toolVersions: { 'diskimage-builder': '3.13.0', 'qemu-img': '7.2.22' },
    digests: [
      { name: 'base', path: '/home/builder/private-elements/base', sha256: 'a'.repeat(64) },
    ],
    constraints: null,
    archives: plan.sources.archives.map((archive) => ({
      ...archive,
      inReleaseSha256: 'b'.repeat(64),
      date: 'Sat, 21 Nov 2026 02:10:46 UTC',
    })),
    phases: recordedPhases,
    layers: recordedLayers,
    facts: cleanImage,
    packages: parseDpkgStatus(textOf('/var/lib/dpkg/status')),
    checks: checkHygiene(cleanImage, expected),
    files: plan.files.map(({ format, fileName }, index) => ({
      format,
      fileName,
      path: `${plan.outputDir}/${fileName}`,
      sizeBytes: 543_794_176 + index,
      sha256: String(index).repeat(64),
    })),
    ...overrides,
  };
}

export const manifestOf = (raw: RawInputs = {}, overrides: Partial<BuildRecord> = {}): Manifest =>
  composeManifest(buildRecord(raw, overrides));
