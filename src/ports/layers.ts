import type { LayerManifest, Trail } from '../model/layers.ts';

/**
 * Where layers are kept between builds. Nothing that it gives is to be trusted: the caller checks manifest and
 * blob. It throws a TroveImageError or an Error for trouble of the service; an absent layer is no trouble.
 */
export interface LayerStore {
  /** The manifest of the layer with this key, as it was stored; null when there is none. */
  find(key: string): Promise<unknown>;
  /** Puts the blob of a layer that was found at a path where nothing is yet. */
  fetch(manifest: LayerManifest, path: string): Promise<void>;
  /** Keeps a layer; the blob at `path` is the store's from now on. */
  store(manifest: LayerManifest, path: string): Promise<void>;
}

/** Where the trail of the last build of each kind of guest is kept. */
export interface TrailStore {
  /** The newest trail, as it was stored; null when there is none. */
  readTrail(slot: string): Promise<unknown>;
  writeTrail(slot: string, trail: Trail): Promise<void>;
}

/** Runs one call of `host/layer`, whose head says what there is to call; throws what it said. */
export interface LayerTool {
  call<T>(words: readonly [string, ...string[]]): Promise<T>;
}
