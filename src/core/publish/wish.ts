import { createHash } from 'node:crypto';
import { mostTagLength, type Publication } from '../../model/publication.ts';
import type { Parameter } from '../../model/publish.ts';
import type { PublishPolicy, PublishWish, RollbackWish } from '../../model/publish-wish.ts';
import { type FileToPublish, nameLine, type PublishedBuild } from './image.ts';

const MINUTE_MS = 60_000;

/** How patient a run is; thrift comes from the inputs. */
export const makePolicy = ({ keep, graceMs }: Publication): PublishPolicy => ({
  keep,
  graceMs,
  staleMs: 10 * MINUTE_MS,
  patienceMs: 60 * MINUTE_MS,
  pollMs: 5_000,
  attempts: 3,
});

/** How often a run shows that it is alive: many times before it counts as dead. */
export const heartbeatMs = MINUTE_MS;

/**
 * The tag of a line that is given none: its name, or as much of it as Trove's length leaves beside a digest. No line has
 * that of another one, nor a part of it: Trove finds what has all the tags that it asks for.
 */
export function nameTag(line: string): string {
  if (line.length <= mostTagLength) return line;
  const digest = createHash('sha256').update(line).digest('hex').slice(0, 8);
  return `${line.slice(0, mostTagLength - digest.length - 1)}-${digest}`;
}

/** What shall be published, from the inputs, the build and the file. */
export function composeWish(
  publication: Publication,
  build: PublishedBuild,
  file: FileToPublish,
  facts: {
    readonly verdict: PublishWish['verify']['verdict'];
    /** By the path of their file. */
    readonly parameters: Readonly<Record<string, readonly Parameter[]>>;
  },
): PublishWish {
  const described = build.files.find(({ sha256 }) => sha256 === file.sha256);
  const line = nameLine(publication.glanceName, described?.fileName ?? '', build);
  const tags = publication.tags.length > 0 ? publication.tags : [nameTag(line)];
  return {
    kind: 'publish',
    line,
    name: line,
    buildId: build.buildId,
    manifestDigest: build.manifestDigest,
    revision: build.revision,
    sourceTimeMs: build.sourceTimeMs,
    sizeBytes: file.sizeBytes,
    diskFormat: described?.format ?? 'qcow2',
    tags,
    visibility: publication.visibility,
    minDiskGb: publication.minDiskGib ?? Math.ceil(build.virtualSizeBytes / 2 ** 30),
    minRamMb: publication.minRamMib,
    properties: { ...describeGuest(build), ...publication.properties },
    keepProtected: publication.keepProtected,
    verify: { required: publication.requireVerify !== 'off', verdict: facts.verdict },
    prove: publication.proveByDownload,
    versions: publication.versions.map(({ parametersPath, tags: own, ...version }) => ({
      ...version,
      tags: own ?? tags,
      parameters: facts.parameters[parametersPath] ?? [],
    })),
    deactivate: publication.deactivate,
    policy: makePolicy(publication),
  };
}

/** Properties that Nova and people know: docs.openstack.org/glance, "Useful image properties". */
function describeGuest(build: PublishedBuild): Readonly<Record<string, string>> {
  const machines: Readonly<Record<string, string>> = { amd64: 'x86_64', arm64: 'aarch64' };
  return {
    architecture: machines[build.architecture] ?? build.architecture,
    hw_rng_model: 'virtio',
    os_distro: build.os,
    os_type: 'linux',
    ...(build.osVersion === '' ? {} : { os_version: build.osVersion }),
  };
}

/** Undoes a promotion in one cloud, because another has refused it. */
export const undoPromotion = (wish: PublishWish, from: string): RollbackWish => ({
  kind: 'rollback',
  line: wish.line,
  from,
  becomes: 'retired',
  policy: wish.policy,
});
