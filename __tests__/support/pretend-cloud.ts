import {
  buildProperties,
  type Seen,
  type SeenImage,
  type SeenVersion,
} from '../../src/model/publish.ts';
import type { ImageChanges, Operation, Refusal } from '../../src/model/publish-run.ts';

/** A small Glance and Trove, with their rules as they were seen on real ones; one call is one step. */
export interface PretendCloud {
  nowMs: number;
  images: SeenImage[];
  versions: SeenVersion[];
  serverImageIds: string[];
  counter: number;
}

/** What goes wrong with a call; `lost` is done, and its answer does not arrive. */
export type Fault = 'none' | 'refused' | 'lost' | 'cut' | 'stuck' | 'flipped';

export const projectId = 'project-1';

export const makeCloud = (): PretendCloud => ({
  nowMs: Date.parse('2026-11-25T02:00:00Z'),
  images: [],
  versions: [],
  serverImageIds: [],
  counter: 0,
});

/** An image that is there from the start, of whoever. */
export function addImage(cloud: PretendCloud, image: Partial<SeenImage>): SeenImage {
  cloud.counter += 1;
  const made: SeenImage = {
    id: `image-${cloud.counter}`,
    name: 'image',
    owner: projectId,
    status: 'active',
    createdAtMs: cloud.nowMs,
    updatedAtMs: cloud.nowMs,
    tags: [],
    hidden: false,
    visibility: 'private',
    protected: false,
    sizeBytes: 1,
    digest: { algorithm: 'sha512', value: 'other' },
    minDiskGb: 0,
    minRamMb: 0,
    properties: {},
    ...image,
  };
  cloud.images.push(made);
  return made;
}

/** All of it as it is; it changes with the cloud. */
export const watch = ({ nowMs, images, versions, serverImageIds }: PretendCloud): Seen => ({
  nowMs,
  projectId,
  images,
  versions,
  serverImageIds,
});

/** A look at all of it, as a copy: old as soon as anybody does anything. */
export const lookAt = (cloud: PretendCloud): Seen => structuredClone(watch(cloud));

/** Glance's side of a kind of call that changes an image; the refusal, or null. */
export function changeImage(
  cloud: PretendCloud,
  id: string,
  changes: ImageChanges & { readonly status?: string },
): Refusal | null {
  const image = cloud.images.find((each) => each.id === id);
  if (image === undefined) return gone;
  const { properties, ...fields } = changes;
  Object.assign(image, fields, {
    updatedAtMs: cloud.nowMs,
    properties: { ...image.properties, ...properties },
  });
  return null;
}

/** Begins an upload: from here to its end the image is `saving`. */
export function beginUpload(cloud: PretendCloud, id: string): Refusal | null {
  const image = cloud.images.find((each) => each.id === id);
  if (image === undefined) return gone;
  if (image.status !== 'queued')
    return { reason: 'conflict', text: `the image is ${image.status}` };
  return changeImage(cloud, id, { status: 'saving' });
}

/** Ends an upload: Glance has what arrived, whatever it is; after a cut it waits for another try. */
export function endUpload(
  cloud: PretendCloud,
  id: string,
  file: { readonly sizeBytes: number; readonly digest: string },
  fault: Fault,
): Refusal | null {
  const image = cloud.images.find((each) => each.id === id);
  if (image === undefined || image.status !== 'saving') return gone;
  if (fault === 'stuck') return unavailable;
  if (fault === 'cut' || fault === 'refused') {
    changeImage(cloud, id, { status: 'queued' });
    return unavailable;
  }
  const value = fault === 'flipped' ? `${file.digest} flipped` : file.digest;
  changeImage(cloud, id, { status: 'active' });
  Object.assign(image, { sizeBytes: file.sizeBytes, digest: { algorithm: 'sha512', value } });
  return fault === 'lost' ? unavailable : null;
}

/** Does everything but uploads, all at once or not at all. */
export function perform(cloud: PretendCloud, operation: Operation, fault: Fault): Refusal | null {
  if (fault === 'refused' || fault === 'cut') return unavailable;
  const refusal = performWell(cloud, operation);
  return refusal ?? (fault === 'lost' ? unavailable : null);
}

function performWell(cloud: PretendCloud, operation: Operation): Refusal | null {
  switch (operation.kind) {
    case 'create': {
      const { name, minDiskGb, minRamMb, properties } = operation.image;
      const id = `image-${cloud.counter + 1}`;
      addImage(cloud, {
        name,
        minDiskGb,
        minRamMb,
        status: 'queued',
        hidden: true,
        sizeBytes: null,
        digest: null,
        properties: { ...properties, [buildProperties.image]: id },
      });
      return null;
    }
    case 'promote':
    case 'withdraw':
    case 'retire':
      return changeImage(cloud, operation.imageId, operation.changes);
    case 'delete':
      return deleteImage(cloud, operation.imageId);
    case 'create-version':
    case 'update-version':
    case 'set-parameters':
      return changeVersions(cloud, operation);
    case 'wait':
    case 'digest':
    case 'prove':
    case 'upload':
      return null;
  }
}

function deleteImage(cloud: PretendCloud, id: string): Refusal | null {
  const image = cloud.images.find((each) => each.id === id);
  if (image === undefined) return gone;
  if (image.protected) return { reason: 'forbidden', text: 'the image is protected' };
  cloud.images = cloud.images.filter((each) => each !== image);
  return null;
}

function changeVersions(
  cloud: PretendCloud,
  operation: Extract<Operation, { kind: 'create-version' | 'update-version' | 'set-parameters' }>,
): Refusal | null {
  if (operation.kind === 'create-version') {
    const { find, ...version } = operation.version;
    const { datastore, name } = version;
    const twice = cloud.versions.some((each) => each.datastore === datastore && each.name === name);
    if (twice) return { reason: 'invalid', text: 'the datastore version exists' };
    cloud.counter += 1;
    const target = find === 'id' ? { imageId: operation.imageId, tags: [] } : { imageId: '' };
    cloud.versions.push({
      ...version,
      id: `version-${cloud.counter}`,
      parameters: [],
      ...target,
    });
    return null;
  }
  const version = cloud.versions.find(({ id }) => id === operation.versionId);
  if (version === undefined) return gone;
  if (operation.kind === 'set-parameters') {
    const names = [...operation.create, ...operation.update].map(({ name }) => name);
    const others = version.parameters?.filter(({ name }) => !names.includes(name)) ?? [];
    Object.assign(version, { parameters: [...others, ...operation.create, ...operation.update] });
    return null;
  }
  const { tags } = operation.changes;
  Object.assign(version, operation.changes, tags === undefined ? {} : { imageId: '' });
  if (version.isDefault) {
    for (const other of cloud.versions) {
      if (other !== version && other.datastore === version.datastore) {
        Object.assign(other, { isDefault: false });
      }
    }
  }
  return null;
}

const gone = { reason: 'gone', text: 'there is no such image' } as const;
const unavailable = { reason: 'unavailable', text: 'the service does not answer' } as const;
