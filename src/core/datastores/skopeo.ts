import type { RegistryAccess } from '../../model/datastores.ts';
import { parseReference, type Reference, spellAddress } from './reference.ts';

type Argv = readonly [string, ...string[]];

/** Command that prints the manifest, or the list of manifests, of a reference as the registry has it. */
export const composeManifestCall = (
  source: string,
  digest: string | null,
  access: RegistryAccess,
): Argv => composeInspect([], source, digest, access);

/** Command that prints the configuration of the image that a manifest belongs to. */
export const composeConfigCall = (source: string, digest: string, access: RegistryAccess): Argv =>
  composeInspect(['--config'], source, digest, access);

function composeInspect(
  more: readonly string[],
  source: string,
  digest: string | null,
  access: RegistryAccess,
): Argv {
  const reference = readSource(source);
  return [
    'skopeo',
    ...['--command-timeout', '60s'],
    'inspect',
    '--raw',
    ...more,
    ...['--authfile', access.authFile],
    ...['--retry-times', '2'],
    `--tls-verify=${isChecked(reference, access)}`,
    spellAddress(digest === null ? reference : { ...reference, digest }),
  ];
}

/** Command that copies one image, by the digest of its manifest, into a directory; `scratch` is for files in between. */
export function composeCopyCall(
  source: string,
  manifestDigest: string,
  directory: string,
  scratch: string,
  access: RegistryAccess,
): Argv {
  const reference = readSource(source);
  return [
    'skopeo',
    ...['--command-timeout', '60m'],
    ...['--tmpdir', scratch],
    'copy',
    ...['--src-authfile', access.authFile],
    ...['--retry-times', '2'],
    `--src-tls-verify=${isChecked(reference, access)}`,
    spellAddress({ ...reference, digest: manifestDigest }),
    `dir:${directory}`,
  ];
}

function isChecked({ registry }: Reference, { insecure }: RegistryAccess): boolean {
  return !insecure.includes(registry);
}

function readSource(source: string): Reference {
  const reference = parseReference(source);
  if (reference === null) throw new Error(`not a checked reference: ${source}`);
  return reference;
}
