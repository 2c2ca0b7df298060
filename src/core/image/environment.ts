import type { ContainerImage } from '../../model/datastores.ts';
import type { GuestAgent, Inputs } from '../../model/inputs.ts';
import type { Sources } from '../../model/plan.ts';
import type { GuestRelease } from '../../model/releases.ts';

export interface EnvironmentFacts {
  readonly release: GuestRelease;
  readonly sources: Sources;
  readonly bootstrapScript: string | null;
  readonly sourceVariables: Readonly<Record<string, string>>;
  readonly containerImages: readonly ContainerImage[];
}

/** The variables that determine the content: ours, then the user's (which cannot name ours). */
export function planEnvironment(
  inputs: Inputs,
  facts: EnvironmentFacts,
): Readonly<Record<string, string>> {
  const { release, sources, bootstrapScript, containerImages } = facts;
  const https = sources.archives.some((archive) => archive.url.startsWith('https:'));
  return sorted({
    DIB_RELEASE: release.codename,
    DIB_DISTRIBUTION_MIRROR: sources.mirror,
    DIB_DEBIAN_COMPONENTS: release.components,
    ...(release.os === 'debian' ? { DIB_APT_SOURCES_CONF: renderSources(sources) } : {}),
    ...(release.os === 'ubuntu' ? ubuntuEnvironment : {}),
    ...(bootstrapScript === null ? {} : { DIB_DEBIAN_DEBOOTSTRAP_SCRIPT: bootstrapScript }),
    // the bootstrapped system has to speak https before it can install what lets it do so
    ...(https ? { DIB_DEBOOTSTRAP_EXTRA_ARGS: '--include=ca-certificates' } : {}),
    DIB_PYTHON_VERSION: '3',
    // nobody sits at the console of a guest
    DIB_GRUB_TIMEOUT: '1',
    DIB_CLOUD_INIT_DATASOURCES: datasources[inputs.guestAgent],
    // cloud-init writes the network configuration; the element's own fails at every boot without such cards
    DIB_APT_MINIMAL_CREATE_INTERFACES: '0',
    GUEST_USERNAME: inputs.guestUsername,
    ...facts.sourceVariables,
    ...(inputs.pythonIndex === '' ? {} : describeIndex(inputs.pythonIndex)),
    ...(inputs.packages.length > 0 ? { TROVE_GUEST_PACKAGES: inputs.packages.join(' ') } : {}),
    ...(containerImages.length > 0
      ? { TROVE_GUEST_CONTAINER_IMAGES: containerImages.map(describeContainer).join(' ') }
      : {}),
    ...inputs.environment,
  });
}

const datasources: Readonly<Record<GuestAgent, string>> = {
  package: 'ConfigDrive, OpenStack, NoCloud',
  source: 'ConfigDrive, OpenStack',
};

/** Read by pip in the image while it is built; nothing of it stays there. */
function describeIndex(url: string): Readonly<Record<string, string>> {
  const host = /^http:\/\/(\[[^\]]*\]|[^/:]+)/.exec(url)?.[1];
  return { PIP_INDEX_URL: url, ...(host === undefined ? {} : { PIP_TRUSTED_HOST: host }) };
}

const describeContainer = ({ target, manifestDigest, configDigest }: ContainerImage): string =>
  `${target}@${manifestDigest}@${configDigest}`;

/** Guests are virtual machines: the generic kernel brings 1.6 GB of firmware for cards that they do not have. */
const ubuntuEnvironment = {
  DIB_UBUNTU_MIRROR_DISTS: 'updates,security',
  DIB_UBUNTU_KERNEL: 'linux-image-virtual',
};

/** `name:deb URL suite components`, one per line, as the debian-minimal element reads it. */
function renderSources(sources: Sources): string {
  const components = sources.components.join(' ');
  return sources.archives
    .map(({ name, url, suite }) => `${name}:deb ${url} ${suite} ${components}`)
    .join('\n');
}

const sorted = (variables: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(variables).sort(([a], [b]) => (a < b ? -1 : 1)));
