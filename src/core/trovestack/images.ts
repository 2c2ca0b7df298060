type Variables = Readonly<Record<string, string>>;

/** Container images that devstack's plugin embeds: of one version of one datastore, under the names of its guests. */
export function listDevstackImages(variables: Variables): readonly string[] {
  const { TROVE_DATASTORE_TYPE: type = '', TROVE_DATASTORE_VERSION: version = '' } = variables;
  const isOn = (variables.TROVE_EMBED_DATASTORE_IMAGES ?? 'True') === 'True';
  if (type === '' || version === '' || !isOn) return [];
  const published = 'quay.io/openstack.trove';
  const name = type === 'postgresql' ? 'postgres' : type;
  const pair = (source: string, variable: string): string => {
    const target = variables[`${variable}_${type.toUpperCase()}`] || source;
    return `${source}:${version}${target === source ? '' : `=${target}:${version}`}`;
  };
  const backup = pair(`${published}/db-backup-${type}`, 'TROVE_DATABASE_BACKUP_IMAGE');
  return [
    pair(`${published}/${name}`, 'TROVE_DATABASE_IMAGE'),
    ...((variables.TROVE_BUILD_BACKUP_IMAGES ?? 'True') === 'True' ? [backup] : []),
  ];
}
