import type { GuestOs } from './inputs.ts';

/** A keyring package in a distribution's own archive, known by its digest. */
export interface PinnedKeyring {
  readonly distribution: GuestOs;
  /** Path below the archive's URL. */
  readonly path: string;
  readonly sha256: string;
  /** The keyring inside the package. */
  readonly file: string;
}

/** Where a host keeps a distribution's archive keyring, when it has it. */
export const hostKeyrings: Readonly<Record<GuestOs, string>> = {
  debian: '/usr/share/keyrings/debian-archive-keyring.gpg',
  ubuntu: '/usr/share/keyrings/ubuntu-archive-keyring.gpg',
};

/**
 * Newest first; an archive drops old versions of a package, so that several are known. The digests of Ubuntu's
 * were read in its own indexes, and their keys compared with those in Debian's signed ubuntu-keyring package.
 */
export const pinnedKeyrings: readonly PinnedKeyring[] = [
  {
    distribution: 'debian',
    path: 'pool/main/d/debian-archive-keyring/debian-archive-keyring_2025.1_all.deb',
    sha256: '9ea7778e443144ca490668737a8ab22dd3e748bb99e805e22ec055abeb3c7fac',
    file: '/usr/share/keyrings/debian-archive-keyring.gpg',
  },
  {
    distribution: 'debian',
    path: 'pool/main/d/debian-archive-keyring/debian-archive-keyring_2023.3+deb12u2_all.deb',
    sha256: 'f699e2f88dca05212f2a452b58475f2993cb6993dfbafb1d0205a3291eb8b4b8',
    file: '/usr/share/keyrings/debian-archive-keyring.gpg',
  },
  {
    distribution: 'ubuntu',
    path: 'pool/main/u/ubuntu-keyring/ubuntu-keyring_2023.11.28.1_all.deb',
    sha256: '36de43b15853ccae0028e9a767613770c704833f82586f28eb262f0311adb8a8',
    file: '/usr/share/keyrings/ubuntu-archive-keyring.gpg',
  },
  {
    distribution: 'ubuntu',
    path: 'pool/main/u/ubuntu-keyring/ubuntu-keyring_2021.03.26_all.deb',
    sha256: '0d0e7ed6b112f5d03eabf3c7eb01ebdacf9c57714b279e90495cfc58c8c4520f',
    file: '/usr/share/keyrings/ubuntu-archive-keyring.gpg',
  },
];
