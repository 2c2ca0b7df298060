import { failure } from '../errors.ts';
import type { OutputFile } from '../model/image.ts';
import type { Artifacts, UploadedArtifact } from '../ports/artifacts.ts';
import type { Log } from '../ports/log.ts';

export interface UploadPorts {
  readonly artifacts: Artifacts;
  readonly log: Log;
}

export interface UploadRequest {
  readonly files: readonly OutputFile[];
  /** Manifest, checksums and log. */
  readonly companions: readonly string[];
  readonly outputDir: string;
  readonly companionsName: string;
  readonly retentionDays: number;
}

/** Uploads every image un-zipped, checks its digest, and the companions as one archive; returns the first image's. */
export async function uploadImages(
  ports: UploadPorts,
  request: UploadRequest,
): Promise<UploadedArtifact> {
  const uploaded: UploadedArtifact[] = [];
  for (const file of request.files) {
    const artifact = await attempt(`artifact: ${file.fileName}`, () =>
      ports.artifacts.uploadFile(file.path, request.retentionDays),
    );
    if (artifact.sha256 !== file.sha256) {
      throw failure(
        'publish',
        'artifact-differs',
        `artifact: ${file.fileName} was uploaded with digest ${artifact.sha256}, the image had ${file.sha256} when it was written.`,
        'Something changed the file in between: a second job on this output-dir, or a failing disk. Do not use the artifact; run the job again.',
      );
    }
    ports.log.info(`${artifact.name}: artifact ${artifact.id}, ${artifact.url}`);
    uploaded.push(artifact);
  }
  const archive = await attempt(`artifact: ${request.companionsName}`, () =>
    ports.artifacts.uploadArchive(
      request.companionsName,
      request.companions,
      request.outputDir,
      request.retentionDays,
    ),
  );
  ports.log.info(`${archive.name}: artifact ${archive.id}`);
  return uploaded[0] ?? archive;
}

/** Keeps the log of a failed build; trouble here is a warning, since the build's own failure is what matters. */
export async function uploadLog(
  ports: UploadPorts,
  name: string,
  logPath: string,
  retentionDays: number,
): Promise<void> {
  try {
    const outputDir = logPath.slice(0, logPath.lastIndexOf('/'));
    const artifact = await ports.artifacts.uploadArchive(name, [logPath], outputDir, retentionDays);
    ports.log.info(`The build log is kept as artifact ${artifact.name}: ${artifact.url}`);
  } catch (error) {
    ports.log.warning({
      code: 'log-not-uploaded',
      message: `The build log could not be uploaded: ${(error as Error).message}`,
      hint: `It is on the runner: ${logPath}`,
    });
  }
}

async function attempt<T>(what: string, upload: () => Promise<T>): Promise<T> {
  try {
    return await upload();
  } catch (error) {
    const said = (error as Error).message;
    const taken = /already exists|409/.test(said);
    throw failure(
      'publish',
      taken ? 'artifact-name-taken' : 'artifact-failed',
      `${what} could not be uploaded: ${said}`,
      taken
        ? 'Another job of this run uploaded one of this name: give each job its own image-name and artifact.'
        : 'Run the job again; if it stays so, check the storage quota of the repository, or use artifact: off.',
      error,
    );
  }
}
