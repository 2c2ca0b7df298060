import type { TroveDefaults } from '../model/datastores.ts';
import { survey } from '../stages/prepare.ts';
import { openSource, readDefaults } from './gather.ts';
import type { BuildSettings, Ports } from './settings.ts';

/** Which datastores the Trove of an image runs as containers, from which images, in which versions. */
export async function listDatastores(
  ports: Ports,
  { inputs, own }: Pick<BuildSettings, 'inputs' | 'own'>,
): Promise<TroveDefaults> {
  ports.log.chapter('Look at Trove');
  const { plan } = await survey(ports, inputs, own, null);
  const trove = await openSource(ports, inputs, own);
  return readDefaults(ports, inputs, own, trove, plan);
}
