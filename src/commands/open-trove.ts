import type { TroveSource } from '../model/inputs.ts';
import type { TroveTree } from '../model/trove.ts';
import { fetchTrove } from '../stages/fetch-trove.ts';
import { describeTree, openCheckout, type TrovePorts } from '../stages/open-trove.ts';

/** Opens the checkout that the inputs name, or brings the repository below `cacheDir` up to date; tells what it is. */
export async function openTrove(
  ports: TrovePorts,
  source: TroveSource,
  { os, cacheDir }: { readonly os: string; readonly cacheDir: string },
): Promise<TroveTree> {
  const found =
    source.path === ''
      ? await fetchTrove(ports, source, cacheDir)
      : await openCheckout(ports, source.path);
  return describeTree(ports, found, source, os);
}
