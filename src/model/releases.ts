import type { GuestOs } from './inputs.ts';

/** A guest release: which Trove its packages carry, and how a bootstrap tool that does not know it makes it. */
export interface GuestRelease {
  readonly os: GuestOs;
  readonly codename: string;
  readonly version: string;
  /** Major version of Trove in the distribution's `trove-guestagent`, or null where there is none. */
  readonly packagedTrove: number | null;
  readonly components: string;
  /** Newest first within an operating system. */
  readonly isDefault?: true;
}

/** Versions read in the archives' package lists in 2026-11. */
export const guestReleases: readonly GuestRelease[] = [
  {
    os: 'debian',
    codename: 'trixie',
    version: '13',
    packagedTrove: 23,
    components: 'main',
    isDefault: true,
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
    isDefault: true,
  },
];

/** The debootstrap script that newer releases of a distribution share with an old one. */
export const genericBootstrapScript: Readonly<Record<GuestOs, string>> = {
  debian: 'sid',
  ubuntu: 'gutsy',
};
