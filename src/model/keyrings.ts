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

/** Newest first; an archive drops old versions of a package, so that several are known. */
export const pinnedKeyrings: readonly PinnedKeyring[] = [];
