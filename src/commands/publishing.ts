import { markAlive } from '../core/publish/changes.ts';
import { decide } from '../core/publish/decide.ts';
import { remember } from '../core/publish/history.ts';
import { look } from '../core/publish/look.ts';
import { describeProgress } from '../core/publish/progress.ts';
import { heartbeatMs } from '../core/publish/wish.ts';
import { TroveImageError } from '../errors.ts';
import type { Seen } from '../model/publish.ts';
import type { Operation, PublishRun, Stop } from '../model/publish-run.ts';
import type { Wish } from '../model/publish-wish.ts';
import { type Cloud, type LookFor, lookAtCloud } from '../stages/look-at-cloud.ts';
import { type FileToSend, patchImage, perform } from '../stages/perform.ts';
import type { OpenCloud } from './open-clouds.ts';
import type { PublishPorts } from './publish-ports.ts';

/** What is being done in one cloud; a new value after every operation. */
export interface CloudRun {
  readonly cloud: OpenCloud;
  readonly wish: Wish;
  readonly run: PublishRun;
  /** The look before anything was done. */
  readonly first: Seen;
  readonly last: Seen;
  readonly next: Operation | Stop;
}

/** What a look has to tell for a wish. */
function lookFor(wish: Wish): LookFor {
  const versions = wish.kind === 'publish' ? wish.versions : [];
  return {
    line: wish.line,
    tags: wish.kind === 'publish' ? wish.tags : [],
    versions: wish.kind === 'abandon' ? 'none' : versions.length > 0 ? 'needed' : 'wanted',
    parametersOf: versions.filter(({ parameters }) => parameters.length > 0),
  };
}

/** Looks at a cloud for the first time. */
export async function beginRun(
  cloud: OpenCloud,
  wish: Wish,
  known: Pick<PublishRun, 'id' | 'digests'>,
): Promise<CloudRun> {
  const seen = await lookAtCloud(cloud, lookFor(wish));
  const run: PublishRun = { ...known, startedAtMs: seen.nowMs, history: [], proved: [] };
  return { cloud, wish, run, first: seen, last: seen, next: decide(wish, seen, run) };
}

/** Does what is next, looks, and decides, until the end or until `isEnough`. */
export async function advance(
  ports: PublishPorts,
  begun: CloudRun,
  file: FileToSend | null,
  isEnough: (operation: Operation) => boolean,
  /** Told of every state on the way, so that a run that throws is not lost. */
  onStep: (at: CloudRun) => void = () => undefined,
): Promise<CloudRun> {
  let at = begun;
  while (at.next.kind !== 'stop' && !isEnough(at.next)) {
    at = await step(ports, at, at.next, file).catch((error) => endWith(ports, at, error));
    onStep(at);
  }
  return at;
}

/** A cloud that does not answer any more ends its run, not those of other clouds. */
async function endWith(ports: PublishPorts, at: CloudRun, error: unknown): Promise<CloudRun> {
  if (!(error instanceof TroveImageError) || error.kind !== 'publish') throw error;
  const [problem] = error.problems;
  const { code = 'cloud-unreachable', message = error.message, hint = '' } = problem ?? {};
  const why = message.replace(/\.$/, '');
  const stop: Stop = { kind: 'stop', outcome: 'failed', code, why, hint };
  return at.wish.kind === 'abandon' ? { ...at, next: stop } : abandon(ports, at, stop);
}

async function step(
  ports: PublishPorts,
  at: CloudRun,
  operation: Operation,
  file: FileToSend | null,
): Promise<CloudRun> {
  const { cloud, wish } = at;
  ports.log.info(`${cloud.label}: ${operation.why}`);
  const startedAtMs = ports.clock.now();
  let told = 0;
  const onBytes = (verb: 'sent' | 'read', bytes: number): void => {
    const elapsedMs = ports.clock.now() - startedAtMs;
    if (elapsedMs - told < 2000) return;
    told = elapsedMs;
    ports.log.progress(describeProgress(cloud.label, verb, bytes, file?.sizeBytes ?? 0, elapsedMs));
  };
  const beat = staysAlone(operation) ? null : keepAlive(ports, at);
  const performed = await perform(
    { ...cloudPorts(ports, cloud), onBytes, beforeUploadEnds: async () => beat?.stop() },
    operation,
    file,
    at.run,
  ).finally(() => beat?.stop());
  const { refusal, learned } = performed;
  if (refusal !== null) ports.log.info(`${cloud.label}: not done: ${refusal.text}`);
  const run = { ...remember(at.run, { operation, refusal }), ...learned };
  const seen = await lookAtCloud(cloud, lookFor(wish));
  return { ...at, run, last: seen, next: decide(wish, seen, run) };
}

/** Two writers of one image would undo each other: Glance reads, changes and writes all of it. */
const staysAlone = ({ kind }: Operation): boolean =>
  !['upload', 'wait', 'digest', 'prove'].includes(kind);

/** Gives signs of life while something takes its time; one that is not taken is missed by nobody yet. */
export function keepAlive(
  { every, clock }: PublishPorts,
  { cloud, wish, last, run }: CloudRun,
): ReturnType<PublishPorts['every']> {
  const { own } = look(wish, last, run);
  const sinceMs = clock.now();
  return every(heartbeatMs, async () => {
    if (own === null) return;
    await patchImage(cloud, own.image.id, markAlive(last.nowMs + clock.now() - sinceMs));
  });
}

const cloudPorts = (ports: PublishPorts, cloud: Cloud) => ({
  // the token changes
  get access() {
    return cloud.access;
  },
  glance: cloud.glance,
  trove: cloud.trove,
  sleep: ports.sleep,
  digestFile: ports.digestFile,
  newId: ports.newId,
});

/** Goes back from a candidate, whatever happens; what cannot be removed is tidied by the next run. */
export async function abandon(ports: PublishPorts, at: CloudRun, stop: Stop): Promise<CloudRun> {
  const wish = { kind: 'abandon', line: at.wish.line, stop, policy: at.wish.policy } as const;
  // what was tried before does not bound the tidying
  const run = { ...at.run, history: [] };
  try {
    // what the last operation has made may not have been seen
    const seen = await lookAtCloud(at.cloud, lookFor(wish));
    const next = decide(wish, seen, run);
    const end = await advance(ports, { ...at, wish, run, last: seen, next }, null, () => false);
    return {
      ...end,
      wish: at.wish,
      run: { ...at.run, history: [...at.run.history, ...end.run.history] },
    };
  } catch {
    return { ...at, next: stop };
  }
}
