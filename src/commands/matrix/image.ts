import { mergeExplicit, placeProblems } from '../../core/catalogue/choose.ts';
import { computeBuildId } from '../../core/image/build-id.ts';
import { resolveClosure } from '../../core/image/closure.ts';
import type { Content } from '../../core/image/content.ts';
import { planBuild } from '../../core/image/plan.ts';
import { findNearest } from '../../core/inputs/nearest.ts';
import { type Caller, readInputs } from '../../core/inputs/read.ts';
import { type KnownElement, readElements } from '../../core/matrix/elements.ts';
import { digest, findRevision, listHeld, locate, type Place } from '../../core/matrix/held.ts';
import type { Tree } from '../../core/matrix/tree.ts';
import { TroveImageError } from '../../errors.ts';
import type { CatalogueImage } from '../../model/catalogue.ts';
import type { Element } from '../../model/elements.ts';
import type { Inputs } from '../../model/inputs.ts';
import type { TreeFile } from '../../model/matrix.ts';
import type { World } from './world.ts';

type Texts = Pick<CatalogueImage, 'raw' | 'origins'>;

/** How the inputs of images are read, the same for both states. */
export interface Reading {
  readonly fileName: string;
  readonly explicit: Readonly<Record<string, string>>;
  readonly caller: Caller;
  /** Inputs by the texts that they were read from: most images are the same in both states. */
  readonly known: Map<string, Inputs>;
}

/** One of the two states that are compared. */
export interface State {
  readonly tree: Tree;
  /** Null for the disk. */
  readonly commit: string | null;
  /** Elements by the list of directories that they were looked for in. */
  readonly known: Map<string, Promise<Known>>;
}

/** What both states share. */
export interface Comparison {
  readonly world: World;
  readonly reading: Reading;
  readonly place: Place;
  readonly texts: ReadonlyMap<string, string>;
  readonly base: State;
  readonly disk: State;
}

interface Known {
  readonly elements: ReadonlyMap<Element, KnownElement>;
  readonly list: readonly Element[];
  /** Elements that every image may hold, where nobody can tell. */
  readonly always: readonly string[];
}

/** What an image is made of in one state, with the world beside the repository held still. */
export interface Described {
  readonly texts: Texts;
  readonly inputs: Inputs;
  readonly elements: readonly KnownElement[];
  readonly held: readonly TreeFile[];
  readonly revision: string | null;
  readonly environment: Readonly<Record<string, string>>;
  /** Made as a build id is made: it differs where, for the same archives, the build id differs. */
  readonly contentId: string;
}

/** The inputs of an image; throws one error that lists every mistake with its place. */
export function readImage({ fileName, explicit, caller, known }: Reading, image: Texts): Inputs {
  const key = JSON.stringify(image.raw);
  const found = known.get(key);
  if (found !== undefined) return found;
  const { raw, origins } = mergeExplicit(image, explicit);
  try {
    const inputs = readInputs(raw, caller);
    known.set(key, inputs);
    return inputs;
  } catch (error) {
    if (!(error instanceof TroveImageError)) throw error;
    throw new TroveImageError(error.kind, placeProblems(error.problems, fileName, origins));
  }
}

/** Works an image out in one state; throws for inputs and elements that a build would be refused for. */
export async function describeImage(
  comparison: Comparison,
  state: State,
  texts: Texts,
): Promise<Described> {
  const { world, place } = comparison;
  const inputs = readImage(comparison.reading, texts);
  const trove = inputs.trove.path === '' ? null : locate(place, inputs.trove.path);
  const files = [inputs.troveConfig, inputs.trove.constraints].map((path) =>
    path.startsWith('/') ? locate(place, path) : null,
  );
  const held = listHeld(state.tree, { trove, files });
  const revision = findRevision(state.tree, trove, state.commit);
  const content = setRevision(await world.contentOf(inputs), revision);
  const plan = planBuild(inputs, world.host, world.own.elementsDir, content);
  const builder = world.host.diskimageBuilder;
  const path = [...plan.elementsPath, ...(builder === null ? [] : [builder.elementsDir])];
  const known = await findKnown(comparison, state, path);
  const names = [...plan.elements, ...known.always];
  const elements = resolveClosure(names, known.list, path, findNearest).flatMap(
    (element) => known.elements.get(element) ?? [],
  );
  const contentId = computeBuildId({
    plan,
    diskimageBuilderVersion: builder?.version ?? '',
    elements: elements.map(({ element, identity }) => ({ ...element, sha256: identity })),
    // both states meet the same archives and constraints
    archives: plan.sources.archives.map((each) => ({
      ...each,
      inReleaseSha256: each.url,
      date: '',
    })),
    constraintsSha256: digest([plan.trove?.constraints, held]),
  });
  const commit = plan.trove?.code?.commit ?? null;
  const { environment } = plan;
  return { texts, inputs, elements, held, revision: commit, environment, contentId };
}

/** The code of a checkout in the repository has the commit of the state. */
function setRevision(content: Content, commit: string | undefined): Content {
  const { trove, sourceVariables = {} } = content;
  if (commit === undefined || trove == null || trove.code === null) return content;
  const variables = { ...sourceVariables, DIB_REPOREF_guest_agent: commit };
  return {
    ...content,
    trove: { ...trove, code: { ...trove.code, commit } },
    sourceVariables: variables,
  };
}

/** All elements in these directories: of the state what lies in the repository, else of the disk. */
function findKnown(comparison: Comparison, state: State, path: readonly string[]): Promise<Known> {
  const key = path.join(':');
  const found = state.known.get(key) ?? listKnown(comparison, state, path);
  state.known.set(key, found);
  return found;
}

async function listKnown(
  { world, place, texts, base, disk }: Comparison,
  state: State,
  path: readonly string[],
): Promise<Known> {
  const lists = await Promise.all(
    path.map((directory) => {
      const inside = locate(place, directory);
      const isTracked =
        inside !== null && [base, disk].some(({ tree }) => tree.list(inside).length > 0);
      if (!isTracked) return world.elementsAt(directory);
      return readElements(state.tree, inside, place.root, texts);
    }),
  );
  const byName = new Map<string, KnownElement>();
  for (const each of [...lists.flat(), ...world.standIns])
    if (!byName.has(each.element.name)) byName.set(each.element.name, each);
  const elements = new Map([...byName.values()].map((each) => [each.element, each]));
  const always = world.standIns
    .map(({ element }) => element.name)
    .filter((name) => byName.get(name)?.files != null);
  return { elements, list: [...elements.keys()], always };
}
