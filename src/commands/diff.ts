import { compareSides } from '../core/diff/compare.ts';
import { failure, TroveImageError } from '../errors.ts';
import type { Difference, DiffRequest, Side, Source } from '../model/diff.ts';
import type { Workspace } from '../model/plan.ts';
import { type CleanPorts, sweepWorkspaces } from '../stages/clean.ts';
import {
  type ComparePorts,
  checkMachine,
  identify,
  readIgnoreFile,
  readImage,
  readManifest,
  unpackImage,
} from '../stages/compare.ts';
import { inWorkspace } from './cleaning.ts';

export type DiffPorts = ComparePorts & CleanPorts;

export interface DiffSettings {
  readonly request: DiffRequest;
  readonly hostDir: string;
  readonly signal: AbortSignal;
}

/** Compares two images or manifests; changes nothing and leaves nothing. */
export async function diff(ports: DiffPorts, settings: DiffSettings): Promise<Difference> {
  try {
    return await runDiff(ports, settings);
  } catch (error) {
    // what was killed reports a failure of its own, which nobody asked for
    stopIfCancelled(settings.signal);
    throw error;
  }
}

async function runDiff(ports: DiffPorts, settings: DiffSettings): Promise<Difference> {
  const { oldPath, newPath, ignorePath, workDir } = settings.request;
  ports.log.chapter('Look at what is compared');
  const [patterns, old, now] = await all([
    readIgnoreFile(ports, ignorePath),
    identify(ports, oldPath),
    identify(ports, newPath),
  ]);
  for (const source of [old, now]) ports.log.info(`${source.path}: ${describe(source)}`);
  stopIfCancelled(settings.signal);
  const sides =
    old.kind === 'manifest' && now.kind === 'manifest'
      ? await all([readManifest(ports, old), readManifest(ports, now)])
      : await readInWorkspace(ports, settings, workDir, [old, now]);
  stopIfCancelled(settings.signal);
  return compareSides(sides[0], sides[1], patterns);
}

async function readInWorkspace(
  ports: DiffPorts,
  { signal, hostDir }: DiffSettings,
  workDir: string,
  [old, now]: readonly [Source, Source],
): Promise<readonly [Side, Side]> {
  await checkMachine(ports, workDir);
  for (const name of await sweepWorkspaces(ports, workDir))
    ports.log.info(`Cleaned up after a build that died: ${name}`);
  const withTree = old.kind === 'image' && now.kind === 'image';
  const read = async (source: Source, name: string, workspace: Workspace): Promise<Side> => {
    if (source.kind === 'manifest') return readManifest(ports, source);
    const rawPath = await unpackImage(ports, source, `${workspace.path}/out/${name}.raw`);
    stopIfCancelled(signal);
    ports.log.progress(`Reading ${source.path}`);
    return readImage(ports, { path: source.path, rawPath }, withTree, workspace, hostDir);
  };
  const settings = { inputs: { workDir }, signal, onWorkspace: () => undefined };
  return inWorkspace(ports, settings, (workspace) => {
    ports.log.chapter('Read the images');
    return all([read(old, 'old', workspace), read(now, 'new', workspace)]);
  });
}

const describe = (source: Source): string =>
  source.kind === 'manifest' ? 'a manifest' : `an image (${source.driver})`;

/** Waits for all, and throws one error with the problems of all that failed. */
async function all<const T extends readonly Promise<unknown>[]>(
  promises: T,
): Promise<{ -readonly [Key in keyof T]: Awaited<T[Key]> }> {
  const results = await Promise.allSettled(promises);
  const reasons = results.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  const [first] = reasons;
  const unexpected = reasons.find((reason) => !(reason instanceof TroveImageError));
  if (unexpected !== undefined) throw unexpected;
  if (first instanceof TroveImageError) {
    const problems = reasons.flatMap((reason) => (reason as TroveImageError).problems);
    throw new TroveImageError(first.kind, problems, first);
  }
  return Promise.all(promises);
}

function stopIfCancelled(signal: AbortSignal): void {
  if (!signal.aborted) return;
  throw failure(
    'cancelled',
    'cancelled',
    'The comparison was cancelled.',
    'Start it again when you want to know.',
  );
}
