import { findWinner, listBuilds } from '../core/publish/builds.ts';
import { foresee } from '../core/publish/foresee.ts';
import type { ImageVerdict } from '../core/publish/image.ts';
import { type PublishReport, reportPublication } from '../core/publish/report.ts';
import { findHindrance, isVisible } from '../core/publish/together.ts';
import { composeTroveManage } from '../core/publish/trove-manage.ts';
import { undoPromotion } from '../core/publish/wish.ts';
import type { PublishFiles } from '../model/publication.ts';
import type { Operation, Stop } from '../model/publish-run.ts';
import type { PublishWish } from '../model/publish-wish.ts';
import { readToPublish, type ToPublish } from '../stages/read-publication.ts';
import { type OpenCloud, withClouds } from './open-clouds.ts';
import type { PublishPorts, PublishSettings } from './publish-ports.ts';
import { abandon, advance, beginRun, type CloudRun, keepAlive } from './publishing.ts';
import { makeCancelled } from './settings.ts';

/** What became of a publication in one cloud. */
export interface CloudReport extends PublishReport {
  readonly cloud: string;
  readonly line: string;
  /** Lines for a controller, where the login may not register the datastore versions itself. */
  readonly troveManage: readonly string[];
}

export interface PublishResult {
  readonly wish: PublishWish;
  readonly clouds: readonly CloudReport[];
}

/** From a finished image to what Trove finds, in all clouds or in none. */
export async function publish(
  ports: PublishPorts,
  settings: PublishSettings,
  files: PublishFiles,
  readVerdict: (text: string) => ImageVerdict,
): Promise<PublishResult> {
  ports.log.chapter('Look at the image');
  const what = await readToPublish(ports, settings.request.publication, files, readVerdict);
  return withClouds(ports, settings, async (clouds) => {
    ports.log.chapter('Publish');
    const runs = await publishTogether(ports, settings, clouds, what);
    return { wish: what.wish, clouds: runs.map((run) => report(run, what)) };
  });
}

/** What would be done in each cloud; nothing is. */
export async function foreseePublication(
  ports: PublishPorts,
  settings: PublishSettings,
  files: PublishFiles,
  readVerdict: (text: string) => ImageVerdict,
) {
  ports.log.chapter('Look at the image');
  const { wish, digests } = await readToPublish(
    ports,
    settings.request.publication,
    files,
    readVerdict,
  );
  return withClouds(ports, settings, (clouds) =>
    Promise.all(
      clouds.map(async (cloud) => {
        const { last, run } = await beginRun(cloud, wish, { id: ports.newId(), digests });
        return { cloud: cloud.label, steps: foresee(wish, last, run) };
      }),
    ),
  );
}

/** Uploads everywhere before it promotes anywhere; a cancelled run takes back what nobody has seen yet. */
async function publishTogether(
  ports: PublishPorts,
  { signal }: PublishSettings,
  clouds: readonly OpenCloud[],
  { wish, file, digests }: ToPublish,
): Promise<readonly CloudRun[]> {
  const known = { id: ports.newId(), digests };
  const latest = new Map<OpenCloud, CloudRun>();
  const waiting: ReturnType<typeof keepAlive>[] = [];
  const advanceAll = (
    runs: readonly CloudRun[],
    isEnough: (operation: Operation) => boolean,
    onReady: (at: CloudRun) => void = () => undefined,
  ): Promise<readonly CloudRun[]> =>
    settleAll(
      runs.map(async (begun) => {
        const keep = (at: CloudRun): void => void latest.set(at.cloud, at);
        const at = await advance(ports, begun, file, isEnough, keep);
        onReady(at);
        return at;
      }),
    );
  try {
    const begun = await settleAll(clouds.map((cloud) => beginRun(cloud, wish, known)));
    for (const at of begun) latest.set(at.cloud, at);
    const ready = await advanceAll(begun, isVisible, (at) => waiting.push(keepAlive(ports, at)));
    await Promise.all(waiting.map((each) => each.stop()));
    const hindrance = findHindrance(ready.map(({ cloud, next }) => ({ label: cloud.label, next })));
    if (hindrance !== null) {
      return await settleAll(ready.map((at) => giveUp(ports, at, hindrance)));
    }
    const promoted = await advanceAll(ready, comesAfterPromotion);
    const failed = promoted.find(({ next }) => next.kind === 'stop' && next.code !== null);
    if (failed !== undefined) {
      return await settleAll(promoted.map((at) => takeBack(ports, at, failed, wish)));
    }
    return await advanceAll(promoted, () => false);
  } catch (error) {
    const stop = makeStop(error as Error);
    await Promise.all(waiting.map((each) => each.stop()));
    // what is promoted stays: only candidates are taken back
    await Promise.all([...latest.values()].map((at) => goBack(ports, at, stop)));
    if (signal.aborted) throw makeCancelled();
    throw error;
  }
}

