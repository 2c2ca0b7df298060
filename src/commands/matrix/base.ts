import { readCatalogue } from '../../core/catalogue/read.ts';
import { findNearest } from '../../core/inputs/nearest.ts';
import { locate, type Place } from '../../core/matrix/held.ts';
import { failure, type Problem, TroveImageError } from '../../errors.ts';
import type { Catalogue, CatalogueImage } from '../../model/catalogue.ts';
import type { HostFacts } from '../../model/host.ts';
import { inputTable } from '../../model/input-table.ts';
import type { Inputs } from '../../model/inputs.ts';
import type { Reason } from '../../model/matrix.ts';
import type { Repository } from '../../ports/repository.ts';
import { readStates, type States } from '../../stages/read-repository-states.ts';
import type { PlanPorts, PlanSettings } from '../plan.ts';
import { compareImage } from './compare.ts';
import type { Comparison, Reading } from './image.ts';
import { createWorld } from './world.ts';

/** The images that are looked at, with what was read for each of them. */
interface Readable {
  readonly reading: Reading;
  readonly images: readonly CatalogueImage[];
  readonly inputs: readonly Inputs[];
}

/** Why the content of each image differs from that of the base, in the order of the images. */
export async function compareWithBase(
  ports: PlanPorts,
  settings: PlanSettings,
  host: HostFacts,
  { reading, images, inputs }: Readable,
): Promise<{ base: string; removed: readonly string[]; reasons: readonly (readonly Reason[])[] }> {
  const { request, caller, own, cataloguePath } = settings;
  ports.log.chapter(`Compare with ${request.base}`);
  return ports.repositories.use(caller.cwd, async (repository) => {
    if (repository === null) throw refusePlace(caller.cwd);
    const place = { root: repository.root, prefix: repository.prefix, cwd: caller.cwd };
    const { commit, base, disk, texts } = await openStates(
      ports,
      settings,
      repository,
      place,
      inputs,
    );
    const comparison: Comparison = {
      ...{ world: createWorld(ports, host, own), reading, place, texts },
      base: { tree: base, commit, known: new Map() },
      disk: { tree: disk, commit: null, known: new Map() },
    };
    const earlier = readEarlier(settings, locate(place, cataloguePath), { base, disk, texts });
    if ('refused' in earlier) {
      const change = `could not be read: ${earlier.refused}`;
      const reason: Reason = { kind: 'catalogue', subject: 'of the base', change };
      return { base: commit, removed: [], reasons: images.map(() => [reason]) };
    }
    const before = new Map(earlier.images.map((image) => [image.id, image]));
    const reasons = await gatherProblems(images, (image) =>
      compareImage(comparison, image, before.get(image.id)),
    );
    const now = new Set(settings.catalogue.images.map(({ id }) => id));
    return { base: commit, removed: [...before.keys()].filter((id) => !now.has(id)), reasons };
  });
}

const refusePlace = (directory: string): TroveImageError =>
  failure(
    'input',
    'no-repository',
    `base: ${directory} is not in a git repository, so that there is nothing to compare with.`,
    'Run it in a checkout of the repository that has the catalogue, or leave base out.',
  );

/** The states, with the files that git does not know yet where images are made from. */
function openStates(
  ports: PlanPorts,
  { request, cataloguePath }: PlanSettings,
  repository: Repository,
  place: Place,
  inputs: readonly Inputs[],
) {
  const used = inputs.flatMap(({ elementsPath, troveConfig, trove }) => [
    ...elementsPath,
    troveConfig,
    trove.constraints,
  ]);
  const paths = [...new Set([cataloguePath, ...used])].flatMap((path) => {
    const inside = path === '' ? null : locate(place, path);
    return inside === null ? [] : [inside || '.'];
  });
  const catalogue = locate(place, cataloguePath);
  return readStates(ports, repository, { base: request.base, catalogue, paths });
}

/** The catalogue of the base: without one there was no image; one with mistakes is no base for anything. */
function readEarlier(
  { catalogue }: PlanSettings,
  path: string | null,
  { base, disk, texts }: Pick<States, 'base' | 'disk' | 'texts'>,
): Pick<Catalogue, 'images'> | { readonly refused: string } {
  const [before, now] = [base, disk].map((tree) =>
    path === null ? '' : tree.find(path)?.file?.id,
  );
  if (before === now && before !== undefined) return catalogue;
  const text = texts.get(before ?? '');
  if (text === undefined) return { images: [] };
  try {
    return readCatalogue(text, catalogue.fileName, inputTable, findNearest);
  } catch (error) {
    if (!(error instanceof TroveImageError)) throw error;
    return { refused: error.problems[0]?.message ?? '' };
  }
}

/** Does something for every image; throws one error with what is wrong with any of them, each mistake once. */
export async function gatherProblems<T>(
  images: readonly CatalogueImage[],
  body: (image: CatalogueImage) => Promise<T>,
): Promise<readonly T[]> {
  const problems = new Map<string, Problem>();
  const results: T[] = [];
  for (const image of images) {
    try {
      results.push(await body(image));
    } catch (error) {
      if (!(error instanceof TroveImageError) || error.kind !== 'input') throw error;
      for (const problem of error.problems) problems.set(problem.message, problem);
    }
  }
  if (problems.size > 0) throw new TroveImageError('input', [...problems.values()]);
  return results;
}
