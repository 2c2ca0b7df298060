import { foresee } from '../core/publish/foresee.ts';
import { reportPublication } from '../core/publish/report.ts';
import { chooseOutgoing } from '../core/publish/rollback.ts';
import { makePolicy } from '../core/publish/wish.ts';
import { failure } from '../errors.ts';
import type { Operation, Stop } from '../model/publish-run.ts';
import type { RollbackWish } from '../model/publish-wish.ts';
import { lookAtCloud } from '../stages/look-at-cloud.ts';
import { type OpenCloud, withClouds } from './open-clouds.ts';
import type { CloudReport } from './publish.ts';
import type { PublishPorts, PublishSettings } from './publish-ports.ts';
import { advance, beginRun, type CloudRun } from './publishing.ts';

export interface RollbackRequest {
  readonly line: string;
  /** Empty: the promoted one. */
  readonly from: string;
}

/** Puts the predecessor back, in one cloud after the other. */
export async function rollBack(
  ports: PublishPorts,
  settings: PublishSettings,
  request: RollbackRequest,
): Promise<readonly CloudReport[]> {
  return withClouds(ports, settings, async (clouds) => {
    ports.log.chapter('Roll back');
    const begun = await beginAll(ports, settings, request, clouds);
    const reports: CloudReport[] = [];
    for (const at of begun) {
      const { cloud, first, last, run, next } = await advance(ports, at, null, () => false);
      if (next.kind !== 'stop') throw new Error('the run is not at its end');
      const summary = reportPublication(at.wish, first, last, run, next);
      reports.push({ ...summary, cloud: cloud.label, line: request.line, troveManage: [] });
    }
    return reports;
  });
}

/** What would be done; nothing is. */
export function foreseeRollback(
  ports: PublishPorts,
  settings: PublishSettings,
  request: RollbackRequest,
): Promise<readonly { readonly cloud: string; readonly steps: readonly (Operation | Stop)[] }[]> {
  return withClouds(ports, settings, async (clouds) => {
    const begun = await beginAll(ports, settings, request, clouds);
    return begun.map(({ cloud, wish, last, run }) => ({
      cloud: cloud.label,
      steps: foresee(wish, last, run),
    }));
  });
}

async function beginAll(
  ports: PublishPorts,
  { request: { publication } }: PublishSettings,
  { line, from }: RollbackRequest,
  clouds: readonly OpenCloud[],
): Promise<readonly CloudRun[]> {
  const policy = makePolicy(publication);
  const what = { line, tags: [], versions: 'wanted', parametersOf: [] } as const;
  return Promise.all(
    clouds.map(async (cloud) => {
      const outgoing = from || chooseOutgoing(await lookAtCloud(cloud, what), line);
      if (outgoing === null) {
        throw failure(
          'publish',
          'nothing-to-roll-back',
          `Nothing of ${line} is promoted in ${cloud.label}.`,
          'See trove-image status, and the name in glance-name.',
        );
      }
      const wish: RollbackWish = {
        kind: 'rollback',
        line,
        from: outgoing,
        becomes: 'withdrawn',
        policy,
      };
      return beginRun(cloud, wish, { id: ports.newId(), digests: {} });
    }),
  );
}
