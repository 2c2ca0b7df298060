import { createHash } from 'node:crypto';
import { type Expected, judgeManifest } from '../core/layers/explain.ts';
import { type Problem, toTroveImageError } from '../errors.ts';
import type { LayerManifest, ObservedArchive } from '../model/layers.ts';
import type { Web } from '../ports/files.ts';
import type { BuildTree, LayerStore } from '../ports/layers.ts';
import type { Log } from '../ports/log.ts';

export interface FindLayerPorts {
  readonly log: Log;
  readonly store: LayerStore;
  readonly tree: BuildTree;
  readonly web: Web;
}

/** A layer that was checked and may be restored, or why there is none; no reason where it is just not there. */
export type FoundLayer =
  | { readonly manifest: LayerManifest; readonly blobPath: string }
  | { readonly reason: string | null };

const timeoutMs = 30_000;

/** Looks for a layer, fetches it and checks all that can be checked before it is extracted; trouble is a warning. */
export async function findLayer(
  ports: FindLayerPorts,
  expected: Expected,
  blobPath: string,
): Promise<FoundLayer> {
  try {
    const found = await ports.store.find(expected.key);
    if (found === null) return { reason: null };
    const judged = judgeManifest(found, expected);
    if ('refused' in judged) {
      if (!judged.isStale) ports.log.warning(describeRefusal(expected, judged.refused));
      return { reason: judged.refused };
    }
    const moved = await findMovedArchive(ports.web, judged.manifest.observedArchives);
    if (moved !== null) return { reason: `archive ${moved.url} ${moved.suite} changed` };
    ports.log.progress(`Fetching the layer ${expected.position}`);
    await ports.store.fetch(judged.manifest, blobPath);
    const refused = await checkBlob(ports.tree, judged.manifest, blobPath);
    if (refused === null) return { manifest: judged.manifest, blobPath };
    ports.log.warning(describeRefusal(expected, refused));
    return { reason: refused };
  } catch (thrown) {
    const said = toTroveImageError(thrown).problems[0]?.message ?? 'no reason given';
    ports.log.warning(describeTrouble(`The layer ${expected.position} could not be fetched`, said));
    return { reason: `the cache did not give it: ${said}` };
  }
}

/** A warning about the cache; the build goes on without it. */
export const describeTrouble = (what: string, why: string): Problem => ({
  code: 'cache-trouble',
  message: `${what}: ${why}`,
  hint: 'The build goes on and does that part anew. See docs/caching.md, or use cache: off.',
});

const describeRefusal = ({ position, key }: Expected, why: string): Problem => ({
  code: 'layer-refused',
  message: `The layer ${position} (${key.slice(0, 12)}) in the cache is not used: ${why}.`,
  hint: 'The build does that part anew. Remove it with trove-image cache rm, and find out who wrote it.',
});

async function checkBlob(
  tree: BuildTree,
  { blob }: LayerManifest,
  path: string,
): Promise<string | null> {
  const answer = await tree.call<{ ok: true } | { refused: string }>([
    'check',
    path,
    ...['--sha256', blob.sha256],
    ...['--size', String(blob.sizeBytes)],
    ...['--tree-bytes', String(blob.treeBytes)],
  ]);
  return 'refused' in answer ? answer.refused : null;
}

/** An archive that a script added is not in the key: it has to be as it was. */
async function findMovedArchive(
  web: Web,
  archives: readonly ObservedArchive[],
): Promise<ObservedArchive | null> {
  for (const archive of archives) {
    const answer = await web.get(
      `${archive.url}/dists/${archive.suite}/InRelease`,
      timeoutMs,
    );
    const same =
      answer.ok && createHash('sha256').update(answer.body).digest('hex') === archive.sha256;
    if (!same) return archive;
  }
  return null;
}
