import type { Registries, RegistryLogin } from '../../model/inputs.ts';
import { readOptionalPath } from './paths.ts';
import type { InputReader } from './reader.ts';
import { isContainerPair, isDatastore, isRegistry } from './values.ts';

export interface Containers {
  readonly datastores: readonly string[];
  readonly backupImages: boolean;
  readonly containerImages: readonly string[];
  readonly troveConfig: string;
  readonly registries: Registries;
  readonly registryLogins: readonly RegistryLogin[];
}

/** Which container images are embedded, and how their registries are asked. */
export function readContainers(reader: InputReader, cwd: string): Containers {
  const containers = {
    datastores: reader.list('datastores', isDatastore),
    backupImages: reader.choice<'true' | 'false'>('backup-images') === 'true',
    containerImages: reader.list('container-images', isContainerPair),
    troveConfig: readOptionalPath(reader, 'trove-config', cwd),
    registries: {
      authFile: readOptionalPath(reader, 'registry-auth-file', cwd),
      insecure: reader.list('insecure-registries', isRegistry),
    },
    registryLogins: readLogins(reader),
  };
  if (containers.backupImages && containers.datastores.length === 0)
    reader.refuse('backup-images', 'true', ' It needs datastores whose backup images they are.');
  return containers;
}

/** Logins by line; a line that is refused is not repeated, since it holds a password. */
function readLogins(reader: InputReader): readonly RegistryLogin[] {
  const lines = reader.text('registry-login').split(/\r?\n/);
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
    const [registry = '', user = '', password = '', ...more] = line.trim().split(/\s+/);
    if (isRegistry(registry) && password !== '' && more.length === 0)
      return [{ registry, user, password }];
    reader.refuse('registry-login', `line ${index + 1}`);
    return [];
  });
}
