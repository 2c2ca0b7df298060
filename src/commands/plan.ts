import { chooseImage } from '../core/catalogue/choose.ts';
import { findNearest } from '../core/inputs/nearest.ts';
import type { Caller } from '../core/inputs/read.ts';
import { byCost } from '../core/matrix/cost.ts';
import { failure } from '../errors.ts';
import type { Catalogue, CatalogueImage } from '../model/catalogue.ts';
import type { Inputs } from '../model/inputs.ts';
import type { MatrixPlan, PlanRequest, Reason } from '../model/matrix.ts';
import type { Repositories } from '../ports/repository.ts';
import type { Installation } from '../stages/prepare.ts';
import { compareWithBase, gatherProblems } from './matrix/base.ts';
import { foresee } from './matrix/foresight.ts';
import { readImage } from './matrix/image.ts';
import { equip, sortPublished } from './matrix/published.ts';
import { createSurveyor } from './matrix/survey.ts';
import { type CacheSettings, type Ports, stopIfCancelled } from './settings.ts';

export type PlanPorts = Ports & { readonly repositories: Repositories };

/** One run of the command that plans. */
export interface PlanSettings {
  readonly request: PlanRequest;
  /** What lies on the disk. */
  readonly catalogue: Catalogue;
  /** Absolute path of the catalogue. */
  readonly cataloguePath: string;
  readonly own: Installation;
  readonly caller: Caller;
  /** Where layers are looked for; null when nothing is foretold by them. */
  readonly cache: CacheSettings | null;
  readonly signal: AbortSignal;
}

/** An image of the catalogue, and why it is built; unchanged without a reason. */
export interface Candidate {
  readonly image: CatalogueImage;
  readonly inputs: Inputs;
  readonly reasons: readonly Reason[];
}

/** Which images of the catalogue have to be built, why, and what that will take. */
export async function planMatrix(ports: PlanPorts, settings: PlanSettings): Promise<MatrixPlan> {
  const { request, catalogue } = settings;
  const images = selectImages(catalogue, request.images);
  const { fileName } = catalogue;
  const { own, caller } = settings;
  const reading = { fileName, explicit: request.explicit, caller, known: new Map() };
  const inputs = await gatherProblems(images, async (image) => readImage(reading, image));
  const places = { workDir: caller.temporaryDir, outputDir: caller.cwd, venvDir: own.venvDir };
  const host = await ports.machine.read(places);
  const compared =
    request.base === ''
      ? { base: null, removed: [], reasons: images.map(() => askedFor) }
      : await compareWithBase(ports, settings, host, { reading, images, inputs });
  const all = images.map((image, index) => ({
    image,
    inputs: inputs[index] as Inputs,
    reasons: compared.reasons[index] ?? [],
  }));
  const changed = all.filter(({ reasons }) => reasons.length > 0);
  if (request.published !== null) await equip(ports, settings, host, changed);
  stopIfCancelled(settings.signal);
  const surveyor = createSurveyor(ports, settings.own);
  const sorted = await sortPublished(ports, settings, surveyor, changed);
  const planned = await foresee(ports, surveyor, settings, sorted.wanted);
  return {
    base: compared.base,
    images: [...planned].sort(byCost),
    unchanged: all.filter(({ reasons }) => reasons.length === 0).map(({ image }) => image.id),
    published: sorted.published,
    removed: compared.removed,
  };
}

const askedFor: readonly Reason[] = [
  { kind: 'image', subject: '', change: 'is asked for, and compared with nothing' },
];

/** Images by name, and by patterns with `*`; a name or pattern that stands for none is refused. */
function selectImages(catalogue: Catalogue, wanted: readonly string[]): readonly CatalogueImage[] {
  if (wanted.length === 0) return catalogue.images;
  const chosen = new Set(wanted.flatMap((name) => selectOnes(catalogue, name)));
  return catalogue.images.filter((image) => chosen.has(image));
}

function selectOnes(catalogue: Catalogue, wanted: string): readonly CatalogueImage[] {
  if (!wanted.includes('*')) return [chooseImage(catalogue, wanted, findNearest)];
  const found = catalogue.images.filter(({ id }) => fits(id, wanted));
  if (found.length > 0) return found;
  throw failure(
    'input',
    'image-not-in-catalogue',
    `images: no image of ${catalogue.fileName} has a name like ${wanted}.`,
    'trove-image images lists them all.',
  );
}

/** Does a name fit a pattern, in which `*` stands for anything? */
function fits(name: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop() ?? '';
  if (!name.startsWith(first) || !name.endsWith(last)) return false;
  const end = name.length - last.length;
  let from = first.length;
  for (const part of rest) {
    const at = name.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return from <= end;
}
