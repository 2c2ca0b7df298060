import type { StoredImage } from '../model/layers.ts';
import type { CacheEntry, Swept } from '../model/shelf.ts';

/** Where finished images are kept between builds; what it gives is not to be trusted. */
export interface ImageStore {
  /** The record of the image with this id, as it was stored; null when there is none. */
  findImage(id: string): Promise<unknown>;
  /** Puts a file of a stored image at a path where nothing is yet. */
  fetchImageFile(id: string, fileName: string, path: string): Promise<void>;
  /** Keeps an image; `files` are copied, or shared with the file system's help. */
  storeImage(image: StoredImage, files: readonly { name: string; path: string }[]): Promise<void>;
}

/** A cache directory as people see it; one that does not exist is empty. */
export interface CacheShelf {
  list(): Promise<readonly CacheEntry[]>;
  /** An entry that is gone already is no error. */
  remove(entry: Pick<CacheEntry, 'kind' | 'id'>): Promise<void>;
  /** Removes what a killed build left half done. */
  sweep(): Promise<Swept>;
}
