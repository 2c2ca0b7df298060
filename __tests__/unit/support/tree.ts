import type { Side, TreeEntry } from '../../../src/model/diff.ts';

/** One file of an image: a plain one of root's, unless told otherwise. */
export const entry = (path: string, changes: Partial<TreeEntry> = {}): TreeEntry => ({
  path,
  type: 'f',
  mode: '0644',
  uid: 0,
  gid: 0,
  sizeBytes: 100,
  target: null,
  digest: (changes.type ?? 'f') === 'f' ? 'aa' : null,
  xattrs: {},
  device: null,
  links: null,
  flags: 0,
  ...changes,
});

/** One side of a comparison of images. */
export const side = (files: readonly TreeEntry[], changes: Partial<Side> = {}): Side => ({
  path: '/images/guest.qcow2',
  packages: [],
  tree: { files, disk: { 'disk:size': '1 bytes' } },
  ...changes,
});
