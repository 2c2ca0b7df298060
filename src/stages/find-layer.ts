import { createHash } from 'node:crypto';
import { type Expected, judgeManifest } from '../core/layers/judge.ts';
import { type Problem, toTroveImageError } from '../errors.ts';
import type { LayerManifest, ObservedArchive } from '../model/layers.ts';
import type { Web } from '../ports/files.ts';
import type { LayerStore, LayerTool } from '../ports/layers.ts';
import type { Log } from '../ports/log.ts';

export interface FindLayerPorts {
  readonly log: Log;
  readonly store: LayerStore;
  /** Looks at blobs; needs no rights. */
  readonly checker: LayerTool;
  readonly web: Web;
}

/** What a store has under a key, before it is known whether this build may use it. */
export type LoadedLayer =
  | { readonly manifest: unknown; readonly blobPath: string; readonly refused: string | null }
  | { readonly trouble: string }
  | null;

/** A layer that may be restored, or why there is none; no reason where it is just not there. */
export type FoundLayer =
  | { readonly manifest: LayerManifest; readonly blobPath: string }
  | { readonly reason: string | null };

const timeoutMs = 30_000;

/** Brings manifest and blob of a layer, and looks whether the blob is what the manifest says; never throws. */
export async function loadLayer(
  ports: Pick<FindLayerPorts, 'store' | 'checker'>,
  key: string,
  blobPath: string,
): Promise<LoadedLayer> {
  try {
    const found = await ports.store.find(key);
    if (found === null) return null;
    const manifest = found as LayerManifest;
    // what is no manifest is judged as that later; there is no blob to bring
    if (typeof manifest.blob?.sha256 !== 'string') return { manifest, blobPath, refused: null };
    await ports.store.fetch(manifest, blobPath);
    const answer = await ports.checker.call<{ ok: true } | { refused: string }>([
      'check',
      blobPath,
      ...['--sha256', String(manifest.blob.sha256)],
      ...['--size', String(manifest.blob.sizeBytes)],
      ...['--tree-bytes', String(manifest.blob.treeBytes)],
    ]);
    return { manifest, blobPath, refused: 'refused' in answer ? answer.refused : null };
  } catch (thrown) {
    return { trouble: toTroveImageError(thrown).problems[0]?.message ?? 'no reason given' };
  }
}

/** Judges what was loaded by what this build wants; what is wrong with it, rather than just old, is a warning. */
export async function judgeLayer(
  ports: Pick<FindLayerPorts, 'log' | 'web'>,
  expected: Expected,
  loaded: LoadedLayer,
): Promise<FoundLayer> {
  if (loaded === null) return { reason: null };
  if ('trouble' in loaded) {
    const what = `The layer ${expected.position} could not be fetched`;
    ports.log.warning(describeTrouble(what, loaded.trouble));
    return { reason: `the cache did not give it: ${loaded.trouble}` };
  }
  const judged = judgeManifest(loaded.manifest, expected);
  if ('refused' in judged && judged.isStale) return { reason: judged.refused };
  const refused = 'refused' in judged ? judged.refused : loaded.refused;
  if (refused !== null || 'refused' in judged) {
    ports.log.warning(describeRefusal(expected, refused ?? ''));
    return { reason: refused };
  }
  const moved = await findMovedArchive(ports.web, judged.manifest.observedArchives);
  if (moved !== null) return { reason: `archive ${moved.url} ${moved.suite} changed` };
  return { manifest: judged.manifest, blobPath: loaded.blobPath };
}

/** A warning about the cache; the build goes on without it. */
export const describeTrouble = (what: string, why: string): Problem => ({
  code: 'cache-trouble',
  message: `${what}: ${why}.`,
  hint: 'The build goes on and does that part anew. See docs/caching.md, or use cache: off.',
});

const describeRefusal = ({ position, key }: Expected, why: string): Problem => ({
  code: 'layer-refused',
  message: `The layer ${position} (${key.slice(0, 12)}) in the cache is not used: ${why}.`,
  hint: 'The build does that part anew. Remove it with trove-image cache rm, and find out who wrote it.',
});

/** An archive that a script added is not in the key: it has to be as it was. */
async function findMovedArchive(
  web: Web,
  archives: readonly ObservedArchive[],
): Promise<ObservedArchive | null> {
  for (const archive of archives) {
    const index = `${archive.url}/dists/${archive.suite}/InRelease`;
    const answer = await web.get(index, timeoutMs);
    const same =
      answer.ok && createHash('sha256').update(answer.body).digest('hex') === archive.sha256;
    if (!same) return archive;
  }
  return null;
}