/** All of them end before one that failed is told of. */
async function settleAll<T>(all: readonly Promise<T>[]): Promise<readonly T[]> {
  const results = await Promise.allSettled(all);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}

const comesAfterPromotion = (operation: Operation): boolean =>
  operation.kind !== 'promote' && isVisible(operation);

const giveUp = async (ports: PublishPorts, at: CloudRun, hindrance: Stop): Promise<CloudRun> =>
  at.next.kind === 'stop' ? at : abandon(ports, at, hindrance);

/** One cloud of several did not promote the image: the others go back to what they had. */
async function takeBack(
  ports: PublishPorts,
  at: CloudRun,
  failed: CloudRun,
  wish: PublishWish,
): Promise<CloudRun> {
  if (at === failed || (at.next.kind === 'stop' && at.next.code !== null)) return at;
  const stop = findHindrance([{ label: failed.cloud.label, next: failed.next }]);
  const winner = findWinner(listBuilds(at.last, wish.line));
  if (stop === null || winner?.runId !== at.run.id) return at;
  const undo = undoPromotion(wish, winner.image.id);
  const begun = await beginRun(at.cloud, undo, { id: at.run.id, digests: {} });
  const undone = await advance(ports, begun, null, () => false);
  const history = [...at.run.history, ...undone.run.history];
  const isUndone = undone.next.kind === 'stop' && undone.next.code === null;
  return {
    ...at,
    last: undone.last,
    run: { ...at.run, history },
    next: isUndone ? stop : undone.next,
  };
}

const graceMs = 4000;

/** Whatever has ended the run: with a signal of its own, since that of the run may be gone. */
async function goBack(ports: PublishPorts, at: CloudRun, stop: Stop): Promise<void> {
  if (at.next.kind === 'stop') return;
  const cloud = Object.assign(at.cloud.under(AbortSignal.timeout(graceMs)), {
    label: at.cloud.label,
    under: at.cloud.under,
  });
  await abandon(ports, { ...at, cloud }, stop);
}

const makeStop = (error: Error): Stop => ({
  kind: 'stop',
  outcome: 'failed',
  code: 'cancelled',
  why: error.message,
  hint: '',
});

function report(
  { cloud, first, last, run, next }: CloudRun,
  { wish, paths }: Pick<ToPublish, 'wish' | 'paths'>,
): CloudReport {
  if (next.kind !== 'stop') throw new Error('the run is not at its end');
  const summary = reportPublication(wish, first, last, run, next);
  const isUnregistered = last.versions === null && summary.promoted !== null;
  const managed = wish.versions.map((version, index) => ({
    ...version,
    parametersPath: paths[index] ?? '',
  }));
  return {
    ...summary,
    cloud: cloud.label,
    line: wish.line,
    troveManage: isUnregistered ? composeTroveManage(managed, summary.promoted?.id ?? '') : [],
  };
}
