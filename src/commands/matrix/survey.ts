import { listRepositories } from '../../core/layers/repositories.ts';
import { failure, type TroveImageError } from '../../errors.ts';
import type { Element } from '../../model/elements.ts';
import type { DiskimageBuilderFacts } from '../../model/host.ts';
import type { Inputs } from '../../model/inputs.ts';
import type { ArchiveState, Plan } from '../../model/plan.ts';
import { findElements, type Identity, identify } from '../../stages/identify.ts';
import { type Installation, survey } from '../../stages/prepare.ts';
import { readConstraints } from '../../stages/read-constraints.ts';
import { readArchives } from '../../stages/sources.ts';
import { createGather } from '../gather.ts';
import type { Ports } from '../settings.ts';
import { rememberWorld } from './remember.ts';

/** What a build of an image would do on a machine like this one. */
export interface Surveyed {
  readonly plan: Plan;
  readonly builder: DiskimageBuilderFacts;
  readonly elements: readonly Element[];
}

/** The same with what the archives hold now, and the build id that follows. */
export interface Identified extends Surveyed, Identity {
  readonly elements: readonly Element[];
  readonly archives: readonly ArchiveState[];
  readonly constraintsSha256: string | null;
  /** Sources that a build would clone at whatever commit they are: no build id knows it. */
  readonly hasOpenSources: boolean;
}

/** Surveys many images, and asks the world each thing once. */
export interface Surveyor {
  readonly ports: Ports;
  survey(inputs: Inputs): Promise<Surveyed>;
  identify(inputs: Inputs): Promise<Identified>;
}

/** Makes one for the machine as it is now. */
export function createSurveyor(plain: Ports, own: Installation): Surveyor {
  const ports = rememberWorld(plain);
  const known = new Map<Inputs, Promise<Surveyed>>();
  const look = (inputs: Inputs): Promise<Surveyed> => {
    const found = known.get(inputs) ?? surveyImage(ports, inputs, own);
    known.set(inputs, found);
    return found;
  };
  return {
    ports,
    survey: look,
    identify: async (inputs) => identifyImage(ports, await look(inputs)),
  };
}

/** Whether this machine is fit to build is no matter: another one does. */
async function surveyImage(ports: Ports, inputs: Inputs, own: Installation): Promise<Surveyed> {
  const gather = createGather(ports, inputs, own);
  const { host, plan } = await survey(ports, { ...inputs, install: 'none' }, own, gather);
  const builder = host.diskimageBuilder;
  if (builder === null) throw refuseMachine();
  return { plan, builder, elements: await findElements(ports.elements, plan, builder) };
}

const refuseMachine = (): TroveImageError =>
  failure(
    'host',
    'diskimage-builder-missing',
    'disk-image-create is not installed, on whose version and elements build ids and layers depend.',
    'Use install: auto with published, or install the package python3-diskimage-builder.',
  );

async function identifyImage(ports: Ports, surveyed: Surveyed): Promise<Identified> {
  const { plan, builder, elements } = surveyed;
  const archives = await readArchives(ports, plan.sources.archives);
  const constraints = plan.trove === null ? null : await readConstraints(ports, plan.trove);
  const world = { archives, constraintsSha256: constraints?.sha256 ?? null };
  const identity = await identify(ports, plan, builder, elements, world);
  const pinned =
    plan.trove === null
      ? []
      : ['upper-constraints', ...(plan.trove.code === null ? [] : ['guest-agent'])];
  const hooks = await ports.elements.hookFiles(elements);
  const open = listRepositories(hooks, plan.environment, pinned);
  return { ...surveyed, ...identity, ...world, hasOpenSources: open === null || open.length > 0 };
}
