import type { Archive } from '../../model/plan.ts';

/** What apt needs to know to fetch a package of the guest's release without touching this machine's own state. */
export interface PackageArchives {
  readonly archives: readonly Archive[];
  readonly components: readonly string[];
  readonly keyring: string;
  readonly architecture: string;
}

/** The text of a sources.list; the archives are checked with the keyring. */
export const composeSources = ({ archives, components, keyring }: PackageArchives): string =>
  archives
    .map(({ url, suite }) => `deb [signed-by=${keyring}] ${url} ${suite} ${components.join(' ')}\n`)
    .join('');

/** The configuration of an apt whose whole state is below a directory, and which reads nothing of this machine's. */
export const composeAptConfiguration = (directory: string, architecture: string): string =>
  [
    `Dir "${directory}";`,
    'Dir::Etc::main "-";',
    'Dir::Etc::parts "-";',
    `Dir::Etc::sourcelist "${directory}/sources.list";`,
    'Dir::Etc::sourceparts "-";',
    'Dir::Etc::preferences "-";',
    'Dir::Etc::preferencesparts "-";',
    `Dir::State "${directory}/state";`,
    `Dir::State::status "${directory}/status";`,
    `Dir::Cache "${directory}/cache";`,
    `APT::Architecture "${architecture}";`,
    `APT::Architectures { "${architecture}"; };`,
    // its own user may not enter a private directory
    'APT::Sandbox::User "root";',
    'Acquire::Languages "none";',
    'Acquire::Retries "2";',
    'Acquire::http::Timeout "30";',
    '',
  ].join('\n');

/** Version of a package from the name that apt gives its file; null for other names. */
export function readPackageVersion(fileName: string): string | null {
  const version = /^python3-trove_([^_]+)_[a-z0-9]+\.deb$/.exec(fileName)?.[1];
  return version?.replaceAll('%3a', ':') ?? null;
}
