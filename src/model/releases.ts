import type { GuestOs } from './inputs.ts';

/** A guest release: which Trove its packages carry, and how a bootstrap tool that does not know it makes it. */
export interface GuestRelease {
  readonly os: GuestOs;
  readonly codename: string;
  readonly version: string;
  /** Major version of Trove in the distribution's `trove-guestagent`, or null where there is none. */
  readonly packagedTrove: number | null;
  readonly components: string;
}

/** Newest first within an operating system. Versions read in the archives' package lists in 2026-11. */
export const guestReleases: readonly GuestRelease[] = [
  {
    os: 'debian',
    codename: 'trixie',
    version: '13',
    packagedTrove: 23,
    components: 'main',
  },
  { os: 'debian', codename: 'bookworm', version: '12', packagedTrove: 18, components: 'main' },
  {
    os: 'ubuntu',
    codename: 'noble',
    version: '24.04',
    packagedTrove: null,
    components: 'main,universe',
  },
  {
    os: 'ubuntu',
    codename: 'jammy',
    version: '22.04',
    packagedTrove: 17,
    components: 'main,universe',
  },
  ...['focal 20.04', 'bionic 18.04', 'xenial 16.04'].map(describeOldUbuntu),
];

/** Built from Trove's own elements only, most of them those of an old Trove. */
function describeOldUbuntu(name: string): GuestRelease {
  const [codename = '', version = ''] = name.split(' ');
  return { os: 'ubuntu', codename, version, packagedTrove: null, components: 'main,universe' };
}

/** The debootstrap script that newer releases of a distribution share with an old one. */
export const genericBootstrapScript: Readonly<Record<GuestOs, string>> = {
  debian: 'sid',
  ubuntu: 'gutsy',
};
