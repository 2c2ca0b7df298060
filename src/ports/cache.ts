import type { StoredImage } from '../model/layers.ts';

/** Where finished images are kept between builds; what it gives is not to be trusted. */
export interface ImageStore {
  /** The record of the image with this id, as it was stored; null when there is none. */
  findImage(id: string): Promise<unknown>;
  /** Puts a file of a stored image at a path where nothing is yet. */
  fetchImageFile(id: string, fileName: string, path: string): Promise<void>;
  /** Keeps an image; `files` are copied, or shared with the file system's help. */
  storeImage(image: StoredImage, files: readonly { name: string; path: string }[]): Promise<void>;
}

/** One thing that a cache directory holds. */
export interface CacheEntry {
  readonly kind: 'layer' | 'image';
  readonly id: string;
  readonly sizeBytes: number;
  readonly usedAtMs: number;
  /** Its manifest as it was stored; null when it cannot be read. */
  readonly manifest: unknown;
}

/** A cache directory as people see it. */
export interface CacheShelf {
  list(): Promise<readonly CacheEntry[]>;
  remove(entry: Pick<CacheEntry, 'kind' | 'id'>): Promise<void>;
  /** Removes what a killed build left half done. */
  sweep(): Promise<void>;
}
