import { foreseePublication, publish } from './commands/publish.ts';
import type { PublishPorts, PublishSettings } from './commands/publish-ports.ts';
import { lookAtLine } from './commands/publish-status.ts';
import { foreseeRollback, rollBack } from './commands/roll-back.ts';
import { stopIfCancelled } from './commands/settings.ts';
import { alignRows, showName } from './core/diff/spelling.ts';
import { describeAge } from './core/layers/explain.ts';
import { judgeBuilds } from './core/publish/judge.ts';
import { findWorst, type PlacedReport, renderReport } from './core/publish/summary.ts';
import { describeStatus, renderDryRun } from './core/publish/text.ts';
import { readVerdictText } from './core/publish/verdict.ts';
import type { Problem } from './errors.ts';
import type { Inputs } from './model/inputs.ts';
import type { Outputs } from './model/output-table.ts';
import type { PublishRequest } from './model/publication.ts';
import type { Operation, Stop } from './model/publish-run.ts';

/** What came of a request: for a terminal, for programs, and what went wrong. */
export interface PublishAnswer {
  readonly text: string;
  readonly data: unknown;
  readonly problems: readonly Problem[];
  /** Empty when nothing was to be done. */
  readonly reports: readonly PlacedReport[];
}

/** What a build that publishes asks for when it is done; null when it does not. */
export function requestPublication(
  { publication }: Pick<Inputs, 'publication'>,
  outputs: Outputs,
): PublishRequest | null {
  if (publication === null) return null;
  const imagePath = outputs['image-path'];
  const manifestPath = outputs['manifest-path'];
  const verdictPath = manifestPath.replace(/manifest\.json$/, 'verify.json');
  const files = { imagePath, manifestPath, verdictPath };
  return { kind: 'publish', publication, dryRun: false, files };
}

/** Runs one request of the action or the command line. */
export async function runPublishRequest(
  ports: PublishPorts,
  settings: PublishSettings,
): Promise<PublishAnswer> {
  try {
    return await answerRequest(ports, settings);
  } catch (error) {
    // what was killed or given up reports a failure of its own, which nobody asked for
    stopIfCancelled(settings.signal);
    throw error;
  }
}

async function answerRequest(
  ports: PublishPorts,
  settings: PublishSettings,
): Promise<PublishAnswer> {
  const { request } = settings;
  switch (request.kind) {
    case 'status':
      return answerStatus(ports, settings, request.line);
    case 'rollback':
      return request.dryRun
        ? answerDryRun(await foreseeRollback(ports, settings, request))
        : answerReports(await rollBack(ports, settings, request));
    case 'publish': {
      const { files } = request;
      if (request.dryRun)
        return answerDryRun(await foreseePublication(ports, settings, files, readVerdictText));
      return answerReports((await publish(ports, settings, files, readVerdictText)).clouds);
    }
  }
}

function answerReports(reports: readonly PlacedReport[]): PublishAnswer {
  return {
    text: reports.map((report) => renderReport(report, showName)).join('\n'),
    data: { outcome: findWorst(reports)?.outcome, clouds: reports },
    problems: reports.flatMap(({ code, cloud, why, hint }) =>
      code === null ? [] : [{ code, message: `${cloud}: ${why}.`, hint: hint || 'Publish again.' }],
    ),
    reports,
  };
}

const answerDryRun = (
  clouds: readonly { readonly cloud: string; readonly steps: readonly (Operation | Stop)[] }[],
): PublishAnswer => ({
  text: clouds
    .map(({ cloud, steps }) => `${showName(cloud)}:\n${renderDryRun(steps, { showName })}`)
    .join('\n'),
  data: { clouds },
  problems: [],
  reports: [],
});

async function answerStatus(
  ports: PublishPorts,
  settings: PublishSettings,
  line: string,
): Promise<PublishAnswer> {
  const clouds = await lookAtLine(ports, settings, line);
  const how = { showName, alignRows, describeAge };
  return {
    text: clouds
      .map(
        ({ cloud, seen, policy }) =>
          `${showName(cloud)}:\n${describeStatus(seen, line, policy, how)}`,
      )
      .join('\n\n'),
    data: {
      clouds: clouds.map(({ cloud, seen, policy }) => ({
        cloud,
        images: judgeBuilds(seen, line, policy).map(({ build, role, why }) => ({
          ...{ id: build.image.id, name: build.image.name, role, why },
          buildId: build.buildId,
          state: build.state,
        })),
      })),
    },
    problems: [],
    reports: [],
  };
}
