import { makePolicy } from '../core/publish/wish.ts';
import type { Seen } from '../model/publish.ts';
import type { PublishPolicy } from '../model/publish-wish.ts';
import { lookAtCloud } from '../stages/look-at-cloud.ts';
import { withClouds } from './open-clouds.ts';
import type { PublishPorts, PublishSettings } from './publish-ports.ts';

/** What is in one cloud. */
export interface CloudStatus {
  readonly cloud: string;
  readonly seen: Seen;
  readonly policy: PublishPolicy;
}

/** Looks at every cloud; changes nothing. */
export function lookAtLine(
  ports: PublishPorts,
  settings: PublishSettings,
  line: string,
): Promise<readonly CloudStatus[]> {
  const policy = makePolicy(settings.request.publication);
  const what = { line, tags: [], versions: 'wanted', parametersOf: [] } as const;
  return withClouds(ports, settings, (clouds) =>
    Promise.all(
      clouds.map(async (cloud) => ({
        cloud: cloud.label,
        seen: await lookAtCloud(cloud, what),
        policy,
      })),
    ),
  );
}
