import type { Content } from '../../core/image/content.ts';
import type { KnownElement } from '../../core/matrix/elements.ts';
import { listSourceElements, listSourceVariables } from '../../core/trove/elements.ts';
import { builderElements } from '../../model/builder-elements.ts';
import type { ContainerImage } from '../../model/datastores.ts';
import type { HostFacts } from '../../model/host.ts';
import type { Inputs } from '../../model/inputs.ts';
import { guestReleases } from '../../model/releases.ts';
import type { Installation } from '../../stages/prepare.ts';
import { openSource } from '../gather.ts';
import type { Ports } from '../settings.ts';

/** What both states of a repository have in common: this machine, and the world as it is now. */
export interface World {
  readonly host: HostFacts;
  readonly own: Installation;
  /** Trove's tree and what follows from it; container images are not asked for, what names them stands for them. */
  contentOf(inputs: Inputs): Promise<Content>;
  /** Elements in a directory beside the repository. */
  elementsAt(path: string): Promise<readonly KnownElement[]>;
  /** Stand-ins for diskimage-builder's elements on a machine that does not have it; empty on one that does. */
  readonly standIns: readonly KnownElement[];
}

/** Makes a world that asks everything once. */
export function createWorld(ports: Ports, host: HostFacts, own: Installation): World {
  const contents = new Map<string, Promise<Content>>();
  const elements = new Map<string, Promise<readonly KnownElement[]>>();
  const constant = [own.elementsDir, host.diskimageBuilder?.elementsDir];
  return {
    host,
    own,
    contentOf: (inputs) =>
      remember(contents, JSON.stringify(selectDeciding(inputs)), () =>
        findContent(ports, own, inputs),
      ),
    elementsAt: (path) => remember(elements, path, () => readElements(ports, path, constant)),
    standIns: host.diskimageBuilder === null ? builderElements.map(makeStandIn) : [],
  };
}

function remember<T>(
  known: Map<string, Promise<T>>,
  key: string,
  find: () => Promise<T>,
): Promise<T> {
  const found = known.get(key) ?? find();
  known.set(key, found);
  return found;
}

/** The inputs that content is found by. */
const selectDeciding = ({
  guestAgent,
  guestOs,
  guestRelease,
  trove,
  development,
  datastores,
  backupImages,
  containerImages,
  environment,
}: Inputs) => [
  [guestAgent, guestOs, guestRelease, trove, development, datastores, backupImages],
  [containerImages, Object.entries(environment).filter(([name]) => name.includes('guest_agent'))],
];

async function findContent(ports: Ports, own: Installation, inputs: Inputs): Promise<Content> {
  const trove = await openSource(ports, inputs, own);
  // an image of the old form has an element for its datastore, and no container image
  const embeds = trove?.layout !== 'per-datastore' && countImages(inputs) > 0;
  const containerImages = embeds ? [standFor(inputs)] : [];
  if (trove === null) return { containerImages };
  const { guestOs: os, guestRelease: codename, datastores, development } = inputs;
  const version = guestReleases.find((release) => release.codename === codename)?.version ?? '';
  const isDevelopment = development !== null;
  const wish = { os, release: codename, version, datastores, isDevelopment };
  return {
    trove,
    containerImages,
    sourceElements: listSourceElements(trove, wish),
    sourceVariables: listSourceVariables(trove, wish, development),
  };
}

const countImages = ({ datastores, containerImages }: Inputs): number =>
  datastores.length + containerImages.length;

const standFor = ({ datastores, backupImages, containerImages }: Inputs): ContainerImage => ({
  ...{ datastore: null, version: null, role: 'other', source: '', target: 'as-asked' },
  ...{ digest: '', manifestDigest: '', sizeBytes: 0 },
  configDigest: JSON.stringify([datastores, backupImages, containerImages]),
});

/** Ours and diskimage-builder's are the same in both states; others may be found in another place. */
async function readElements(
  ports: Ports,
  path: string,
  constant: readonly (string | undefined)[],
): Promise<readonly KnownElement[]> {
  const elements = await ports.elements.read([path]);
  const digests = constant.includes(path) ? [] : await ports.elements.digest(elements);
  return elements.map((element, index) => {
    const identity = digests[index]?.sha256 ?? element.path;
    return { element, from: path, identity, files: null };
  });
}

const makeStandIn = (name: string): KnownElement => ({
  element: { name, path: '', scripts: {}, dependsOn: [], provides: [], sourceRepositories: [] },
  from: 'diskimage-builder',
  identity: '',
  files: null,
});
