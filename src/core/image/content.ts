import type { ContainerImage } from '../../model/datastores.ts';
import type { Inputs } from '../../model/inputs.ts';
import type { TroveTree } from '../../model/trove.ts';

/** What was found out before planning: all of it decides what is in the image. */
export interface Content {
  readonly trove?: TroveTree | null;
  /** Elements and variables of the guest agent from source; empty for the package. */
  readonly sourceElements?: readonly string[];
  readonly sourceVariables?: Readonly<Record<string, string>>;
  readonly containerImages?: readonly ContainerImage[];
}

/** Elements as given to disk-image-create, in order. */
export function listElements(
  inputs: Inputs,
  { trove, sourceElements, containerImages }: Omit<Required<Content>, 'sourceVariables'>,
): readonly string[] {
  // the old form starts from the distribution's cloud image
  const system = trove?.layout === 'per-datastore' ? inputs.guestOs : `${inputs.guestOs}-minimal`;
  const holdsSecrets = inputs.development !== null || inputs.secrets.rootPassword !== '';
  return [
    // diskimage-builder adds it unasked; named here, it is part of the plan
    'base',
    'vm',
    system,
    inputs.architecture === 'arm64' ? 'block-device-efi' : 'block-device-mbr',
    ...(inputs.guestAgent === 'package'
      ? ['trove-guest', 'trove-guest-agent-package']
      : sourceElements),
    // without a cache its hooks do nothing: both kinds of build are the same program
    'trove-image-layers',
    ...(holdsSecrets ? ['trove-guest-secrets'] : []),
    ...(containerImages.length > 0 ? ['trove-guest-container-images'] : []),
    ...(inputs.packages.length > 0 ? ['trove-guest-packages'] : []),
    ...inputs.elements,
  ].filter((name, index, all) => all.indexOf(name) === index);
}
