import type { HostFacts } from '../../model/host.ts';
import type { Inputs } from '../../model/inputs.ts';
import { hostKeyrings } from '../../model/keyrings.ts';
import type { KeyringChoice, Plan } from '../../model/plan.ts';
import { type GuestRelease, genericBootstrapScript, guestReleases } from '../../model/releases.ts';
import { troveElements } from '../../model/trove.ts';
import { type Content, listElements } from './content.ts';
import { planEnvironment } from './environment.ts';
import { fillImageName } from './name.ts';
import { chooseTmpfs, estimateNeeds } from './needs.ts';
import { planSources } from './sources.ts';

/**
 * Turns what was asked for and what the machine is into the plan of one build. `ownElements` is the directory of ours,
 * `content` what was found elsewhere.
 */
export function planBuild(
  inputs: Inputs,
  host: HostFacts,
  ownElements: string,
  content: Content = {},
): Plan {
  const { trove = null, sourceElements = [], sourceVariables = {}, containerImages = [] } = content;
  const release = findRelease(inputs);
  const sources = planSources(inputs, host, release.components);
  const needs = estimateNeeds(inputs, containerImages);
  const script = chooseBootstrapScript(release, host);
  const elements = listElements(inputs, { trove, sourceElements, containerImages });
  const imageName = nameImage(inputs, release, trove?.ref ?? (inputs.trove.ref || 'master'));
  return {
    guest: {
      os: release.os,
      release: release.codename,
      version: release.version,
      architecture: inputs.architecture,
      username: inputs.guestUsername,
      agent: inputs.guestAgent,
      troveVersion: inputs.guestAgent === 'package' ? release.packagedTrove : null,
      isDevelopment: inputs.development !== null,
    },
    trove,
    containerImages,
    holdsSecrets: [
      ...(inputs.development?.sshDir ? ['ssh-dir'] : []),
      ...(inputs.secrets.rootPassword === '' ? [] : ['root-password']),
    ],
    imageName,
    imageSizeGib: inputs.imageSizeGib,
    files: inputs.formats.map((format) => ({ format, fileName: `${imageName}.${format}` })),
    compression: inputs.compression,
    outputDir: inputs.outputDir,
    elements,
    elementsPath: [
      ...inputs.elementsPath,
      ownElements,
      ...(trove === null ? [] : [`${trove.path}/${troveElements}`]),
    ],
    packages: inputs.packages,
    sources,
    environment: planEnvironment(inputs, {
      ...{ release, sources, containerImages, sourceVariables },
      bootstrapScript: script,
    }),
    arguments: planArguments(inputs, elements),
    bootstrap: { script, keyring: chooseKeyring(inputs, host) },
    host: {
      workDir: inputs.workDir,
      tmpfsBytes: chooseTmpfs(needs, host.memoryAvailableBytes),
      deviceMapper: host.kernelFeatures.deviceMapper,
    },
    needs,
    verify: inputs.verify !== 'off',
  };
}

function findRelease(inputs: Inputs): GuestRelease {
  return guestReleases.find(
    (release) => release.os === inputs.guestOs && release.codename === inputs.guestRelease,
  ) as GuestRelease;
}

function nameImage(inputs: Inputs, release: GuestRelease, branch: string): string {
  return fillImageName(inputs.imageName, {
    ...{ os: release.os, release: release.codename, architecture: inputs.architecture },
    trove: release.packagedTrove === null ? null : String(release.packagedTrove),
    branch,
    datastore: inputs.datastores[0]?.replace(/:.*$/, '') ?? null,
    isDevelopment: inputs.development !== null,
  });
}

/** The image is built raw: every format is converted from it, and it can be read without a copy. */
function planArguments(inputs: Inputs, elements: readonly string[]): readonly string[] {
  return [
    ...['-a', inputs.architecture],
    ...['-t', 'raw'],
    '--no-tmpfs',
    ...['--image-size', String(inputs.imageSizeGib)],
    ...elements,
  ];
}

/** The generic script for a release that the host's debootstrap does not know; null when it does. */
function chooseBootstrapScript(release: GuestRelease, host: HostFacts): string | null {
  if (host.debootstrapScripts.length === 0 || host.debootstrapScripts.includes(release.codename))
    return null;
  return `/usr/share/debootstrap/scripts/${genericBootstrapScript[release.os]}`;
}

function chooseKeyring(inputs: Inputs, host: HostFacts): KeyringChoice {
  const path = hostKeyrings[inputs.guestOs];
  return host.keyrings.includes(path)
    ? { kind: 'host', path }
    : { kind: 'pinned', distribution: inputs.guestOs };
}
