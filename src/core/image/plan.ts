import type { HostFacts } from '../../model/host.ts';
import type { Inputs } from '../../model/inputs.ts';
import { hostKeyrings } from '../../model/keyrings.ts';
import type { KeyringChoice, Plan } from '../../model/plan.ts';
import { type GuestRelease, genericBootstrapScript, guestReleases } from '../../model/releases.ts';
import { planEnvironment } from './environment.ts';
import { chooseTmpfs, estimateNeeds } from './needs.ts';
import { planSources } from './sources.ts';

/** Turns what was asked for and what the machine is into the plan of one build. `ownElements` is the directory of ours. */
export function planBuild(inputs: Inputs, host: HostFacts, ownElements: string): Plan {
  const release = findRelease(inputs);
  const sources = planSources(inputs, host, release.components);
  const needs = estimateNeeds(inputs);
  const script = chooseBootstrapScript(release, host);
  const elements = listElements(inputs);
  return {
    guest: {
      os: release.os,
      release: release.codename,
      version: release.version,
      architecture: inputs.architecture,
      username: inputs.guestUsername,
      agent: inputs.guestAgent,
      troveVersion: release.packagedTrove as number,
    },
    imageName: inputs.imageName,
    imageSizeGib: inputs.imageSizeGib,
    files: inputs.formats.map((format) => ({ format, fileName: `${inputs.imageName}.${format}` })),
    compression: inputs.compression,
    outputDir: inputs.outputDir,
    elements,
    elementsPath: [...inputs.elementsPath, ownElements],
    packages: inputs.packages,
    sources,
    environment: planEnvironment(inputs, release, sources, script),
    arguments: planArguments(inputs, elements),
    bootstrap: { script, keyring: chooseKeyring(inputs, host) },
    host: {
      workDir: inputs.workDir,
      tmpfsBytes: chooseTmpfs(needs, host.memoryAvailableBytes),
      deviceMapper: host.kernelFeatures.deviceMapper,
    },
    needs,
    verify: inputs.verify === 'inspect',
  };
}

function findRelease(inputs: Inputs): GuestRelease {
  return guestReleases.find(
    (release) => release.os === inputs.guestOs && release.codename === inputs.guestRelease,
  ) as GuestRelease;
}

function listElements(inputs: Inputs): readonly string[] {
  return [
    // diskimage-builder adds it unasked; named here, it is part of the plan
    'base',
    'vm',
    `${inputs.guestOs}-minimal`,
    inputs.architecture === 'arm64' ? 'block-device-efi' : 'block-device-mbr',
    'trove-guest',
    `trove-guest-agent-${inputs.guestAgent}`,
    // without a cache its hooks do nothing: both kinds of build are the same program
    'trove-image-layers',
    ...(inputs.packages.length > 0 ? ['trove-guest-packages'] : []),
    ...inputs.elements,
  ].filter((name, index, all) => all.indexOf(name) === index);
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
