import type { InstalledPackage } from '../../model/image.ts';

/** Packages in the text of /var/lib/dpkg/status, sorted by name. */
export function parseDpkgStatus(text: string): readonly InstalledPackage[] {
  return text
    .split('\n\n')
    .map((stanza) => {
      const field = (name: string): string =>
        new RegExp(`^${name}: (.*)$`, 'm').exec(stanza)?.[1] ?? '';
      return {
        name: field('Package'),
        version: field('Version'),
        architecture: field('Architecture'),
        status: field('Status'),
      };
    })
    .filter((each) => each.name !== '' && !/ (not-installed|config-files)$/.test(each.status))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
