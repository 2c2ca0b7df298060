import { describeMissing, listTools } from '../../core/host/install.ts';
import { explainSince } from '../../core/matrix/explain-since.ts';
import { findEarlier, type PublishedManifest } from '../../core/matrix/published.ts';
import { type Problem, TroveImageError } from '../../errors.ts';
import type { HostFacts } from '../../model/host.ts';
import { architectures, type Inputs } from '../../model/inputs.ts';
import type { MatrixPlan, Reason } from '../../model/matrix.ts';
import { prepare } from '../../stages/prepare.ts';
import { readManifests } from '../../stages/read-published.ts';
import type { Candidate, PlanPorts, PlanSettings } from '../plan.ts';
import { stopIfCancelled } from '../settings.ts';
import type { Identified, Surveyor } from './survey.ts';

/** A candidate that has to be built, with what is known of the image that is published. */
export interface Wanted extends Candidate {
  readonly buildId: string | null;
  /** Seconds that the last build took; null where no manifest tells it. */
  readonly lastSeconds: number | null;
}

interface Sorted {
  readonly wanted: readonly Wanted[];
  readonly published: MatrixPlan['published'];
}

/** Leaves out the images whose content is published already, and tells what moved since in the others. */
export async function sortPublished(
  ports: PlanPorts,
  { request, signal }: Pick<PlanSettings, 'request' | 'signal'>,
  surveyor: Surveyor,
  candidates: readonly Candidate[],
): Promise<Sorted> {
  if (request.published === null)
    return {
      wanted: candidates.map((each) => ({ ...each, buildId: null, lastSeconds: null })),
      published: [],
    };
  ports.log.chapter('Compare with what is published');
  const manifests = await readManifests(ports.files, request.published.manifests);
  const ids = new Set([...request.published.ids, ...manifests.map(({ buildId }) => buildId)]);
  const [wanted, published]: [Wanted[], { image: string; buildId: string }[]] = [[], []];
  for (const [index, candidate] of candidates.entries()) {
    stopIfCancelled(signal);
    const { id } = candidate.image;
    ports.log.progress(`${index + 1}/${candidates.length} ${id}`);
    const found = await identifyOrTell(surveyor, candidate.inputs);
    if ('message' in found) {
      ports.log.warning(found);
      const reason: Reason = {
        kind: 'image',
        subject: '',
        change: `has no build id yet: ${found.message}`,
      };
      wanted.push({
        ...candidate,
        reasons: [...candidate.reasons, reason],
        buildId: null,
        lastSeconds: null,
      });
    } else if (ids.has(found.buildId) && !found.hasOpenSources) {
      published.push({ image: id, buildId: found.buildId });
    } else {
      wanted.push(explain(candidate, found, manifests, request.base !== ''));
    }
  }
  ports.log.info(`${published.length} of ${candidates.length} images are published already`);
  return { wanted, published };
}

/** Makes this machine able to tell build ids, as a build does, where it is not: once for each set of tools. */
export async function equip(
  ports: PlanPorts,
  { own }: Pick<PlanSettings, 'own'>,
  host: HostFacts,
  candidates: readonly Candidate[],
): Promise<void> {
  const kinds = new Map<string, Inputs>();
  for (const { inputs } of candidates) {
    const tools = listTools(inputs);
    if (describeMissing(host, '', tools).length === 0) continue;
    kinds.set([inputs.guestOs, ...Object.keys(tools)].join(' '), inputs);
  }
  const architecture = architectures.find((each) => each === host.architecture);
  for (const inputs of kinds.values())
    await prepare(ports, architecture ? { ...inputs, architecture } : inputs, own, null);
}

/** Trouble of the machine or the network stops one image, not the plan: its build will tell. */
async function identifyOrTell(surveyor: Surveyor, inputs: Inputs): Promise<Identified | Problem> {
  try {
    return await surveyor.identify(inputs);
  } catch (error) {
    const problem = error instanceof TroveImageError ? error.problems[0] : undefined;
    if (problem === undefined || (error as TroveImageError).kind !== 'host') throw error;
    return problem;
  }
}

/** With a base the change is the reason; else what moved since, or that nothing is known. */
function explain(
  candidate: Candidate,
  found: Identified,
  manifests: readonly PublishedManifest[],
  hasBase: boolean,
): Wanted {
  const { plan } = found;
  const earlier = findEarlier(
    manifests,
    plan.files.map(({ fileName }) => fileName),
  );
  const since =
    earlier === null
      ? [say('is not published')]
      : explainSince(earlier, { ...found, diskimageBuilderVersion: found.builder.version });
  const open = found.hasOpenSources ? [say('has sources whose commit no build id knows')] : [];
  const reasons = hasBase ? candidate.reasons : [...since, ...open];
  return {
    ...candidate,
    reasons:
      reasons.length > 0 ? reasons : [say('has another build id than the one that is published')],
    buildId: found.buildId,
    lastSeconds: earlier?.durationSeconds ?? null,
  };
}

const say = (change: string): Reason => ({ kind: 'image', subject: '', change });
