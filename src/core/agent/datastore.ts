import { databasePorts, type ServedDatastore } from '../../model/agent.ts';
import type { ContainerImage } from '../../model/datastores.ts';

/** Any agent has a manager for it: without an image it can only fail, which is to be recorded. */
const nothingEmbedded: ServedDatastore = {
  ...{ manager: 'mysql', version: '8.0', image: 'mysql', port: 3306, isEmbedded: false },
};

/**
 * The datastore that the agent is to serve: the wanted one (`mariadb` or `mariadb:10.11`) of the databases in the
 * guest, else the first; null when the wanted one is not there.
 */
export function chooseDatastore(
  containerImages: readonly ContainerImage[],
  wanted: string | null = null,
): ServedDatastore | null {
  const served = containerImages.flatMap(serve);
  if (wanted === null) return served[0] ?? nothingEmbedded;
  const isWanted = ({ manager, version }: ServedDatastore): boolean =>
    wanted === manager || wanted === `${manager}:${version}`;
  return served.find(isWanted) ?? null;
}

/** Names of the databases in the guest, as NAME:VERSION. */
export const listDatastores = (containerImages: readonly ContainerImage[]): readonly string[] =>
  containerImages.flatMap(serve).map(({ manager, version }) => `${manager}:${version}`);

function serve({ role, datastore, version, target }: ContainerImage): readonly ServedDatastore[] {
  const port = databasePorts[datastore ?? ''];
  const tag = `:${version}`;
  if (role !== 'database' || datastore === null || version === null || port === undefined)
    return [];
  // the agent asks for the image by this tag and no other
  if (!target.endsWith(tag)) return [];
  const image = target.slice(0, -tag.length);
  return [{ manager: datastore, version, image, port, isEmbedded: true }];
}
