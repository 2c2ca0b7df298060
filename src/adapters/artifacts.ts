import { basename } from 'node:path';
import { DefaultArtifactClient } from '@actions/artifact';
import type { Artifacts, UploadedArtifact } from '../ports/artifacts.ts';

/** An image of 1 GiB takes seconds; a service that does not answer would hold the job for hours. */
const deadlineMinutes = 30;

async function inTime<T>(name: string, upload: Promise<T>): Promise<T> {
  const deadline = new Promise<never>((_, reject) => {
    const late = new Error(`the upload of ${name} did not end within ${deadlineMinutes} minutes`);
    setTimeout(() => reject(late), deadlineMinutes * 60_000).unref();
  });
  return Promise.race([upload, deadline]);
}

/** The artifact store of this workflow run. `environment` is the runner's. */
export function createArtifacts(
  environment: Readonly<Record<string, string | undefined>>,
): Artifacts {
  const client = new DefaultArtifactClient();
  const run = `${environment.GITHUB_SERVER_URL}/${environment.GITHUB_REPOSITORY}/actions/runs/${environment.GITHUB_RUN_ID}`;
  const describe = (name: string, response: { id?: number; digest?: string }): UploadedArtifact => {
    if (response.id === undefined) throw new Error(`the service gave no id for ${name}`);
    return {
      name,
      id: String(response.id),
      url: `${run}/artifacts/${response.id}`,
      sha256: (response.digest ?? '').replace(/^sha256:/, ''),
    };
  };
  const keep = (days: number): { retentionDays?: number } =>
    days > 0 ? { retentionDays: days } : {};
  return {
    async uploadFile(path, retentionDays) {
      const name = basename(path);
      const directory = path.slice(0, -name.length - 1);
      const options = { ...keep(retentionDays), skipArchive: true };
      return describe(
        name,
        await inTime(name, client.uploadArtifact(name, [path], directory, options)),
      );
    },
    async uploadArchive(name, files, root, retentionDays) {
      const options = { ...keep(retentionDays), compressionLevel: 6 };
      return describe(
        name,
        await inTime(name, client.uploadArtifact(name, [...files], root, options)),
      );
    },
  };
}
