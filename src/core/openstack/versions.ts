import type { Parameter } from '../../model/publish.ts';
import type { VersionChanges } from '../../model/publish-run.ts';
import type { WantedVersion } from '../../model/publish-wish.ts';

/** Paths below the endpoint of Trove; all need its admin role. */
export const versionsPath = '/mgmt/datastore-versions';
export const versionPath = (id: string): string => `${versionsPath}/${encodeURIComponent(id)}`;
export const parametersPath = (versionId: string): string =>
  `/mgmt/datastores/versions/${encodeURIComponent(versionId)}/parameters`;
export const parameterPath = (versionId: string, name: string): string =>
  `${parametersPath(versionId)}/${encodeURIComponent(name)}`;

/** The body that creates a datastore version, and its datastore where there is none. */
export const describeNewVersion = (
  { datastore, name, version, manager, find, tags, active, isDefault }: WantedVersion,
  imageId: string,
): unknown => ({
  version: {
    datastore_name: datastore,
    datastore_manager: manager,
    name,
    version,
    ...(find === 'id' ? { image: imageId } : { image_tags: tags }),
    active,
    default: isDefault,
  },
});

/** The body that changes one: Trove keeps what is not named, and forgets the id when it gets tags alone. */
export const describeVersionChanges = ({
  manager,
  imageId,
  tags,
  active,
  isDefault,
}: VersionChanges): unknown => ({
  ...(manager === undefined ? {} : { datastore_manager: manager }),
  ...(imageId === undefined ? {} : { image: imageId }),
  ...(tags === undefined ? {} : { image_tags: tags }),
  ...(active === undefined ? {} : { active }),
  ...(isDefault === undefined ? {} : { default: isDefault }),
});

/** The body of a configuration parameter; integers have bounds. */
export const describeParameter = ({
  name,
  type,
  restartRequired,
  min,
  max,
}: Parameter): unknown => ({
  'configuration-parameter': {
    name,
    data_type: type,
    restart_required: restartRequired ? 1 : 0,
    ...(min === null ? {} : { min_size: min }),
    ...(max === null ? {} : { max_size: max }),
  },
});
