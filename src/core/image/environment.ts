import type { Inputs } from '../../model/inputs.ts';
import type { Sources } from '../../model/plan.ts';
import type { GuestRelease } from '../../model/releases.ts';

/** The variables that determine the content: ours, then the user's (which cannot name ours). */
export function planEnvironment(
  inputs: Inputs,
  release: GuestRelease,
  sources: Sources,
  bootstrapScript: string | null,
): Readonly<Record<string, string>> {
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
    DIB_CLOUD_INIT_DATASOURCES: 'ConfigDrive, OpenStack, NoCloud',
    // cloud-init writes the network configuration; the element's own fails at every boot without such cards
    DIB_APT_MINIMAL_CREATE_INTERFACES: '0',
    GUEST_USERNAME: inputs.guestUsername,
    ...(inputs.packages.length > 0 ? { TROVE_GUEST_PACKAGES: inputs.packages.join(' ') } : {}),
    ...inputs.environment,
  });
}

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
