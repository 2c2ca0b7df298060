import type { Seen, SeenImage, SeenVersion } from '../../model/publish.ts';
import type { Operation, PublishRun, Stop, VersionChanges } from '../../model/publish-run.ts';
import type { Wish } from '../../model/publish-wish.ts';
import { markImage } from './changes.ts';
import { decide } from './decide.ts';
import { remember } from './history.ts';

const newId = '(new)';

/** What would be done from here on, when nothing fails and nobody else does anything: the dry run. */
export function foresee(wish: Wish, seen: Seen, run: PublishRun): readonly (Operation | Stop)[] {
  const next = decide(wish, seen, run);
  // others would have to do something first
  if (next.kind === 'stop' || next.kind === 'wait') return [next];
  const proved = next.kind === 'prove' ? [next.imageId] : [];
  const later = remember(
    { ...run, proved: [...run.proved, ...proved] },
    {
      operation: next,
      refusal: null,
    },
  );
  const digests = next.kind === 'upload' ? { foreseen: '-' } : {};
  return [
    next,
    ...foresee(wish, imagine(wish, seen, next), {
      ...later,
      digests: { ...run.digests, ...digests },
    }),
  ];
}

/** How a cloud looks after an operation that went well. */
function imagine(wish: Wish, seen: Seen, operation: Operation): Seen {
  const change = (id: string, to: (image: SeenImage) => SeenImage): Seen => ({
    ...seen,
    images: seen.images.map((image) => (image.id === id ? to(image) : image)),
  });
  const changeVersion = (id: string, to: (version: SeenVersion) => SeenVersion): Seen => ({
    ...seen,
    versions: seen.versions?.map((version) => (version.id === id ? to(version) : version)) ?? null,
  });
  switch (operation.kind) {
    case 'create':
      return { ...seen, images: [...seen.images, imagineImage(seen, operation.image)] };
    case 'upload':
      return change(operation.imageId, (image) => ({
        ...image,
        status: 'active',
        sizeBytes: wish.kind === 'publish' ? wish.sizeBytes : null,
        digest: { algorithm: 'foreseen', value: '-' },
      }));
    case 'promote':
    case 'withdraw':
    case 'retire': {
      const { properties, ...fields } = operation.changes;
      return change(operation.imageId, (image) => ({
        ...image,
        ...fields,
        properties: { ...image.properties, ...properties },
      }));
    }
    case 'delete':
      return { ...seen, images: seen.images.filter(({ id }) => id !== operation.imageId) };
    case 'create-version': {
      const { version, imageId } = operation;
      const created = {
        ...version,
        id: JSON.stringify([version.datastore, version.name]),
        parameters: [],
      };
      const found = version.find === 'id' ? { imageId, tags: [] } : { imageId: '' };
      return { ...seen, versions: [...(seen.versions ?? []), { ...created, ...found }] };
    }
    case 'update-version':
      return changeVersion(operation.versionId, (version) => ({
        ...version,
        ...changeVersionBy(operation.changes),
      }));
    case 'set-parameters':
      return changeVersion(operation.versionId, (version) => ({ ...version, parameters: null }));
    case 'digest':
    case 'prove':
    case 'wait':
      return seen;
  }
}

const changeVersionBy = (changes: VersionChanges): VersionChanges =>
  changes.tags === undefined ? changes : { imageId: '', ...changes };

const imagineImage = (
  { nowMs, projectId }: Seen,
  { properties, name, minDiskGb, minRamMb }: (Operation & { kind: 'create' })['image'],
): SeenImage => ({
  id: newId,
  name,
  owner: projectId,
  status: 'queued',
  createdAtMs: nowMs,
  updatedAtMs: nowMs,
  tags: [],
  hidden: true,
  visibility: 'private',
  protected: false,
  sizeBytes: null,
  digest: null,
  minDiskGb,
  minRamMb,
  properties: { ...properties, ...markImage(newId) },
});
