import { resolveImages } from '../core/datastores/resolve.ts';
import { findNearest } from '../core/inputs/nearest.ts';
import { listSourceElements, listSourceVariables } from '../core/trove/elements.ts';
import { failure } from '../errors.ts';
import type { ContainerImage, TroveDefaults, WantedImage } from '../model/datastores.ts';
import type { HostFacts } from '../model/host.ts';
import type { Inputs } from '../model/inputs.ts';
import { hostKeyrings } from '../model/keyrings.ts';
import type { Plan } from '../model/plan.ts';
import { guestReleases } from '../model/releases.ts';
import type { TroveTree } from '../model/trove.ts';
import { findContainerImages } from '../stages/find-container-images.ts';
import type { Gather, Installation } from '../stages/prepare.ts';
import { readPackageDefaults, readTreeDefaults } from '../stages/read-trove-defaults.ts';
import { withRegistryLogins } from '../stages/registry-logins.ts';
import { fetchKeyring } from '../stages/sources.ts';
import { inScratch } from './cleaning.ts';
import { openTrove } from './open-trove.ts';
import type { Ports } from './settings.ts';

/** Finds out what of the world beside this machine decides the image; null where nothing does. */
export function createGather(ports: Ports, inputs: Inputs, own: Installation): Gather | null {
  const embeds = inputs.datastores.length + inputs.containerImages.length > 0;
  if (inputs.guestAgent === 'package' && !embeds) return null;
  return async (host, plan) => {
    checkTools(inputs, host);
    const trove = await openSource(ports, inputs, own);
    const wanted = await chooseImages(ports, inputs, own, trove, plan);
    const containerImages = wanted.length === 0 ? [] : await findImages(ports, inputs, wanted);
    return { trove, containerImages, ...listSource(inputs, trove) };
  };
}

/** A dry run installs nothing. */
function checkTools(inputs: Inputs, host: HostFacts): void {
  const missing = [
    ...(inputs.guestAgent === 'source' ? ['git'] : []),
    ...(inputs.datastores.length + inputs.containerImages.length > 0 ? ['skopeo'] : []),
  ].filter((name) => host.executables[name] === undefined);
  if (missing.length === 0) return;
  throw failure(
    'host',
    'tool-missing',
    `${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} not installed, without which it is not known what the image would hold.`,
    `Install the packages ${missing.join(' ')}; a build does so by itself unless install is none.`,
  );
}

/** The tree of Trove for the agent from source; null with the package. */
export async function openSource(
  ports: Ports,
  inputs: Inputs,
  { cacheDir }: Installation,
): Promise<TroveTree | null> {
  if (inputs.guestAgent === 'package') return null;
  const tree = await openTrove(ports, inputs.trove, { os: inputs.guestOs, cacheDir });
  const elsewhere = Object.keys(inputs.environment).some((name) =>
    /^DIB_(REPO(LOCATION|REF|TYPE)|INSTALLTYPE)_guest_agent$/.test(name),
  );
  return elsewhere ? { ...tree, code: null } : tree;
}

function listSource(inputs: Inputs, trove: TroveTree | null) {
  if (trove === null) return {};
  const release = guestReleases.find(({ codename }) => codename === inputs.guestRelease);
  const wish = {
    ...{ os: inputs.guestOs, release: inputs.guestRelease, version: release?.version ?? '' },
    datastores: inputs.datastores,
    isDevelopment: inputs.development !== null,
  };
  return {
    sourceElements: listSourceElements(trove, wish),
    sourceVariables: listSourceVariables(trove, wish, inputs.development),
  };
}

/** The container images that the inputs ask for, by name. */
async function chooseImages(
  ports: Ports,
  inputs: Inputs,
  own: Installation,
  trove: TroveTree | null,
  plan: Plan,
): Promise<readonly WantedImage[]> {
  const isOld = trove?.layout === 'per-datastore';
  if (isOld && inputs.containerImages.length > 0) {
    throw failure(
      'input',
      'old-trove-tree',
      `container-images: ${trove.path} is of the form before Victoria, whose guests have no docker.`,
      'Leave container-images out, or use a newer trove-ref.',
    );
  }
  if (isOld) return [];
  const defaults =
    inputs.datastores.length === 0 ? null : await readDefaults(ports, inputs, own, trove, plan);
  return resolveImages(inputs, defaults, findNearest);
}

/** Image names and versions as the Trove of this image has them. */
export async function readDefaults(
  ports: Ports,
  inputs: Inputs,
  own: Installation,
  trove: TroveTree | null,
  { sources, bootstrap, guest }: Plan,
): Promise<TroveDefaults> {
  const { hostDir } = own;
  const { troveConfig } = inputs;
  if (trove !== null) {
    const source = `${trove.origin} ${trove.ref}`;
    return readTreeDefaults(ports, { hostDir, treePath: trove.path, source, troveConfig });
  }
  return inScratch(ports, inputs.workDir, async (workspace) => {
    const keyring = await fetchKeyring(ports, { sources, bootstrap }, workspace);
    return readPackageDefaults(ports, {
      ...{ hostDir, troveConfig, directory: `${workspace.path}/trove-package` },
      ...{ release: guest.release, architecture: guest.architecture },
      ...{ archives: sources.archives, components: sources.components },
      keyring: keyring ?? hostKeyrings[guest.os],
    });
  });
}

async function findImages(
  ports: Ports,
  { architecture, registries, secrets, workDir }: Inputs,
  wanted: readonly WantedImage[],
): Promise<readonly ContainerImage[]> {
  return inScratch(ports, workDir, ({ path }) => {
    const logins = { authFile: registries.authFile, logins: secrets.registryLogins };
    return withRegistryLogins(
      ports.files,
      { path: `${path}/registries.json`, ...logins },
      (authFile) =>
        findContainerImages(ports, wanted, architecture, {
          authFile,
          insecure: registries.insecure,
        }),
    );
  });
}
