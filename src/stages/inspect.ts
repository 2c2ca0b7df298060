import { contentPaths, indexFacts } from '../core/checks/evidence.ts';
import { checkHygiene } from '../core/checks/hygiene.ts';
import { parseDpkgStatus } from '../core/checks/packages.ts';
import { failure, TroveImageError } from '../errors.ts';
import type { CheckResult, ImageFacts, InstalledPackage } from '../model/image.ts';
import type { Plan, Workspace } from '../model/plan.ts';
import type { Commands } from '../ports/commands.ts';
import type { Log } from '../ports/log.ts';

export interface InspectPorts {
  readonly commands: Commands;
  readonly log: Log;
}

export interface Inspection {
  readonly facts: ImageFacts;
  readonly packages: readonly InstalledPackage[];
}

/** Reads the file system of a raw image, read-only, in namespaces of its own. */
export async function inspectImage(
  ports: InspectPorts,
  rawPath: string,
  workspace: Workspace,
  hostDir: string,
): Promise<Inspection> {
  const result = await ports.commands.run(
    [
      ...(['/usr/bin/python3', '-I'] as const),
      `${hostDir}/read-image`,
      rawPath,
      ...['--mount-point', `${workspace.path}/mount`],
      ...contentPaths.flatMap((path) => ['--content', path]),
    ],
    { asRoot: true },
  );
  if (result.exitCode !== 0) {
    throw failure(
      'check',
      'image-unreadable',
      `The finished image could not be read: ${readReason(result.stderr)}`,
      'Build it again; if it stays so, the image has no usable root file system.',
    );
  }
  const facts = JSON.parse(result.stdout) as ImageFacts;
  return { facts, packages: parseDpkgStatus(indexFacts(facts).text('/var/lib/dpkg/status') ?? '') };
}

/** Judges the file system by the hygiene rules and throws one error that lists every violation. */
export function judgeImage(
  ports: InspectPorts,
  facts: ImageFacts,
  { guest, trove, holdsSecrets }: Pick<Plan, 'guest' | 'trove' | 'holdsSecrets'>,
): readonly CheckResult[] {
  const source = trove?.layout === 'per-datastore' ? 'per-datastore' : 'source';
  const agent = trove === null ? 'package' : source;
  const results = checkHygiene(facts, { ...guest, agent, holdsSecrets });
  for (const { rule, summary, violations } of results) {
    ports.log.info(`${violations.length === 0 ? 'holds ' : 'BROKEN'}  ${rule}: ${summary}`);
  }
  const problems = results.flatMap(({ rule, violations }) =>
    violations.map(({ path, reason }) => ({
      code: `check-${rule}`,
      message: `${path}: ${reason}.`,
      hint: `Rule ${rule} of the image check (docs/image-checks.md); an element or package has to tidy up after itself.`,
    })),
  );
  if (problems.length > 0) throw new TroveImageError('check', problems);
  return results;
}

function readReason(stderr: string): string {
  const last = stderr.trim().split('\n').at(-1) ?? '';
  try {
    return (JSON.parse(last) as { message: string }).message;
  } catch {
    return last || 'no reason given';
  }
}
