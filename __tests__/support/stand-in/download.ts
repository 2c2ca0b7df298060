import { readFileSync, writeFileSync } from 'node:fs';
import type { ResultsService } from '../results-service/service.ts';

/** Writes what a job stored under an artifact's name to a file, as it would be downloaded. */
export async function downloadArtifact(
  service: ResultsService,
  token: { readonly runId: string },
  name: string,
  path: string,
): Promise<Buffer> {
  const method = 'github.actions.results.api.v1.ArtifactService/GetSignedArtifactURL';
  const answer = await fetch(`${service.url}twirp/${method}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${service.env(token).ACTIONS_RUNTIME_TOKEN}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ workflow_run_backend_id: token.runId, name }),
  });
  const { signed_url: url } = (await answer.json()) as { signed_url?: string };
  if (url === undefined) throw new Error(`no artifact ${name} in run ${token.runId}`);
  writeFileSync(path, Buffer.from(await (await fetch(url)).arrayBuffer()));
  return readFileSync(path);
}
