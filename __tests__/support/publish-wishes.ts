import type { PublishRun } from '../../src/model/publish-run.ts';
import type { PublishPolicy, PublishWish, WantedVersion } from '../../src/model/publish-wish.ts';

const minute = 60_000;

export const policy: PublishPolicy = {
  keep: 2,
  graceMs: 60 * minute,
  staleMs: 30 * minute,
  patienceMs: 120 * minute,
  pollMs: minute,
  attempts: 4,
};

export const mysql: WantedVersion = {
  datastore: 'mysql',
  name: '8.4',
  version: '8.4',
  manager: 'mysql',
  find: 'tags',
  tags: ['trove', 'mysql'],
  active: true,
  isDefault: true,
  parameters: [],
};

/** A wish to publish the n-th build of a line; a higher number is of newer source. */
export function wishFor(number: number, changes: Partial<PublishWish> = {}): PublishWish {
  return {
    kind: 'publish',
    line: 'trove-guest-debian-bookworm',
    name: 'trove-guest-debian-bookworm',
    buildId: `build-${number}`,
    manifestDigest: `sha256:${number}`,
    revision: `${number}`.repeat(40).slice(0, 40),
    sourceTimeMs: Date.parse('2026-11-01T00:00:00Z') + number * minute,
    sizeBytes: 1000 + number,
    diskFormat: 'qcow2',
    tags: ['trove', 'mysql'],
    visibility: 'shared',
    minDiskGb: 5,
    minRamMb: 1024,
    properties: { hw_rng_model: 'virtio', os_distro: 'debian' },
    keepProtected: false,
    verify: { required: true, verdict: 'passed' },
    prove: false,
    versions: [mysql],
    deactivate: [],
    policy,
    ...changes,
  };
}

export const startRun = (id: string, startedAtMs: number): PublishRun => ({
  id,
  startedAtMs,
  history: [],
  digests: {},
  proved: [],
});

/** The digest that the file of a build really has. */
export const digestOf = (buildId: string): string => `digest of ${buildId}`;
