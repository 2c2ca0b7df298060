import { failure } from '../../errors.ts';
import type { HostFacts } from '../../model/host.ts';
import type { GuestOs, Inputs } from '../../model/inputs.ts';
import type { Archive, Sources } from '../../model/plan.ts';
import { findHostArchives, parseAptSources } from './apt-sources.ts';

/** Chooses archive and security suites: from the inputs, the host's own sources, or diskimage-builder's defaults. */
export function planSources(inputs: Inputs, host: HostFacts, components: string): Sources {
  const place = choosePlace(inputs, host);
  return {
    origin: place.origin,
    mirror: place.archive,
    components: components.split(','),
    archives: listArchives(inputs.guestOs, inputs.guestRelease, place.archive, place.security),
  };
}

interface Place {
  readonly origin: Sources['origin'];
  readonly archive: string;
  readonly security: string;
}

function choosePlace(inputs: Inputs, host: HostFacts): Place {
  const defaults = host.diskimageBuilder?.defaultMirrors;
  const ubuntu = inputs.guestOs === 'ubuntu';
  if (inputs.mirror === 'host') return readHostPlace(inputs, host);
  if (inputs.mirror !== '') {
    const security = inputs.securityMirror || chooseSecurity(inputs, host, inputs.mirror);
    return { origin: 'mirror', archive: inputs.mirror, security };
  }
  if (defaults === undefined) {
    return { origin: 'unknown until diskimage-builder is installed', archive: '', security: '' };
  }
  const archive = ubuntu ? defaults.ubuntu[inputs.architecture] : defaults.debian;
  return { origin: 'diskimage-builder', archive, security: chooseSecurity(inputs, host, archive) };
}

/** Debian's security archive has several addresses: a machine that uses the same archive knows the one that it reaches. */
function chooseSecurity(inputs: Inputs, host: HostFacts, archive: string): string {
  if (inputs.guestOs === 'ubuntu') return archive;
  const own = findHostArchives(parseAptSources(host.aptSources), host.os.codename);
  if (own.archive === archive && own.security !== null) return own.security;
  return host.diskimageBuilder?.defaultMirrors.debianSecurity ?? '';
}

function readHostPlace(inputs: Inputs, host: HostFacts): Place {
  if (host.os.id !== inputs.guestOs) {
    throw failure(
      'input',
      'mirror-host-differs',
      `mirror: host takes this machine's own package sources, but this machine is ${host.os.prettyName || host.os.id} and the guest is ${inputs.guestOs}.`,
      `Give the URL of a ${inputs.guestOs} archive in mirror, or leave it empty.`,
    );
  }
  const found = findHostArchives(parseAptSources(host.aptSources), host.os.codename);
  if (found.archive === null) {
    throw failure(
      'input',
      'mirror-host-empty',
      `mirror: host found no http archive for ${host.os.codename} in this machine's apt sources (${Object.keys(host.aptSources).join(', ') || 'none'}).`,
      'Give the URL of an archive in mirror, or leave it empty.',
    );
  }
  return { origin: 'host', archive: found.archive, security: found.security ?? '' };
}

function listArchives(
  os: GuestOs,
  release: string,
  archive: string,
  security: string,
): readonly Archive[] {
  if (archive === '') return [];
  const main: Archive[] = [
    { name: 'default', url: archive, suite: release },
    { name: 'updates', url: archive, suite: `${release}-updates` },
  ];
  if (security === '') return main;
  // ubuntu-minimal writes every suite with the one URL of the archive
  const url = os === 'ubuntu' ? archive : security;
  return [...main, { name: 'security', url, suite: `${release}-security` }];
}
