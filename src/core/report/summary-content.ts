import type { Manifest } from '../../model/manifest.ts';
import { code, describeSize } from './markdown.ts';

/** What is in the image that somebody must not have, before everything else. */
export function renderWarning({ guest, holdsSecrets }: Manifest): readonly string[] {
  const secrets: Readonly<Record<string, string>> = {
    'ssh-dir':
      'a private ssh key (`ssh-dir`), with which everybody who has the image can log in to the controller',
    'root-password': 'a password of root (`root-password`), with login by ssh',
  };
  const held = [
    ...(guest.isDevelopment ? [`the password of ${code(guest.username)}, which is its name`] : []),
    ...holdsSecrets.map((name) => secrets[name] ?? name),
  ];
  if (held.length === 0) return [];
  return [
    '> [!CAUTION]',
    `> ${guest.isDevelopment ? 'An image for development: it' : 'This image'} holds ${held.join(', and ')}. It must not leave your site.`,
    '',
  ];
}

/** Rows on Trove's own sources; none with the package. */
export function describeTrove({ trove }: Manifest): [string, string][] {
  if (trove === null) return [];
  const commit = trove.commit === null ? 'no commit' : `commit ${code(trove.commit)}`;
  const dirty = trove.isDirty ? ', **with changes that are not committed**' : '';
  return [
    ['Trove', `${code(trove.origin)} ${code(trove.ref)}, ${commit}${dirty}`],
    ['Upper constraints', `${code(trove.constraints)}, sha256 ${code(trove.constraintsSha256)}`],
  ];
}

/** The row on container images in the guest. */
export function describeContainers({ containerImages }: Manifest): [string, string][] {
  if (containerImages.length === 0) return [];
  const lines = containerImages.map(
    ({ target, source, manifestDigest, sizeBytes }) =>
      `${code(target)} ${code(manifestDigest)}, ${describeSize(sizeBytes)}${source === target ? '' : ` from ${code(source)}`}`,
  );
  return [['Container images', lines.join('<br>')]];
}
