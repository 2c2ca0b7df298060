import type { Parameter, SeenVersion } from '../../model/publish.ts';
import type { VersionChanges } from '../../model/publish-run.ts';
import type { WantedVersion } from '../../model/publish-wish.ts';
import { sameSet } from './changes.ts';
import { attempt } from './history.ts';
import type { Look, Next } from './look.ts';

/** Makes the datastore versions as they are wanted; null when they are, or cannot be seen. */
export function registerVersions(at: Look): Next {
  const { wish, seen, winner } = at;
  if (seen.versions === null || winner === null) return null;
  for (const wanted of wish.versions) {
    const next = registerVersion(at, wanted, findVersion(seen.versions, wanted), winner.image.id);
    if (next !== null) return next;
  }
  return deactivateVersions(at, seen.versions);
}

function registerVersion(
  { run, wish }: Look,
  wanted: WantedVersion,
  found: SeenVersion | undefined,
  imageId: string,
): Next {
  const { attempts } = wish.policy;
  const title = `datastore version ${wanted.datastore} ${wanted.name}`;
  if (found === undefined) {
    const why = `Create ${title}`;
    return attempt(run, { kind: 'create-version', version: wanted, imageId, why }, attempts);
  }
  const changes = compareVersion(wanted, found, imageId);
  if (Object.keys(changes).length > 0) {
    const why = `Change ${title}: ${Object.keys(changes).join(', ')}`;
    return attempt(run, { kind: 'update-version', versionId: found.id, changes, why }, attempts);
  }
  const { create, update } = compareParameters(wanted.parameters, found.parameters);
  if (create.length + update.length === 0) return null;
  const why = `Set ${create.length + update.length} configuration parameters of ${title}`;
  return attempt(
    run,
    { kind: 'set-parameters', versionId: found.id, create, update, why },
    attempts,
  );
}

/** What differs. An id wins over tags in Trove; giving tags clears the id. Default is given, and never taken. */
export function compareVersion(
  wanted: WantedVersion,
  found: SeenVersion,
  imageId: string,
): VersionChanges {
  const pointsRight =
    wanted.find === 'id'
      ? found.imageId === imageId
      : found.imageId === '' && sameSet(found.tags, wanted.tags);
  return {
    ...(found.manager === wanted.manager ? {} : { manager: wanted.manager }),
    ...(pointsRight ? {} : wanted.find === 'id' ? { imageId } : { tags: wanted.tags }),
    ...(found.active === wanted.active ? {} : { active: wanted.active }),
    ...(wanted.isDefault && !found.isDefault ? { isDefault: true } : {}),
  };
}

/** Parameters to add and to change; those that others added stay, and those that were not read are left alone. */
function compareParameters(
  wanted: readonly Parameter[],
  found: readonly Parameter[] | null,
): { create: readonly Parameter[]; update: readonly Parameter[] } {
  if (found === null) return { create: [], update: [] };
  const names = new Map(found.map((parameter) => [parameter.name, parameter]));
  const differs = (each: Parameter): boolean => {
    const other = names.get(each.name);
    return (
      other !== undefined &&
      (other.type !== each.type ||
        other.restartRequired !== each.restartRequired ||
        other.min !== each.min ||
        other.max !== each.max)
    );
  };
  return {
    create: wanted.filter(({ name }) => !names.has(name)),
    update: wanted.filter(differs),
  };
}

function deactivateVersions({ run, wish }: Look, versions: readonly SeenVersion[]): Next {
  const old = versions.find(
    (version) =>
      version.active &&
      wish.deactivate.some((each) => isNamed(version, each)) &&
      !wish.versions.some((wanted) => findVersion([version], wanted) !== undefined),
  );
  if (old === undefined) return null;
  const changes = { active: false, ...(old.isDefault ? { isDefault: false } : {}) };
  const why = `Deactivate datastore version ${old.datastore} ${old.name}`;
  return attempt(
    run,
    { kind: 'update-version', versionId: old.id, changes, why },
    wish.policy.attempts,
  );
}

const isNamed = (
  version: SeenVersion,
  { datastore, name }: { readonly datastore: string; readonly name: string },
): boolean => version.datastore === datastore && version.name === name;

const findVersion = (versions: readonly SeenVersion[], wanted: WantedVersion) =>
  versions.find((each) => isNamed(each, wanted) && each.version === wanted.version);
