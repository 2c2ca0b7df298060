import type { DiskFacts, ImageDetails, TreeEntry } from '../../model/diff.ts';
import type { ImageFacts } from '../../model/image.ts';

/** The answer of `host/read-image --details`. */
export type DetailedFacts = Omit<ImageFacts, 'root' | 'partitions'> & {
  readonly root: ImageFacts['root'] & { readonly partition: number | null };
  readonly partitions: readonly (ImageFacts['partitions'][number] & {
    readonly bootable: boolean;
  })[];
  readonly details: ImageDetails;
};

/** The answer of `host/read-image --details` as what is compared: files, and the rest of the disk. */
export function composeTree(facts: DetailedFacts): {
  readonly files: readonly TreeEntry[];
  readonly disk: DiskFacts;
} {
  const { files, details } = facts;
  if (details.files.length !== files.length)
    throw new Error(`${details.files.length} details of ${files.length} files`);
  return {
    disk: describeDisk(facts),
    files: files.map(([path, type, mode, uid, gid, sizeBytes, target], at) => {
      const [digest, xattrs, device, links, flags] = details.files[at] ?? [];
      return {
        ...{ path, type, mode, uid, gid, sizeBytes, target },
        digest: digest ?? null,
        xattrs: xattrs ?? {},
        device: device ?? null,
        links: links ?? null,
        flags: flags ?? 0,
      };
    }),
  };
}

/** Everything beside the files of the root but ids: names are what patterns of the ignore file fit. */
function describeDisk({ root, partitions, details }: DetailedFacts): DiskFacts {
  const where = root.partition === null ? 'the whole disk' : `partition ${root.partition}`;
  const rows = partitions.flatMap((each, at) => {
    const boot = each.bootable ? ', bootable' : '';
    const layout = `type ${each.type}, ${each.fsType ?? 'no file system'}, bytes ${each.startBytes} + ${each.sizeBytes}${boot}`;
    const content = details.partitions[at] ?? null;
    return [
      [`disk:partition-${each.number}`, layout],
      ...(content === null ? [] : [[`disk:partition-${each.number}-content`, content]]),
    ];
  });
  return Object.fromEntries([
    ['disk:size', `${details.diskBytes} bytes`],
    ['disk:root', `${root.fsType} on ${where}, ${root.sizeBytes} bytes`],
    ...(details.bootCode === null ? [] : [['disk:boot-code', details.bootCode]]),
    ...rows,
  ]);
}
