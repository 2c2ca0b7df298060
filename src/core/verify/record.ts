import type { FileContent, ImageFacts } from '../../model/image.ts';
import type { Manifest } from '../../model/manifest.ts';

/** What the manifest beside an image says of it. */
export type ImageRecord = Pick<Manifest, 'buildId' | 'guest' | 'holdsSecrets' | 'containerImages'>;

/** What an image is meant to be, and how its guest gets its data. */
export interface ImageNature {
  readonly agent: 'package' | 'source' | 'per-datastore';
  readonly username: string;
  readonly isDevelopment: boolean;
  readonly holdsSecrets: readonly string[];
  readonly hasCloudInit: boolean;
  /** cloud-init's list of them. */
  readonly datasources: string | null;
}

/** The record in the text of a manifest.json, if that is of the image with this digest; else null. */
export function readRecord(text: string, sha256: string): ImageRecord | null {
  try {
    const manifest = JSON.parse(text) as Partial<Manifest>;
    const { buildId, guest, holdsSecrets, containerImages = [], files } = manifest;
    const isOfImage = files?.some((file) => file.sha256 === sha256) === true;
    const isWhole = typeof guest?.username === 'string' && Array.isArray(holdsSecrets);
    if (!isOfImage || !isWhole || !/^[0-9a-f]{64}$/.test(buildId ?? '')) return null;
    return { buildId: buildId as string, guest, holdsSecrets, containerImages };
  } catch {
    return null;
  }
}

/** Takes from the record what an image is meant to be, and from its files what there is no record of. */
export function describeImage(facts: ImageFacts, record: ImageRecord | null): ImageNature {
  const has = (path: string): boolean => facts.files.some(([name]) => name === path);
  const texts = (pattern: RegExp): readonly string[] =>
    Object.entries(facts.contents)
      .filter(([path]) => pattern.test(path))
      .map(([, content]) => readText(content));
  const find = (pattern: RegExp, wanted: RegExp): string | undefined =>
    texts(pattern)
      .map((text) => wanted.exec(text)?.[1])
      .filter((found) => found !== undefined)
      .at(-1);
  const isPackaged =
    record === null
      ? find(/^\/var\/lib\/dpkg\/status$/, /^Package: (trove-guestagent)$/m) !== undefined
      : record.guest.agent === 'package';
  const fromSource = has('/usr/bin/dockerd') ? 'source' : 'per-datastore';
  const user = find(/^\/etc\/systemd\/system\//, /^User=(\S+)$/m) ?? facts.osRelease.ID;
  const datasources = find(/^\/etc\/cloud\/cloud\.cfg\.d\//, /^datasource_list:\s*\[([^\]]*)\]/m);
  return {
    agent: isPackaged ? 'package' : fromSource,
    username: record?.guest.username ?? user ?? 'root',
    isDevelopment: record?.guest.isDevelopment ?? false,
    holdsSecrets: record?.holdsSecrets ?? [],
    hasCloudInit: has('/usr/bin/cloud-init'),
    datasources: datasources?.trim() ?? null,
  };
}

const bootCodeBytes = 440;

/** Whether the first sector of a disk holds code, and not only a partition table. */
export const hasBootCode = (head: Uint8Array): boolean =>
  head.subarray(0, bootCodeBytes).some((byte) => byte !== 0);

const readText = (content: FileContent): string => ('text' in content ? content.text : '');
