import { markAlive } from '../../src/core/publish/changes.ts';
import { decide } from '../../src/core/publish/decide.ts';
import { remember } from '../../src/core/publish/history.ts';
import { buildProperties } from '../../src/model/publish.ts';
import type { Operation, PublishRun, Refusal, Stop } from '../../src/model/publish-run.ts';
import type { PublishWish, RollbackWish } from '../../src/model/publish-wish.ts';
import {
  beginUpload,
  changeImage,
  endUpload,
  type Fault,
  lookAt,
  type PretendCloud,
  perform,
} from './pretend-cloud.ts';
import { digestOf, startRun } from './publish-wishes.ts';

/** A run that publishes, one step at a time: it looks and decides in one step, and acts in a later one. */
export interface Publisher {
  readonly wish: PublishWish | RollbackWish;
  run: PublishRun;
  pending: Operation | null;
  uploading: boolean;
  stop: Stop | null;
}

export const makePublisher = (
  cloud: PretendCloud,
  id: string,
  wish: PublishWish | RollbackWish,
): Publisher => ({
  wish,
  run: startRun(id, cloud.nowMs),
  pending: null,
  uploading: false,
  stop: null,
});

/** One step; `fault` is what happens to the call, if it is one. */
export function step(cloud: PretendCloud, publisher: Publisher, fault: Fault): void {
  const { wish, pending } = publisher;
  beat(cloud, publisher);
  if (pending === null) {
    const next = decide(wish, lookAt(cloud), publisher.run);
    if (next.kind === 'stop') publisher.stop = next;
    else publisher.pending = next;
    return;
  }
  if (pending.kind === 'upload' && !publisher.uploading) {
    const refusal = fault === 'refused' ? unavailable : beginUpload(cloud, pending.imageId);
    if (refusal === null) publisher.uploading = true;
    else finish(publisher, pending, refusal);
    return;
  }
  finish(publisher, pending, act(cloud, publisher, pending, fault));
}

function act(
  cloud: PretendCloud,
  publisher: Publisher,
  operation: Operation,
  fault: Fault,
): Refusal | null {
  const { wish, run } = publisher;
  if (operation.kind === 'wait') cloud.nowMs += operation.forMs;
  if (operation.kind === 'prove') {
    publisher.run = { ...run, proved: [...run.proved, operation.imageId] };
  }
  if (operation.kind !== 'upload' || wish.kind !== 'publish') {
    return perform(cloud, operation, fault);
  }
  const file = { sizeBytes: wish.sizeBytes, digest: digestOf(wish.buildId) };
  publisher.run = { ...run, digests: { sha512: file.digest } };
  return endUpload(cloud, operation.imageId, file, fault);
}

function finish(publisher: Publisher, operation: Operation, refusal: Refusal | null): void {
  publisher.run = remember(publisher.run, { operation, refusal });
  publisher.pending = null;
  publisher.uploading = false;
}

/** The heartbeat of a run that has a candidate. */
function beat(cloud: PretendCloud, { run }: Publisher): void {
  for (const { id, properties } of cloud.images) {
    const isOwn =
      properties[buildProperties.runId] === run.id && properties[buildProperties.image] === id;
    if (isOwn && properties[buildProperties.state] === 'candidate') {
      changeImage(cloud, id, markAlive(cloud.nowMs));
    }
  }
}

/** Runs to the end without faults. */
export function runToEnd(
  cloud: PretendCloud,
  id: string,
  wish: PublishWish | RollbackWish,
): Publisher & { readonly stop: Stop } {
  const publisher = makePublisher(cloud, id, wish);
  for (let steps = 0; publisher.stop === null; steps += 1) {
    if (steps > 5000) throw new Error('no end in sight');
    cloud.nowMs += 1000;
    step(cloud, publisher, 'none');
  }
  return { ...publisher, stop: publisher.stop };
}

const unavailable = { reason: 'unavailable', text: 'the service does not answer' } as const;
