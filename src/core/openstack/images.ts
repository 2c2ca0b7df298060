import type { CloudAccess } from '../../model/publication.ts';
import { buildProperties } from '../../model/publish.ts';
import type { ImageChanges, NewImage } from '../../model/publish-run.ts';

type Pair = [string, string];
type Access = Pick<CloudAccess, 'glanceUrl' | 'novaUrl' | 'projectId'>;

/** Lists that together hold our images of a line, hidden ones too, and all that Trove could find by the tags. */
export function listImageUrls(
  { glanceUrl, projectId }: Access,
  line: string,
  tags: readonly string[],
): readonly string[] {
  const write = (query: readonly Pair[]): string =>
    `${glanceUrl}/images?${new URLSearchParams([...query, ['limit', '200']])}`;
  const owner: readonly Pair[] = projectId === '' ? [] : [['owner', projectId]];
  const ours: readonly Pair[] = [...owner, [buildProperties.line, line]];
  return [
    write([...ours, ['os_hidden', 'true']]),
    write([...ours, ['os_hidden', 'false']]),
    ...(tags.length > 0
      ? [write([...tags.map((tag): Pair => ['tag', tag]), ['status', 'active']])]
      : []),
  ];
}

/** Where a list of Glance goes on; null at its end. */
export function findNextPage({ glanceUrl }: Access, body: unknown): string | null {
  const next = (body as { readonly next?: unknown } | null)?.next;
  if (typeof next !== 'string' || !next.startsWith('/v2/')) return null;
  return `${glanceUrl}${next.slice('/v2'.length)}`;
}

export const imageUrl = ({ glanceUrl }: Access, id: string): string =>
  `${glanceUrl}/images/${encodeURIComponent(id)}`;
export const imageFileUrl = (access: Access, id: string): string => `${imageUrl(access, id)}/file`;

/** Servers that were booted from an image, of all projects; one is enough. */
export const serversUrl = ({ novaUrl }: Access, imageId: string): string =>
  `${novaUrl}/servers?${new URLSearchParams({ all_tenants: '1', image: imageId, limit: '1' })}`;

/** The body that creates an image: private, hidden, without tags. */
export const describeCreation = (
  { name, diskFormat, minDiskGb, minRamMb, properties }: NewImage,
  id: string,
): Readonly<Record<string, unknown>> => ({
  ...properties,
  id,
  name,
  disk_format: diskFormat,
  container_format: 'bare',
  visibility: 'private',
  os_hidden: true,
  min_disk: minDiskGb,
  min_ram: minRamMb,
});

export const patchType = 'application/openstack-images-v2.1-json-patch';

const fields = {
  tags: 'tags',
  hidden: 'os_hidden',
  visibility: 'visibility',
  protected: 'protected',
  minDiskGb: 'min_disk',
  minRamMb: 'min_ram',
} as const;

/** Writes changes as Glance takes them in one call, with the content type of `patchType`. */
export function toJsonPatch(
  changes: ImageChanges,
): readonly { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }[] {
  const escapePath = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1');
  const own = Object.entries(fields).flatMap(([name, field]) => {
    const value = changes[name as keyof typeof fields];
    return value === undefined ? [] : [{ op: 'replace' as const, path: `/${field}`, value }];
  });
  // `add` also replaces a property that is there
  const properties = Object.entries(changes.properties ?? {}).map(([name, value]) => ({
    op: 'add' as const,
    path: `/${escapePath(name)}`,
    value,
  }));
  return [...own, ...properties];
}
