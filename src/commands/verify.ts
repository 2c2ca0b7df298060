import { type ImageRecord, readRecord } from '../core/verify/record.ts';
import { composeVerdict } from '../core/verify/verdict.ts';
import { failure } from '../errors.ts';
import type { Workspace } from '../model/plan.ts';
import type { Cause, Check, Verdict, VerifyRequest } from '../model/verify.ts';
import { checkFile, type Inspected, inspectRaw } from '../stages/boot-inspect.ts';
import type { BaseImage } from '../stages/boot-machine.ts';
import { type CleanPorts, sweepWorkspaces } from '../stages/clean.ts';
import { type ComparePorts, checkMachine, identify, unpackImage } from '../stages/compare.ts';
import { inWorkspace } from './cleaning.ts';
import { type BootPorts, prepareBootHost, type StartCompanion, verifyBoot } from './verify-boot.ts';

export type VerifyPorts = BootPorts & ComparePorts & CleanPorts;

export interface VerifySettings {
  readonly request: VerifyRequest;
  readonly hostDir: string;
  readonly signal: AbortSignal;
  /** For level agent. */
  readonly startCompanion: StartCompanion | null;
}

/** Verifies an image up to a level and writes the verdict beside it; the image is not changed. */
export async function verify(ports: VerifyPorts, settings: VerifySettings): Promise<Verdict> {
  try {
    return await runVerify(ports, settings);
  } catch (error) {
    // what was killed reports a failure of its own, which nobody asked for
    stopIfCancelled(settings.signal);
    throw error;
  }
}

async function runVerify(ports: VerifyPorts, settings: VerifySettings): Promise<Verdict> {
  const { request, signal } = settings;
  const startedAtMs = ports.clock.now();
  ports.log.chapter('Look at the image');
  const source = await identify(ports, request.imagePath);
  if (source.kind === 'manifest') throw refuseManifest(request.imagePath);
  const { sha256 } = await ports.files.digest(request.imagePath);
  const record = readRecord(await readBeside(ports, request.imagePath), sha256);
  ports.log.info(`${request.imagePath}: ${source.driver}, sha256 ${sha256}`);
  await checkMachine(ports, request.workDir);
  if (request.level !== 'inspect') {
    if (record !== null && record.guest.architecture !== 'amd64')
      throw refuseArchitecture(record.guest.architecture);
    await prepareBootHost(ports, request.install);
  }
  for (const name of await sweepWorkspaces(ports, request.workDir))
    ports.log.info(`Cleaned up after a run that died: ${name}`);
  stopIfCancelled(signal);
  const where = { inputs: request, signal, onWorkspace: () => undefined };
  const found = await inWorkspace(ports, where, async (workspace) => {
    const inspected = await inspect(ports, settings, source, record, workspace);
    stopIfCancelled(signal);
    if (request.level === 'inspect') return { inspected, booted: null };
    const containerImages = record?.containerImages ?? [];
    const boot = {
      ...request,
      ...settings,
      ...inspected,
      containerImages,
      base: source,
      workspace,
    };
    return { inspected, booted: await verifyBoot(ports, boot) };
  });
  const { inspected, booted } = found;
  const after = booted === null ? null : await ports.files.digest(request.imagePath);
  const kept = after === null ? [] : [checkUnchanged(sha256, after.sha256)];
  const changed = kept.some(({ ok }) => !ok) ? [imageChanged] : [];
  const verdict = composeVerdict({
    startedAtMs,
    level: request.level,
    imageSha256: sha256,
    buildId: record?.buildId ?? null,
    accelerator: booted?.accelerator ?? null,
    checks: [...inspected.checks, ...(booted?.checks ?? []), ...kept],
    causes: [...changed, ...(booted?.causes ?? []), ...inspected.causes],
  });
  await writeVerdict(ports, request.verdictPath, verdict);
  return verdict;
}

async function inspect(
  ports: VerifyPorts,
  { hostDir }: VerifySettings,
  image: BaseImage,
  record: ImageRecord | null,
  workspace: Workspace,
): Promise<Inspected> {
  ports.log.chapter('Inspect the image');
  const copyPath = `${workspace.path}/out/image.raw`;
  const sound = await checkFile(ports, image);
  const rawPath = await unpackImage(ports, image, copyPath);
  const { path } = image;
  const inspected = await inspectRaw(ports, { path, rawPath }, record, workspace, hostDir);
  // the guest's own disks come into the same directory
  await ports.files.removeFile(copyPath);
  const checks = [...sound.checks, ...inspected.checks];
  ports.log.info(`${checks.filter(({ ok }) => ok).length} of ${checks.length} checks hold`);
  return { ...inspected, checks, causes: [...sound.causes, ...inspected.causes] };
}

const checkUnchanged = (before: string, after: string): Check => ({
  id: 'image-unchanged',
  expected: `sha256 ${before}`,
  found: `sha256 ${after}`,
  ok: before === after,
  ms: 0,
});

const imageChanged: Cause = {
  code: 'image-changed',
  message: 'The file of the image was changed while it was verified.',
  hint: 'The guest writes to a disk of its own: look for what else writes to this file, and verify it again.',
  lines: [],
};

/** The manifest of the build, where there is one beside the image. */
async function readBeside({ files }: VerifyPorts, imagePath: string): Promise<string> {
  const path = `${imagePath.slice(0, imagePath.lastIndexOf('/'))}/manifest.json`;
  return files.read(path).catch(() => '');
}

/** Puts the verdict in place whole, in place of an older one. */
async function writeVerdict({ files }: VerifyPorts, path: string, verdict: Verdict): Promise<void> {
  const draft = `${path}.partial`;
  await files.removeFile(draft);
  await files.write(draft, `${JSON.stringify(verdict, null, 2)}\n`);
  await files.rename(draft, path);
}

const refuseManifest = (path: string) =>
  failure(
    'input',
    'image-form-unknown',
    `${path} is a manifest; an image is what can be verified.`,
    'Give the image beside it.',
  );

const refuseArchitecture = (architecture: string) =>
  failure(
    'host',
    'other-architecture',
    `The image is for ${architecture}; guests of amd64 can be booted.`,
    'Use level inspect.',
  );

function stopIfCancelled(signal: AbortSignal): void {
  if (!signal.aborted) return;
  throw failure(
    'cancelled',
    'cancelled',
    'The verification was cancelled.',
    'Start it again when you want to know.',
  );
}
